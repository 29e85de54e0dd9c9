import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ConversationId, JobId } from '@darkroom/protocol';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpContext, HttpServer } from '../http-context.ts';
import { identifyReader, nameOf } from '../identity.ts';
import { RequestError } from '../request-error.ts';
import { PAGE_HEADERS, pagePolicy } from '../security-headers.ts';
import { headTags, jobHead, type PageHead, pageHead, type Reader } from './page-head.ts';
import { acceptsPage } from './page-request.ts';
import { LANGUAGE_VARY, readerLanguage } from './reader-language.ts';

const HEAD_PLACE = '<!--head-->';
const LANGUAGE_PLACE = '<html lang="en"';
const ONE_YEAR_SECONDS = 31_536_000;
const NOT_BUILT =
  '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Darkroom</title></head><body><p>The web app is not built. Run <code>npm start</code>, or open the page of <code>npm run dev</code>.</p></body></html>';

export interface PagesOptions {
  /** Folder of the built web app. */
  readonly webRoot: string;
  readonly publicUrl: URL | undefined;
  /** Other origins from which pages show images. */
  readonly imageOrigins: readonly string[];
}

/** Route options of everything that is here. */
const PAGE = { config: { access: 'read' }, schema: { hide: true } } as const;

/** What is under these is never a page. */
const isApi = (path: string) => path === '/api' || /^\/(?:api|assets|image)\//.test(path);

/** The app's page in its reader's language, with its head. */
const filled = (template: string, head: PageHead) =>
  template.replace(LANGUAGE_PLACE, `<html lang="${head.language}"`).replace(HEAD_PLACE, () => headTags(head));

/**
 * The web app's files, and its page with each address's own title and Open Graph tags (A13). The page brings its reader
 * an identity (rule R9): whatever it asks for then, at once and by whatever way, is asked by one and the same.
 */
export async function registerPages(
  server: HttpServer,
  { log, identities }: HttpContext,
  options: PagesOptions,
): Promise<void> {
  const { webRoot, publicUrl } = options;
  const policy = pagePolicy(options.imageOrigins);
  const template = await readFile(join(webRoot, 'index.html'), 'utf8').catch(() => undefined);
  const readerOf = (request: FastifyRequest): Reader => ({
    language: readerLanguage(request.headers),
    base: publicUrl?.href.replace(/\/$/, '') ?? `${request.protocol}://${request.host}`,
  });

  const sendPage = (request: FastifyRequest, reply: FastifyReply, head: PageHead, status: number) => {
    // The identity is one person's: no shared cache may keep it.
    identifyReader(identities, request, reply);
    return reply
      .code(status)
      .type('text/html; charset=utf-8')
      .header('content-security-policy', policy)
      .header('cache-control', 'private, no-cache')
      .header('vary', LANGUAGE_VARY)
      .send(template === undefined ? NOT_BUILT : filled(template, { ...head, user: nameOf(identities, request) }));
  };

  server.addHook('onRequest', (_request, reply, done) => {
    reply.headers(PAGE_HEADERS);
    done();
  });
  if (template !== undefined) await registerFiles(server, webRoot);

  for (const path of ['/', '/chat', '/history', '/status', '/docs']) {
    server.get(path, PAGE, async (request, reply) => sendPage(request, reply, pageHead(path, readerOf(request)), 200));
  }

  // Whose conversation it is only the API knows, and what a link says not even the server: their pages tell nobody anything.
  for (const [path, head] of [
    ['/chat/:conversationId', '/chat'],
    ['/link', '/link'],
  ] as const) {
    server.get<{ Params: { conversationId?: string } }>(path, PAGE, async (request, reply) => {
      const { conversationId } = request.params;
      const isMissing = conversationId !== undefined && !ConversationId.safeParse(conversationId).success;
      const page = { ...pageHead(head, readerOf(request)), indexed: false };
      return sendPage(request, reply, page, isMissing ? 404 : 200);
    });
  }

  server.get<{ Params: { jobId: string } }>('/jobs/:jobId', PAGE, async (request, reply) => {
    const { jobId } = request.params;
    const isJobId = JobId.safeParse(jobId).success;
    const record = isJobId ? await log.load(jobId).catch(() => null) : undefined;
    // The page itself works without the store, and tells what is wrong.
    const status = record === null ? 503 : record === undefined ? 404 : 200;
    return sendPage(request, reply, jobHead(encodeURIComponent(jobId), record?.job, readerOf(request)), status);
  });

  server.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?')[0] ?? '/';
    if (!acceptsPage(request) || isApi(path)) throw new RequestError('NOT_FOUND');
    return sendPage(request, reply, pageHead(path, readerOf(request)), 404);
  });
}

/** Paths of the built web app's files, as in their addresses: without its template and hidden files. */
async function listFiles(webRoot: string): Promise<readonly string[]> {
  const entries = await readdir(webRoot, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(webRoot, join(parentPath, name)).split(sep).join('/'))
    .filter((path) => !path.endsWith('.html') && !/(?:^|\/)\./.test(path));
}

/** A route for each file: one that appears later is not served. */
async function registerFiles(server: HttpServer, webRoot: string): Promise<void> {
  await server.register(fastifyStatic, { root: webRoot, serve: false, cacheControl: false });
  for (const path of await listFiles(webRoot)) {
    const caching = path.startsWith('assets/')
      ? `public, max-age=${ONE_YEAR_SECONDS}, immutable`
      : 'public, max-age=3600';
    server.get(`/${path}`, PAGE, (_request, reply) => reply.header('cache-control', caching).sendFile(path));
  }
}
