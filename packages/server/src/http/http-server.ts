import { LIMITS } from '@darkroom/protocol';
import cors from '@fastify/cors';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyRequest } from 'fastify';
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod/mini';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { refuseBrokenRequest } from './broken-request.ts';
import { registerConversationRoutes } from './conversations/conversation-routes.ts';
import { registerGenerateStreamRoutes } from './generate-stream/generate-stream-routes.ts';
import { registerHealthRoutes } from './health/health-routes.ts';
import type { HttpContext, HttpServer } from './http-context.ts';
import { registerIdentityLinkRoutes } from './identity/identity-link-routes.ts';
import { registerIdentityRoutes } from './identity/identity-routes.ts';
import { registerImageApi } from './image-api/image-api-routes.ts';
import { registerImageRoutes } from './images/image-routes.ts';
import { registerJobRoutes } from './jobs/job-routes.ts';
import { registerOwnJobRoutes } from './jobs/own-job-routes.ts';
import { isSecureUpgrade } from './live/secure-upgrade.ts';
import { registerEventRoutes } from './live/sse.ts';
import { createWebSocketEndpoint } from './live/websocket.ts';
import { registerMetricsRoutes } from './metrics/metrics-routes.ts';
import { registerOpenApi } from './openapi/openapi-routes.ts';
import type { OriginPolicy } from './origin-policy.ts';
import { registerPages } from './pages/page-routes.ts';
import { registerPlaceholder } from './placeholders/placeholder-routes.ts';
import { registerProviderRoutes } from './providers/provider-routes.ts';
import { type CountingRedis, RequestCounts } from './request-counts.ts';
import { createErrorHandler, RequestError, validationError } from './request-error.ts';
import { API_HEADERS, registerPageHeaders } from './security-headers.ts';
import { registerUploadRoutes } from './uploads/upload-routes.ts';

/** Idle connections stay longer than the usual proxy's, so that it is the proxy that closes them. */
const TIMEOUTS: HttpTimeouts = { headersMs: 20_000, keepAliveMs: 75_000 };

export interface HttpServerOptions {
  readonly config: Pick<Config, 'role' | 'corsOrigins' | 'rateLimit' | 'trustProxy' | 'publicUrl'>;
  readonly webRoot: string;
  /** Where requests are counted that several processes answer; undefined: in memory. */
  readonly countingRedis?: CountingRedis | undefined;
  readonly timeouts?: HttpTimeouts | undefined;
}

/** Time limits of connections, in milliseconds. */
export interface HttpTimeouts {
  /** Maximum time from a connection's beginning to the end of its first request's head. Default: 20,000. */
  readonly headersMs: number;
  /** Maximum idle time of a connection between two requests. Default: 75,000. */
  readonly keepAliveMs: number;
}

/** What a schema makes of the empty object, which it is shown most often: a request without a query. */
function readNothing(schema: z.core.$ZodType): { readonly value: unknown } | undefined {
  const result = z.safeParse(schema, {});
  return result.success ? { value: Object.freeze(result.data) } : undefined;
}

const isEmpty = (data: unknown) => typeof data === 'object' && data !== null && Object.keys(data).length === 0;

/** Schemas are zod's; what they refuse is answered with the field's name. */
function useZod(server: HttpServer): void {
  server.setValidatorCompiler(({ schema, httpPart }) => {
    if (!(schema instanceof z.core.$ZodType)) throw new Error('schemas are written in zod');
    const nothing = httpPart === 'querystring' ? readNothing(schema) : undefined;
    return (data: unknown) => {
      if (nothing !== undefined && isEmpty(data)) return nothing;
      const result = z.safeParse(schema, data);
      return result.success ? { value: result.data } : { error: validationError(result.error.issues) };
    };
  });
  server.setSerializerCompiler(serializerCompiler);
}

/**
 * A page of another site may not start or change anything here, not even blindly: browsers send a simple POST, or the
 * GET of a picture's address, without asking first. Clients that are no browser send neither header.
 */
function isForeignAct({ method, url, headers, raw }: FastifyRequest, origins: OriginPolicy): boolean {
  const reads = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
  if (reads && !url.startsWith('/api/generate')) return false;
  const { origin } = headers;
  const blind = headers['sec-fetch-site'] === 'cross-site' && (origin === undefined || !origins.isListed(origin));
  return blind || !origins.allows(raw);
}

/** What is checked before anything is read of a request. One synchronous hook: it is on every request's way. */
function guardRequests(server: HttpServer, origins: OriginPolicy): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (request.url.startsWith('/api') || request.url.startsWith('/image/')) reply.headers(API_HEADERS);
    if (request.url.length > LIMITS.urlChars) {
      done(new RequestError('TOO_LARGE', `The address must be at most ${LIMITS.urlChars} characters.`, 'url'));
    } else if (isForeignAct(request, origins)) done(new RequestError('FORBIDDEN'));
    else done();
  });
}

async function limitRequests(
  server: HttpServer,
  clock: Clock,
  { config: { rateLimit: limit, corsOrigins }, countingRedis }: HttpServerOptions,
): Promise<void> {
  if (limit !== undefined) {
    await server.register(rateLimit, {
      max: limit.max,
      timeWindow: limit.windowMs,
      store: class extends RequestCounts {
        constructor() {
          super(countingRedis, clock);
        }
      },
      errorResponseBuilder: () => new RequestError('RATE_LIMITED'),
    });
  }
  if (corsOrigins.length > 0) {
    const origin = corsOrigins.includes('*') ? '*' : [...corsOrigins];
    await server.register(cors, {
      origin,
      methods: ['GET', 'POST', 'PATCH', 'DELETE'],
      exposedHeaders: ['ETag', 'Retry-After', 'Location'],
      maxAge: 600,
    });
  }
}

/**
 * The whole HTTP side: API, event streams, WebSocket, pages. It does not listen yet. Fastify gets no logger: with one it
 * makes a child of it and two listeners for every request; what is to be logged, the error handler logs.
 */
export async function createHttpServer(context: HttpContext, options: HttpServerOptions): Promise<HttpServer> {
  const sendError = createErrorHandler(context.logger);
  const { headersMs, keepAliveMs } = options.timeouts ?? TIMEOUTS;
  const server = Fastify({
    frameworkErrors: sendError,
    clientErrorHandler: refuseBrokenRequest,
    bodyLimit: LIMITS.httpBodyBytes,
    trustProxy: options.config.trustProxy,
    routerOptions: { maxParamLength: 256 },
    forceCloseConnections: true,
    keepAliveTimeout: keepAliveMs,
    http: { maxHeaderSize: LIMITS.headerBytes, headersTimeout: headersMs },
  }).withTypeProvider<ZodTypeProvider>();
  useZod(server);
  server.setErrorHandler(sendError);
  context.metrics.countRequests(server);
  guardRequests(server, context.origins);
  registerMetricsRoutes(server, context);
  // A worker is asked nothing but how it is.
  if (options.config.role === 'worker') {
    registerHealthRoutes(server, context);
    server.setNotFoundHandler(async () => {
      throw new RequestError('NOT_FOUND');
    });
  } else await registerAll(server, context, options);
  return server;
}

async function registerAll(server: HttpServer, context: HttpContext, options: HttpServerOptions): Promise<void> {
  await limitRequests(server, context.clock, options);
  await registerOpenApi(server, context.version);
  registerJobRoutes(server, context);
  registerOwnJobRoutes(server, context);
  registerIdentityRoutes(server, context);
  registerConversationRoutes(server, context);
  registerIdentityLinkRoutes(server, context, options.config.publicUrl);
  registerImageApi(server, context);
  registerEventRoutes(server, context);
  registerImageRoutes(server, context);
  registerPlaceholder(server);
  await registerUploadRoutes(server, context);
  registerProviderRoutes(server, context);
  registerHealthRoutes(server, context);
  registerGenerateStreamRoutes(server, context);
  server.get('/ws', { schema: { hide: true } }, async (_request, reply) => {
    reply.header('connection', 'close').header('upgrade', 'websocket');
    throw new RequestError('UPGRADE_REQUIRED');
  });
  await server.register(async (pages: HttpServer) => {
    await registerPageHeaders(pages, context.images.direct === undefined ? [] : [context.images.direct.origin]);
    await registerPages(pages, context, { webRoot: options.webRoot, publicUrl: options.config.publicUrl });
  });
  const endpoint = createWebSocketEndpoint({
    ...context,
    isSecure: (request) => isSecureUpgrade(request, options.config.trustProxy),
  });
  server.server.on('upgrade', (request, socket, head) => endpoint.upgrade(request, socket, head));
}
