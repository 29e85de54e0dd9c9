import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../clock.ts';
import type { HttpServer } from '../http-context.ts';
import { RequestError } from '../request-error.ts';
import { BodyPace } from './body-pace.ts';
import type { ConnectionCounts } from './connection-counts.ts';
import type { HttpTimeouts } from './http-timeouts.ts';

/** A request whose body is on its way. */
interface ArrivingBody {
  readonly reply: FastifyReply;
  readonly pace: BodyPace;
  /** Bytes that the connection had received before. */
  readonly bytesBefore: number;
  /** When its request came (ms). */
  readonly since: number;
}

const hasBody = ({ 'content-length': length, 'transfer-encoding': encoding }: IncomingHttpHeaders) =>
  encoding !== undefined || (length !== undefined && length !== '0');

/**
 * Refuses requests whose body arrives too slowly, or not at all, with 408, and closes their connection. All bodies are
 * looked at together from time to time, so that a request costs little. What is counted is bytes on the wire.
 */
class SlowBodies {
  readonly #arriving = new Map<IncomingMessage, ArrivingBody>();
  readonly #counts: ConnectionCounts;
  readonly #limits: Pick<HttpTimeouts, 'body' | 'checkMs'>;
  readonly #clock: Clock;
  #checkedAt: number;

  constructor(limits: Pick<HttpTimeouts, 'body' | 'checkMs'>, counts: ConnectionCounts, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#checkedAt = clock.now();
    this.#counts = counts;
    counts.receiving = () => this.#standing();
  }

  add({ raw }: FastifyRequest, reply: FastifyReply): void {
    if (raw.complete || !hasBody(raw.headers)) return;
    const pace = new BodyPace(this.#limits.body);
    this.#arriving.set(raw, { reply, pace, bytesBefore: raw.socket.bytesRead, since: this.#clock.now() });
  }

  /** Forgets a body that has arrived whole; without one it costs nothing. */
  settle({ raw }: FastifyRequest): void {
    if (raw.complete) this.#arriving.delete(raw);
  }

  /** Looks at all of them. */
  check(): void {
    const now = this.#clock.now();
    // A process that was stopped looks at the clock before it reads.
    const counted = Math.min(now - this.#checkedAt, 2 * this.#limits.checkMs);
    this.#checkedAt = now;
    for (const [raw, { reply, pace, bytesBefore, since }] of this.#arriving) {
      const isOver = raw.complete || raw.socket.destroyed;
      const isSlow = !isOver && pace.observe(raw.socket.bytesRead - bytesBefore, Math.min(counted, now - since));
      if (isOver || isSlow) this.#arriving.delete(raw);
      if (isSlow) this.#refuse(raw, reply);
    }
  }

  #refuse({ socket }: IncomingMessage, reply: FastifyReply): void {
    this.#counts.closed['slow-body']++;
    if (reply.sent) socket.destroy();
    else reply.header('connection', 'close').send(new RequestError('REQUEST_TIMEOUT', undefined, 'body'));
  }

  #standing() {
    let bytes = 0;
    let bodies = 0;
    for (const [{ complete, socket }, { bytesBefore }] of this.#arriving) {
      if (complete || socket.destroyed) continue;
      bodies++;
      bytes += socket.bytesRead - bytesBefore;
    }
    return { bodies, bytes };
  }
}

/** Puts a minimum pace on the bodies of all requests of a server. */
export function refuseSlowBodies(
  server: HttpServer,
  clock: Clock,
  limits: Pick<HttpTimeouts, 'body' | 'checkMs'>,
  counts: ConnectionCounts,
): void {
  const bodies = new SlowBodies(limits, counts, clock);
  const stop = clock.every(limits.checkMs, () => bodies.check());
  server.addHook('onClose', async () => stop());
  server.addHook('onRequest', (request, reply, done) => {
    bodies.add(request, reply);
    done();
  });
  server.addHook('preValidation', (request, _reply, done) => {
    bodies.settle(request);
    done();
  });
}
