import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import {
  CreateJobRequest,
  isFinal,
  type Job,
  JobOptions,
  JobSize,
  LIMITS,
  type ProgressEvent,
  Prompt,
  withoutAddress,
} from '@darkroom/protocol';
import type { FastifyReply } from 'fastify';
import * as z from 'zod/mini';
import type { HttpContext, HttpServer } from '../http-context.ts';
import { EVENT_STREAM_HEADERS } from '../live/sse.ts';
import { RequestError, refusalError } from '../request-error.ts';
import { wholeNumber } from '../url-parameters.ts';

const GenerateQuery = z.object({
  prompt: Prompt,
  steps: z.optional(wholeNumber(LIMITS.minSteps, LIMITS.maxSteps)),
  size: z.optional(JobSize),
  style: JobOptions.shape.style,
  seed: z.optional(wholeNumber(0, LIMITS.maxSeed)),
});

const IMAGE_URL = /\/(?<kind>frames|images)\/(?<name>[^/]+)$/;

/** Base64 of the picture at one of this server's paths. */
async function imageData({ images }: HttpContext, jobId: string, url: string): Promise<string | undefined> {
  const groups = IMAGE_URL.exec(url)?.groups;
  const name = groups?.['name'];
  if (name === undefined) return undefined;
  const image = await images.get({ ownerId: jobId, kind: groups?.['kind'] === 'images' ? 'images' : 'frames', name });
  return image && Buffer.from(image.bytes).toString('base64');
}

/** One job as the stream of rule R5: each preview whole in its event. It reads at the reader's pace, so memory stays flat. */
class GenerateStream {
  readonly #context: HttpContext;
  readonly #jobId: string;
  readonly #steps: number;
  readonly #response: ServerResponse;

  constructor(context: HttpContext, jobId: string, steps: number, response: ServerResponse) {
    this.#context = context;
    this.#jobId = jobId;
    this.#steps = steps;
    this.#response = response;
  }

  async run(): Promise<void> {
    const { log, clock } = this.#context;
    let wake = () => {};
    const unwatch = await log.watch(this.#jobId, () => wake());
    const onClose = () => {
      wake();
      this.#abandon();
    };
    this.#response.on('close', onClose);
    if (this.#response.destroyed) onClose();
    // A proxy closes what is silent for long, and by that would cancel a job that waits.
    const stopBeating = clock.every(LIMITS.heartbeatMs, () => this.#beat());
    try {
      for (let cursor = 0; !this.#gone; ) {
        const news = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const events = await log.readEvents(this.#jobId, cursor);
        for (const { event } of events) await this.#send(event);
        cursor = events.at(-1)?.event.seq ?? cursor;
        const job = log.peek(this.#jobId)?.job;
        if (job === undefined || (cursor >= job.lastEventSeq && (isFinal(job) || job.status === 'failed'))) break;
        if (cursor >= job.lastEventSeq) await news;
      }
    } finally {
      stopBeating();
      unwatch?.();
      this.#response.end();
    }
  }

  #abandon(): void {
    const { jobs, isStopping } = this.#context;
    // At a planned stop it is the server that leaves; the job goes back to the queue.
    if (isStopping()) return;
    jobs.abandon(this.#jobId).catch(() => {
      // The store is out of order; the job runs to its end unseen.
    });
  }

  /** A comment, which readers of event streams ignore. */
  #beat(): void {
    if (!this.#gone && !this.#response.writableNeedDrain) this.#response.write(':\n\n');
  }

  get #gone(): boolean {
    return this.#response.destroyed || this.#response.writableEnded;
  }

  async #send(event: ProgressEvent): Promise<void> {
    const url = event.resultUrls?.[0] ?? event.previewUrl;
    if (url !== undefined) await this.#sendPicture(event, url);
    if (event.stage === 'failed' || event.stage === 'cancelled') {
      const error = event.error ?? { code: 'SERVER_ERROR', message: 'The job was cancelled.', retryable: false };
      await this.#write(`event: error\ndata: ${JSON.stringify({ error })}\n\n`);
    }
    if (['completed', 'failed', 'cancelled'].includes(event.stage)) await this.#write('data: [DONE]\n\n');
  }

  async #sendPicture(event: ProgressEvent, url: string): Promise<void> {
    const image = await imageData(this.#context, this.#jobId, url);
    const done = event.stage === 'completed';
    const total = event.steps ?? this.#steps;
    const step = done ? total : (event.step ?? 0);
    const progress = Math.round(event.percent ?? 0);
    if (image !== undefined)
      await this.#write(`data: ${JSON.stringify({ step, total_steps: total, image, progress })}\n\n`);
  }

  async #write(text: string): Promise<void> {
    if (this.#gone || this.#response.write(text)) return;
    // The client takes it, or leaves, or takes no byte for so long that the server closes its connection.
    const settled = new AbortController();
    const { signal } = settled;
    await Promise.race([once(this.#response, 'drain', { signal }), once(this.#response, 'close', { signal })]);
    settled.abort();
  }
}

/** Answers with the job's stream; resolves when that is over. */
async function streamJob(context: HttpContext, reply: FastifyReply, job: Job): Promise<void> {
  reply.hijack();
  const { raw: response } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) response.setHeader(name, value);
  response.writeHead(200, EVENT_STREAM_HEADERS);
  response.write(`event: job\ndata: ${JSON.stringify({ job: withoutAddress(job) })}\n\n`);
  response.on('error', () => response.destroy());
  await new GenerateStream(context, job.id, job.options?.steps ?? LIMITS.defaultSteps, response).run();
}

/** `GET /api/generate` (B1, rule R5): a prompt in, the picture's coming out; also an ordinary job. */
export function registerGenerateStreamRoutes(server: HttpServer, context: HttpContext): void {
  server.get(
    '/api/generate',
    {
      config: { access: 'act' },
      exposeHeadRoute: false,
      schema: {
        tags: ['Live'],
        summary: 'Generate and watch in one request',
        description:
          'text/event-stream: `data: {"step","total_steps","image","progress"}` a step (image: base64), then `data: [DONE]`. A reader that leaves cancels the job.',
        querystring: GenerateQuery,
      },
      onRequest: context.limits.rate('jobs'),
    },
    async (request, reply) => {
      if (context.isStopping()) throw new RequestError('SHUTTING_DOWN');
      const client = context.limits.clientOf(request.raw);
      const release = context.limits.hold('connections', client);
      try {
        const { prompt, ...options } = request.query;
        const result = await context.jobs.create(CreateJobRequest.parse({ prompt, options }), { client });
        if (!result.ok) throw refusalError(result, (option) => option);
        await streamJob(context, reply, result.job);
        return reply;
      } finally {
        release();
      }
    },
  );
}
