import type { ServerResponse } from 'node:http';
import { isFinal } from '@darkroom/protocol';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod/mini';
import type { HttpContext, HttpServer } from '../http-context.ts';
import { createErrorHandler, logRefusal, RequestError, refusalError, toApiError, toRefused } from '../request-error.ts';
import { JobParams, POSITION_QUERY } from '../url-parameters.ts';
import type { CloseReason } from './live-counts.ts';
import type { LiveSink } from './live-sink.ts';
import { sseFormat } from './sse-format.ts';

/** How long a reader without a server's word waits before it comes back (ms). */
const RETRY_MS = 2_000;
/** Some proxies pass nothing on until they have seen this much. */
const PADDING = `:${' '.repeat(2_047)}\n`;

/** Headers of every event stream (rule S5). */
export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  connection: 'keep-alive',
} as const;

class ResponseSink implements LiveSink {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get bufferedBytes(): number {
    return this.#response.writableLength;
  }

  write(bytes: Buffer): boolean {
    return this.#response.writableEnded || this.#response.write(bytes);
  }

  /** A stream's client sends nothing. */
  holdInput(): void {}

  /** One stream carries one job: its end is the stream's. What was put into this turn is written first. */
  ended(): boolean {
    setImmediate(() => this.#response.end());
    return true;
  }

  close(reason: CloseReason): void {
    if (reason === 'stalled') this.#response.destroy();
    else this.#response.end();
  }
}

/** Rule S4: a native EventSource gives up for good at any status but 200, so trouble that will pass is said in the stream. */
function createStreamErrorHandler({ hub, incidents }: Pick<HttpContext, 'hub' | 'incidents'>) {
  const sendError = createErrorHandler(incidents);
  return (thrown: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = toApiError(thrown);
    if (!error.retryable) return sendError(thrown, request, reply);
    logRefusal(incidents, thrown, error, toRefused(request));
    hub.counts.sse.refuse(error.code);
    const seconds = Number(reply.getHeader('retry-after') ?? 0);
    return reply
      .code(200)
      .headers(EVENT_STREAM_HEADERS)
      .send(sseFormat.bye(seconds > 0 ? seconds * 1_000 : RETRY_MS));
  };
}

const EventsQuery = z.object(POSITION_QUERY);

/** What a browser repeats of the last `id:`; anything but a number is as good as nothing. */
function lastEventId(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/** `GET /api/jobs/:jobId/events` (rules S1–S5). */
export function registerEventRoutes(server: HttpServer, context: HttpContext): void {
  const { log, hub, limits } = context;
  server.get(
    '/api/jobs/:jobId/events',
    {
      config: { access: 'read' },
      // A stream has no end that HEAD could be answered at.
      exposeHeadRoute: false,
      schema: {
        tags: ['Live'],
        summary: "A job's events as server-sent events",
        description:
          'Default-type messages carry one ProgressEvent each, with its seq as id; Last-Event-ID wins over `after`. Named events: job, queue, ping, reset, end, bye.',
        params: JobParams,
        querystring: EventsQuery,
      },
      errorHandler: createStreamErrorHandler(context),
    },
    async (request, reply) => {
      const { jobId } = request.params;
      const { epoch } = request.query;
      const after = lastEventId(request.headers['last-event-id']) ?? request.query.after ?? 0;
      const record = await log.loadFor(jobId, { seq: after, epoch });
      if (record === undefined) throw refusalError({ reason: 'not-found' });
      const sameLife = epoch === undefined || epoch === record.epoch;
      if (isFinal(record.job) && sameLife && after === record.job.lastEventSeq) return reply.code(204).send();
      if (hub.refusal !== undefined) throw new RequestError(hub.refusal);
      const { raw: response } = reply;
      const release = limits.hold('connections', limits.clientOf(request.raw));
      reply.hijack();
      // The client may have left while the job was loaded.
      if (response.destroyed) {
        release();
        return reply;
      }
      response.once('close', release);
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) response.setHeader(name, value);
      response.writeHead(200, EVENT_STREAM_HEADERS);
      response.socket?.setNoDelay(true);
      // The hub itself closes a stream that is not read.
      response.socket?.setTimeout(0);
      response.write(`${PADDING}retry: ${RETRY_MS}\n\n`);
      const connection = hub.connect(new ResponseSink(response), sseFormat);
      connection.heardAt = Number.POSITIVE_INFINITY;
      response.on('drain', () => connection.drained());
      response.on('error', () => response.destroy());
      response.on('close', () => connection.dispose());
      await connection.subscribe(jobId, { seq: after, epoch });
      return reply;
    },
  );
}
