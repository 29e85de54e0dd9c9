import { ApiErrorBody, LIMITS, UploadId, UploadResponse } from '@darkroom/protocol';
import type { FastifyReply } from 'fastify';
import * as z from 'zod/mini';
import { isPictureError, type PictureError } from '../../jobs/picture-files.ts';
import { isUploadLimitError, type UploadLimitError } from '../../jobs/upload-ledger.ts';
import type { HttpContext, HttpServer } from '../http-context.ts';
import { missingError, RequestError } from '../request-error.ts';
import { sendBytes, toBuffer } from '../send-bytes.ts';

const TYPES = ['image/png', 'image/jpeg', 'image/webp', 'application/octet-stream'];
/** Uploads received or decoded at once: each is held in memory whole. */
const MAX_AT_ONCE = 8;

const errors = { '4xx': ApiErrorBody, '5xx': ApiErrorBody };

/** `/api/uploads` (rule R7). Nowhere else a body may be so large, or a picture: so they are a scope of their own. */
export async function registerUploadRoutes(server: HttpServer, context: HttpContext): Promise<void> {
  await server.register(async (scope: HttpServer) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(TYPES, { parseAs: 'buffer', bodyLimit: LIMITS.uploadBytes }, (_request, body, done) =>
      done(null, body),
    );
    registerUpload(scope, context);
    registerDownload(scope, context);
  });
}

const tooManyUploads = ({ message, retryAfterMs }: UploadLimitError) =>
  new RequestError('TOO_MANY_UPLOADS', message, 'body', retryAfterMs);

function registerUpload(server: HttpServer, { uploads, limits, isStopping }: HttpContext): void {
  let underWay = 0;
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
      // Counted before the body is read.
      onRequest: [
        limits.rate('uploads'),
        async ({ raw }) => uploads.checkRoom(limits.clientOf(raw)),
        (_request, reply, done) => {
          if (isStopping()) return done(new RequestError('SHUTTING_DOWN'));
          if (underWay >= MAX_AT_ONCE)
            return done(new RequestError('RATE_LIMITED', 'Too many pictures are being sent.'));
          underWay++;
          reply.raw.once('close', () => {
            underWay--;
          });
          done();
        },
      ],
      errorHandler: (error) => {
        if (isUploadLimitError(error)) throw tooManyUploads(error);
        if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
          throw new RequestError('TOO_LARGE', `The picture must be at most ${LIMITS.uploadBytes} bytes.`, 'body');
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
