import {
  ApiErrorBody,
  GenerateImageRequest,
  ImageJob,
  ImageStatusResponse,
  type Job,
  type JobOptions,
  LIMITS,
} from '@darkroom/protocol';
import * as z from 'zod/mini';
import { projectJob } from '../../conversations/project-message.ts';
import type { HttpContext, HttpServer } from '../http-context.ts';
import { IdempotencyHeader, toIdempotency } from '../idempotency.ts';
import { askerOf, knownOwner, ownerOf } from '../identity.ts';
import { RequestError, refusalError } from '../request-error.ts';

const errors = { '4xx': ApiErrorBody, '5xx': ApiErrorBody };
const tags = ['Image API'];
const JobParams = z.object({ job_id: z.string() });

/** An option's name here; the others are called the same. */
const FIELDS: Readonly<Record<string, string>> = { negativePrompt: 'negative_prompt', cfg: 'cfg_scale' };
const fieldOf = (option: string) => FIELDS[option] ?? option;

function toOptions(request: GenerateImageRequest): JobOptions {
  const { prompt: _prompt, conversation_id: _conversation, negative_prompt, cfg_scale, ...same } = request;
  return {
    ...same,
    ...(negative_prompt !== undefined && { negativePrompt: negative_prompt }),
    ...(cfg_scale !== undefined && { cfg: cfg_scale }),
  };
}

/** A job in the words of these routes, as its reader may see it. */
async function toImageJob(context: HttpContext, job: Job, owner: string | undefined): Promise<ImageJob> {
  const { metadata } = projectJob(job);
  const place = job.status === 'queued' ? await context.board.place(job.id) : undefined;
  const message = await context.conversations.readMessageOfJob(job.id, owner);
  return {
    job_id: job.id,
    status: metadata.status ?? 'queued',
    progress: Math.round(job.percent ?? 0),
    queue_position: place?.position ?? 0,
    prompt: job.prompt,
    image_url: metadata.image_url ?? null,
    image_urls: [...(job.resultUrls ?? [])],
    error: metadata.error ?? null,
    message_id: message?.id ?? null,
    conversation_id: message?.conversation_id ?? null,
  };
}

/** `/image/…` (rule M9): what a chat system of another make asks of its image server. */
export function registerImageApi(server: HttpServer, context: HttpContext): void {
  registerGenerate(server, context);
  registerStatus(server, context);
  registerJob(server, context);
}

function registerGenerate(server: HttpServer, context: HttpContext): void {
  const { jobs, conversations, identities, isStopping } = context;
  server.post(
    '/image/generate',
    {
      schema: {
        tags,
        summary: 'Create a job',
        description: 'With `conversation_id` the picture appears in that conversation of yours.',
        headers: IdempotencyHeader,
        body: GenerateImageRequest,
        response: { 200: ImageJob, 201: ImageJob, ...errors },
      },
    },
    async (request, reply) => {
      if (isStopping()) throw new RequestError('SHUTTING_DOWN');
      const known = knownOwner(identities, request);
      const owner = ownerOf(identities, request, reply);
      const { prompt, conversation_id: id } = request.body;
      const options = toOptions(request.body);
      const idempotency = toIdempotency(request.headers['idempotency-key'], request.body, known);
      const result =
        id === undefined
          ? await jobs.create({ prompt, options }, { owner, idempotency })
          : await conversations.post({ id, owner }, { content: prompt, picture: true, options }, idempotency);
      if (!result.ok) {
        if (result.reason !== 'no-conversation') throw refusalError(result, fieldOf);
        throw new RequestError('NOT_FOUND', 'You have no such conversation.', 'conversation_id');
      }
      if (result.job === undefined) throw new Error('a picture was asked for, and there is no job');
      return reply.code(result.created ? 201 : 200).send(await toImageJob(context, result.job, owner));
    },
  );
}

function registerStatus(server: HttpServer, context: HttpContext): void {
  const { queue, pool, ownJobs, identities } = context;
  server.get(
    '/image/status',
    {
      schema: {
        tags,
        summary: 'The queue, and your jobs that are not over',
        response: { 200: ImageStatusResponse, ...errors },
      },
    },
    async (request, reply) => {
      const owner = askerOf(identities, request);
      reply.header('cache-control', 'no-store');
      const { jobs } = await ownJobs.list({ owner, active: true }, LIMITS.jobsPerPage);
      return {
        queue_size: await queue.size(),
        processing: pool.backends.reduce((sum, { running }) => sum + running, 0),
        jobs: await Promise.all(jobs.map((job) => toImageJob(context, job, owner))),
      };
    },
  );
}

const notFound = () => new RequestError('NOT_FOUND', 'There is no such job. It may have expired.', 'job_id');

function registerJob(server: HttpServer, context: HttpContext): void {
  const { log, jobs, identities } = context;
  const response = { 200: ImageJob, ...errors };
  server.get(
    '/image/job/:job_id/status',
    { schema: { tags, summary: 'Where a job stands', params: JobParams, response } },
    async (request, reply) => {
      const record = await log.load(request.params.job_id);
      if (record === undefined) throw notFound();
      reply.header('cache-control', 'no-store');
      return toImageJob(context, record.job, knownOwner(identities, request));
    },
  );
  server.delete(
    '/image/job/:job_id/cancel',
    { schema: { tags, summary: 'Stop a job', params: JobParams, response } },
    async (request) => {
      const result = await jobs.cancel(request.params.job_id);
      if (result.ok) return toImageJob(context, result.job, knownOwner(identities, request));
      throw result.reason === 'not-found' ? notFound() : refusalError(result);
    },
  );
}
