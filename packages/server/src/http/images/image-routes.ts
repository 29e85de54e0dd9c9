import { ApiErrorBody, JobId } from '@darkroom/protocol';
import type { FastifyReply } from 'fastify';
import * as z from 'zod/mini';
import { DIRECT_URL_MS, type ImageKey } from '../../images.ts';
import type { HttpContext, HttpServer } from '../http-context.ts';
import { missingError } from '../request-error.ts';
import { sendBytes, toBuffer } from '../send-bytes.ts';

/** Names are made by the server and hold a digest: nothing else is looked up. */
const ImageName = z.string().check(z.regex(/^\d{1,9}-[0-9a-f]{12}\.(?:jpg|png|webp)$/));
const ONE_YEAR_SECONDS = 31_536_000;
const DIRECT_URL_SECONDS = DIRECT_URL_MS / 1_000;

const ImageParams = z.object({ jobId: JobId, name: ImageName });
const ImageQuery = z.object({ download: z.optional(z.string()) });

const SUMMARIES = {
  frames: "A step's preview",
  images: 'A finished picture',
  inputs: 'The picture a job began with',
} as const;

/** `/api/jobs/:jobId/{frames,images,inputs}/:name` (rule R4). */
export function registerImageRoutes(server: HttpServer, { images }: HttpContext): void {
  for (const kind of ['frames', 'images', 'inputs'] as const) {
    server.get(
      `/api/jobs/:jobId/${kind}/:name`,
      {
        config: { access: 'read', isEmbeddable: true },
        schema: {
          tags: ['Pictures'],
          summary: SUMMARIES[kind],
          description:
            'Immutable. A server whose pictures are in an object storage may answer 302 with an address there. With `?download` the browser saves it under a name of its own.',
          params: ImageParams,
          querystring: ImageQuery,
          response: { '4xx': ApiErrorBody, '5xx': ApiErrorBody },
        },
      },
      async (request, reply) => {
        const { jobId, name } = request.params;
        const key: ImageKey = { ownerId: jobId, kind, name };
        const manner = request.query.download === undefined ? 'inline' : 'attachment';
        const disposition = `${manner}; filename="darkroom-${jobId.slice(0, 8)}-${name}"`;
        if (images.direct !== undefined) return redirect(reply, await images.direct.urlFor(key, disposition));
        const image = await images.get(key);
        if (image === undefined) throw missingError('name');
        reply
          .type(image.type)
          .header('cache-control', `public, max-age=${ONE_YEAR_SECONDS}, immutable`)
          .header('etag', `"${name}"`)
          .header('content-disposition', disposition);
        return sendBytes(reply, toBuffer(image.bytes));
      },
    );
  }
}

/** Kept by browsers no longer than the address works. */
function redirect(reply: FastifyReply, url: string) {
  return reply.header('cache-control', `private, max-age=${DIRECT_URL_SECONDS}`).redirect(url, 302);
}
