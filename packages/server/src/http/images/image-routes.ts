import { ApiErrorBody } from '@darkroom/protocol';
import * as z from 'zod/mini';
import type { HttpContext, HttpServer } from '../http-context.ts';
import { RequestError } from '../request-error.ts';
import { sendBytes, toBuffer } from '../send-bytes.ts';

/** Names are made by the server and hold a digest: nothing else is looked up. */
const NAME = /^\d{1,9}-[0-9a-f]{12}\.(?:jpg|png|webp)$/;
const JOB_ID = /^[A-Za-z0-9_-]{22}$/;
const ONE_YEAR_SECONDS = 31_536_000;

const ImageParams = z.object({ jobId: z.string(), name: z.string() });
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
        schema: {
          tags: ['Pictures'],
          summary: SUMMARIES[kind],
          description: 'Immutable. With `?download` the browser saves it under a name of its own.',
          params: ImageParams,
          querystring: ImageQuery,
          response: { '4xx': ApiErrorBody, '5xx': ApiErrorBody },
        },
      },
      async (request, reply) => {
        const { jobId, name } = request.params;
        if (!JOB_ID.test(jobId) || !NAME.test(name)) throw new RequestError('NOT_FOUND');
        const image = await images.get({ ownerId: jobId, kind, name });
        if (image === undefined) throw new RequestError('NOT_FOUND');
        const disposition = request.query.download === undefined ? 'inline' : 'attachment';
        reply
          .type(image.type)
          .header('cache-control', `public, max-age=${ONE_YEAR_SECONDS}, immutable`)
          .header('etag', `"${name}"`)
          .header('content-disposition', `${disposition}; filename="darkroom-${jobId.slice(0, 8)}-${name}"`);
        return sendBytes(reply, toBuffer(image.bytes));
      },
    );
  }
}
