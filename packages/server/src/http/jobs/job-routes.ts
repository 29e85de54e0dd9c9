import {
  ApiErrorBody,
  CreateJobRequest,
  type Job,
  JobListResponse,
  JobResponse,
  JobSnapshotResponse,
  LIMITS,
} from '@darkroom/protocol';
import * as z from 'zod/mini';
import type { JobResult } from '../../jobs/job-service.ts';
import type { HttpContext, HttpServer } from '../http-context.ts';
import { IdempotencyHeader, toIdempotency } from '../idempotency.ts';
import { askerOf, identify, ownerOf } from '../identity.ts';
import { cursorError, RequestError, refusalError } from '../request-error.ts';
import { sendBytes } from '../send-bytes.ts';
import { JobParams, POSITION_QUERY, pageQuery, wholeNumber } from '../url-parameters.ts';
import { JobReader, type JobView } from './job-reader.ts';

const ListQuery = z.object({
  mine: z.optional(z.enum(['true', 'false'])),
  state: z.optional(z.enum(['active'])),
  ...pageQuery(LIMITS.jobsPerPage, 20),
});

const SnapshotQuery = z.object({ ...POSITION_QUERY, wait: z._default(wholeNumber(0, LIMITS.maxWaitSeconds), 0) });

const errors = { '4xx': ApiErrorBody, '5xx': ApiErrorBody };

function jobOf(result: JobResult): Job {
  if (!result.ok) throw refusalError(result);
  return result.job;
}

/** `/api/jobs` (rules R1–R3, H1–H3). */
export function registerJobRoutes(server: HttpServer, context: HttpContext): void {
  registerCreate(server, context);
  registerList(server, context);
  registerRead(server, context);
  registerAction(server, context, { action: 'retry', summary: 'Run a failed job again' });
  registerAction(server, context, { action: 'cancel', summary: 'Stop a job' });
}

function registerCreate(server: HttpServer, { jobs, identities, limits, isStopping }: HttpContext): void {
  server.post(
    '/api/jobs',
    {
      config: { access: 'act' },
      schema: {
        tags: ['Jobs'],
        summary: 'Create a job',
        description:
          'Answers 201 once the job is on disk. With an Idempotency-Key of yours, the same request again gets the first job (200).',
        headers: IdempotencyHeader,
        body: CreateJobRequest,
        response: { 200: JobResponse, 201: JobResponse, ...errors },
      },
      onRequest: limits.rate('jobs'),
    },
    async (request, reply) => {
      if (isStopping()) throw new RequestError('SHUTTING_DOWN');
      const client = limits.clientOf(request.raw);
      const known = identify(identities, request);
      const idempotency = toIdempotency(request.headers['idempotency-key'], request.body, known);
      const owner = ownerOf(identities, request, reply);
      const result = await jobs.create(request.body, { owner, client, idempotency });
      const job = jobOf(result);
      const created = result.ok && result.created;
      return reply
        .code(created ? 201 : 200)
        .header('location', `/api/jobs/${job.id}`)
        .send({ job });
    },
  );
}

function registerList(server: HttpServer, { store, ownJobs, identities }: HttpContext): void {
  server.get(
    '/api/jobs',
    {
      config: { access: 'read' },
      schema: {
        tags: ['Jobs'],
        summary: 'List jobs, newest first',
        description: '`mine=true`: your own; `state=active`: of these, what is not over, with its places in line.',
        querystring: ListQuery,
        response: { 200: JobListResponse, ...errors },
      },
    },
    async (request) => {
      const { limit, cursor, mine, state } = request.query;
      if (mine !== 'true') {
        if (state !== undefined) throw new RequestError('INVALID_REQUEST', 'state needs mine=true.', 'state');
        const page = await store.listJobs(limit, cursor).catch(cursorError);
        return { jobs: [...page.jobs], nextCursor: page.nextCursor ?? null };
      }
      const filter = { owner: askerOf(identities, request), active: state === 'active' };
      const { jobs, nextCursor, places } = await ownJobs.list(filter, limit, cursor).catch(cursorError);
      return { jobs: [...jobs], nextCursor: nextCursor ?? null, queue: Object.fromEntries(places) };
    },
  );
}

function registerRead(server: HttpServer, { log, board, hub, clock, limits, isStopping }: HttpContext): void {
  const { polls } = hub.counts;
  const reader = new JobReader(log, board, polls, clock);
  server.get(
    '/api/jobs/:jobId',
    {
      config: { access: 'read' },
      schema: {
        tags: ['Jobs'],
        summary: 'Read a job, and its events after a number',
        description:
          'Polling: `after` = the last seq you have, `wait` = seconds to hold the answer until something is new (0–25).',
        params: JobParams,
        querystring: SnapshotQuery,
        response: { 200: JobSnapshotResponse, ...errors },
      },
    },
    (request, reply) => {
      const { after, epoch, wait } = request.query;
      const { jobId } = request.params;
      const send = (view: JobView): void => {
        reply.header('etag', view.etag);
        if (request.headers['if-none-match'] === view.etag) return void sendBytes(reply.code(304));
        polls.events += view.events;
        sendBytes(reply.type('application/json; charset=utf-8'), view.body);
      };
      const ready = wait === 0 ? reader.peek(jobId, after, epoch) : undefined;
      if (ready !== undefined) return send(ready);
      return readWhenNew().then(send);

      async function readWhenNew(): Promise<JobView> {
        if (wait > 0 && !isStopping()) {
          const release = limits.hold('polls', limits.clientOf(request.raw));
          const gone = new AbortController();
          reply.raw.once('close', () => gone.abort());
          // It may have left before this route's turn came.
          if (reply.raw.destroyed) gone.abort();
          const news = { after, epoch, waitMs: wait * 1_000, signal: gone.signal };
          await reader.waitForNews(jobId, news).finally(release);
        }
        const view = await reader.read(jobId, after, epoch);
        if (view === undefined) throw refusalError({ reason: 'not-found' });
        return view;
      }
    },
  );
}

function registerAction(
  server: HttpServer,
  { jobs, limits, isStopping }: HttpContext,
  { action, summary }: { action: 'retry' | 'cancel'; summary: string },
): void {
  server.post(
    `/api/jobs/:jobId/${action}`,
    {
      config: { access: 'act' },
      schema: { tags: ['Jobs'], summary, params: JobParams, response: { 200: JobResponse, ...errors } },
      onRequest: limits.rate(action === 'retry' ? 'jobs' : 'changes'),
    },
    async ({ params, raw }) => {
      if (action === 'cancel') return { job: jobOf(await jobs.cancel(params.jobId)) };
      if (isStopping()) throw new RequestError('SHUTTING_DOWN');
      return { job: jobOf(await jobs.retry(params.jobId, limits.clientOf(raw))) };
    },
  );
}
