import { ApiErrorBody, CancelMineResponse, MoveJobRequest, MoveJobResponse } from '@darkroom/protocol';
import type { HttpContext, HttpServer } from '../http-context.ts';
import { askerOf } from '../identity.ts';
import { refusalError } from '../request-error.ts';
import { JobParams } from '../url-parameters.ts';

const errors = { '4xx': ApiErrorBody, '5xx': ApiErrorBody };

/** What one may do with one's own jobs only (rules R10, R11). */
export function registerOwnJobRoutes(server: HttpServer, { ownJobs, identities, limits }: HttpContext): void {
  server.post(
    '/api/jobs/cancel-mine',
    {
      config: { access: 'act' },
      schema: {
        tags: ['Jobs'],
        summary: 'Stop all your jobs that wait or are under way',
        response: { 200: CancelMineResponse, ...errors },
      },
      onRequest: limits.rate('changes'),
    },
    async (request) => ({ cancelled: [...(await ownJobs.cancelAll(askerOf(identities, request)))] }),
  );
  server.post(
    '/api/jobs/:jobId/move',
    {
      config: { access: 'act' },
      schema: {
        tags: ['Jobs'],
        summary: 'Put one of your waiting jobs before another',
        description: 'Or behind all of yours: `before: null`. Your jobs change places among themselves only.',
        params: JobParams,
        body: MoveJobRequest,
        response: { 200: MoveJobResponse, ...errors },
      },
      onRequest: limits.rate('changes'),
    },
    async (request) => {
      const owner = askerOf(identities, request);
      const result = await ownJobs.move(owner, request.params.jobId, request.body.before);
      if (!result.ok) throw refusalError(result);
      return { waiting: [...result.waiting] };
    },
  );
}
