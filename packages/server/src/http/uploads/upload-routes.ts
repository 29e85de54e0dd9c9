import type { Readable } from 'node:stream';
import { ApiErrorBody, LIMITS, UploadId, UploadResponse } from '@darkroom/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod/mini';
import { isPictureError, type PictureError } from '../../jobs/picture-files.ts';
import { isUploadLimitError, type UploadLimitError } from '../../jobs/upload-ledger.ts';
import { AddressBudget } from '../address-budget.ts';
import type { HttpContext, HttpServer } from '../http-context.ts';
import { readBody } from '../request-body.ts';
import { missingError, RequestError } from '../request-error.ts';
import { sendBytes, toBuffer } from '../send-bytes.ts';

const TYPES = ['image/png', 'image/jpeg', 'image/webp', 'application/octet-stream'];
/** Memory that even the smallest upload counts as. */
const MIN_BYTES = 64 * 1024;

const errors = { '4xx': ApiErrorBody, '5xx': ApiErrorBody };

/** `/api/uploads` (rule R7). Nowhere else a body may be so large, or a picture: so they are a scope of their own. */
export async function registerUploadRoutes(server: HttpServer, context: HttpContext): Promise<void> {
  await server.register(async (scope: HttpServer) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(TYPES, (request: FastifyRequest, payload: Readable) =>
      readBody(request.headers, payload, { limit: LIMITS.uploadBytes, tooLarge }),
    );
    registerUpload(scope, context);
    registerDownload(scope, context);
  });
}

const tooManyUploads = ({ message, retryAfterMs }: UploadLimitError) =>
  new RequestError('TOO_MANY_UPLOADS', message, 'body', retryAfterMs);

const tooLarge = () =>
  new RequestError('TOO_LARGE', `The picture must be at most ${LIMITS.uploadBytes} bytes.`, 'body');

/** Memory that a request's body will take: of unknown length, as much as it may. */
function bytesOf({ headers: { 'content-length': length } }: FastifyRequest): number {
  const bytes = length === undefined ? LIMITS.uploadBytes : Math.min(Number(length), LIMITS.uploadBytes);
  return Math.max(bytes, MIN_BYTES);
}

/**
 * Uploads are bounded by the memory they take, from their first byte until they are answered, so that slow ones keep no
 * others away and no address takes it all.
 */
function registerUpload(server: HttpServer, { uploads, limits, addresses, isStopping }: HttpContext): void {
  const memory = new AddressBudget({ total: LIMITS.receivedBytes, perAddress: LIMITS.receivedBytesPerAddress });
  server.post(
    '/api/uploads',
    {
      bodyLimit: LIMITS.uploadBytes,
      config: { access: 'act' },
      schema: {
        tags: ['Pictures'],
        summary: 'Send a picture for jobs to begin with',
        description:
          'The body is the file: PNG, JPEG or WebP, at most 20 MiB and 50 megapixels. It is decoded, turned upright, made smaller than 2048 pixels and kept for a day without its metadata. Give its `url` to a job as `options.image`.',
        consumes: TYPES,
        response: { 201: UploadResponse, ...errors },
      },
      // Before the body is read.
      onRequest: [
        limits.rate('uploads'),
        async ({ raw }) => uploads.checkRoom(limits.clientOf(raw)),
        (request, reply, done) => {
          if (isStopping()) return done(new RequestError('SHUTTING_DOWN'));
          const release = memory.acquire(addresses.limitKey(request.raw), bytesOf(request));
          if (release === undefined) return done(new RequestError('RATE_LIMITED', 'Too many pictures are being sent.'));
          reply.raw.once('close', release);
          done();
        },
      ],
      errorHandler: (error) => {
        if (isUploadLimitError(error)) throw tooManyUploads(error);
        if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') throw new RequestError('UNSUPPORTED_IMAGE');
        throw error;
      },
    },
    async ({ body, raw }, reply) => {
      if (!(body instanceof Uint8Array)) throw new RequestError('UNSUPPORTED_IMAGE', undefined, 'body');
      const asked = { client: limits.clientOf(raw), signal: untilClosed(reply) };
      const upload = await uploads.add(body, asked).catch((thrown: unknown) => {
        throw isPictureError(thrown) ? refusalOf(thrown) : thrown;
      });
      return reply.code(201).header('location', upload.url).send({ upload });
    },
  );
}

/** Aborted when the client is gone: an image without a client is not decoded. */
function untilClosed({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  const abort = () => gone.abort(new RequestError('INVALID_REQUEST', 'The client closed the connection.'));
  if (raw.closed) abort();
  raw.once('close', abort);
  return gone.signal;
}

function refusalOf({ reason }: PictureError): RequestError {
  if (reason === 'unreadable') return new RequestError('UNSUPPORTED_IMAGE', undefined, 'body');
  const megapixels = LIMITS.uploadPixels / 1_000_000;
  const message =
    reason === 'too-large'
      ? `The picture must have at most ${megapixels} megapixels.`
      : 'The picture takes too much time or memory to decode. Save it again in an editor.';
  return new RequestError('TOO_LARGE', message, 'body');
}

function registerDownload(server: HttpServer, { uploads }: HttpContext): void {
  server.get(
    '/api/uploads/:uploadId',
    {
      config: { access: 'read' },
      schema: {
        tags: ['Pictures'],
        summary: 'A picture that was sent',
        params: z.object({ uploadId: UploadId }),
        response: errors,
      },
    },
    async ({ params: { uploadId } }, reply) => {
      const image = await uploads.get(uploadId);
      if (image === undefined) throw missingError('uploadId');
      reply.type(image.type).header('cache-control', `private, max-age=${LIMITS.uploadTtlMs / 1_000}, immutable`);
      return sendBytes(reply, toBuffer(image.bytes));
    },
  );
}
