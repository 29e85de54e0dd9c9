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
import { askerOf, ownerOf } from '../identity.ts';
import { cursorError, RequestError, refusalError } from '../request-error.ts';
import { sendBytes } from '../send-bytes.ts';
import { JobReader, type JobView } from './job-reader.ts';

const count = (max: number) => z.coerce.number().check(z.multipleOf(1), z.minimum(0), z.maximum(max));

/** Any text: what is not a job's id is simply not found. */
export const JobParams = z.object({ jobId: z.string() });

const ListQuery = z.object({
  mine: z.optional(z.enum(['true', 'false'])),
  state: z.optional(z.enum(['active'])),
  limit: z._default(z.coerce.number().check(z.multipleOf(1), z.minimum(1), z.maximum(LIMITS.jobsPerPage)), 20),
  cursor: z.optional(z.string().check(z.maxLength(128))),
});

const SnapshotQuery = z.object({
  after: z.optional(count(Number.MAX_SAFE_INTEGER)),
  epoch: z.optional(z.string().check(z.maxLength(32))),
  wait: z._default(count(LIMITS.maxWaitSeconds), 0),
});

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

function registerCreate(server: HttpServer, { jobs, identities, isStopping }: HttpContext): void {
  server.post(
    '/api/jobs',
    {
      schema: {
        tags: ['Jobs'],
        summary: 'Create a job',
        description:
          'Answers 201 once the job is on disk. With an Idempotency-Key of yours, the same request again gets the first job (200).',
        headers: IdempotencyHeader,
        body: CreateJobRequest,
        response: { 200: JobResponse, 201: JobResponse, ...errors },
      },
    },
    async (request, reply) => {
      if (isStopping()) throw new RequestError('SHUTTING_DOWN');
      const known = identities.identify(request.raw);
      const idempotency = toIdempotency(request.headers['idempotency-key'], request.body, known);
      const result = await jobs.create(request.body, { owner: ownerOf(identities, request, reply), idempotency });
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
      schema: {
        tags: ['Jobs'],
        summary: 'List jobs, newest first',
        description: '`mine=true`: your own; `state=active`: of these, what is not over, with its places in line.',
        querystring: ListQuery,
        response: { 200: JobListResponse, ...errors },
      },
    },
    async (request, reply) => {
      const { limit, cursor, mine, state } = request.query;
      if (mine !== 'true') {
        if (state !== undefined) throw new RequestError('INVALID_REQUEST', 'state needs mine=true.', 'state');
        const page = await store.listJobs(limit, cursor).catch(cursorError);
        return { jobs: [...page.jobs], nextCursor: page.nextCursor ?? null };
      }
      const filter = { owner: askerOf(identities, request), active: state === 'active' };
      reply.header('cache-control', 'no-store');
      const { jobs, nextCursor, places } = await ownJobs.list(filter, limit, cursor).catch(cursorError);
      return { jobs: [...jobs], nextCursor: nextCursor ?? null, queue: Object.fromEntries(places) };
    },
  );
}

function registerRead(server: HttpServer, { log, board, hub, clock, isStopping }: HttpContext): void {
  const { polls } = hub.counts;
  const reader = new JobReader(log, board, polls, clock);
  server.get(
    '/api/jobs/:jobId',
    {
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
        reply.headers({ etag: view.etag, 'cache-control': 'no-store' });
        if (request.headers['if-none-match'] === view.etag) return void sendBytes(reply.code(304));
        polls.events += view.events;
        sendBytes(reply.type('application/json; charset=utf-8'), view.body);
      };
      const ready = wait === 0 ? reader.peek(jobId, after, epoch) : undefined;
      if (ready !== undefined) return send(ready);
      return readWhenNew().then(send);

      async function readWhenNew(): Promise<JobView> {
        if (wait > 0 && !isStopping()) {
          const gone = new AbortController();
          reply.raw.once('close', () => gone.abort());
          const waitMs = wait * 1_000;
          await reader.waitForNews(jobId, { after, epoch, waitMs, address: request.ip, signal: gone.signal });
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
  { jobs, isStopping }: HttpContext,
  { action, summary }: { action: 'retry' | 'cancel'; summary: string },
): void {
  server.post(
    `/api/jobs/:jobId/${action}`,
    { schema: { tags: ['Jobs'], summary, params: JobParams, response: { 200: JobResponse, ...errors } } },
    async ({ params }) => {
      if (action === 'retry' && isStopping()) throw new RequestError('SHUTTING_DOWN');
      return { job: jobOf(await jobs[action](params.jobId)) };
    },
  );
}
