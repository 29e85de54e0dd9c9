import type { FastifyInstance, FastifyRequest } from 'fastify';

const NAME = 'darkroom_http_request_duration_seconds';
const HELP = 'Requests answered, and how long until the answer left; event streams are live connections.';
const SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 30];

declare module 'fastify' {
  interface FastifyRequest {
    /** When it came, ms of a clock that only runs forwards. */
    startedAt: number;
  }
}

/** What it needs of a server. */
type HookedServer = Pick<FastifyInstance, 'addHook' | 'decorateRequest'>;

/** Answers of one kind: how many took at most so long (the last: any time), and how long all of them did. */
interface Durations {
  readonly counts: number[];
  seconds: number;
}

/** The web app's files have a route each, named anew with every build: here they are one, as what is at no route is. */
function routeOf({ method, routeOptions: { url = 'unknown' } }: FastifyRequest): string {
  return `method="${method}",route="${url.startsWith('/assets/') ? '/assets/*' : url}"`;
}

/**
 * Requests by method, route and status. Kept as plain numbers, and written as a histogram when somebody asks: a hook at
 * the end of an answer, and the library's own histogram, would cost a cached answer a sixth of its time.
 */
export class HttpMetrics {
  readonly #durations = new Map<string, Durations>();

  /** Counts a server's requests. */
  readonly count = (server: HookedServer): void => {
    server.decorateRequest('startedAt', 0);
    server.addHook('onRequest', (request, _reply, done) => {
      request.startedAt = performance.now();
      done();
    });
    server.addHook('onSend', (request, { statusCode }, _payload, done) => {
      this.#add(`${routeOf(request)},status="${statusCode}"`, (performance.now() - request.startedAt) / 1_000);
      done();
    });
  };

  /** In Prometheus' text format. */
  text(): string {
    const series = [...this.#durations].flatMap(([labels, { counts, seconds }]) => {
      let sum = 0;
      const buckets = counts.map((count, index) => {
        sum += count;
        return `${NAME}_bucket{le="${SECONDS[index] ?? '+Inf'}",${labels}} ${sum}`;
      });
      return [...buckets, `${NAME}_sum{${labels}} ${seconds}`, `${NAME}_count{${labels}} ${sum}`];
    });
    return [`# HELP ${NAME} ${HELP}`, `# TYPE ${NAME} histogram`, ...series, ''].join('\n');
  }

  #add(labels: string, seconds: number): void {
    let durations = this.#durations.get(labels);
    if (durations === undefined) {
      durations = { counts: [...SECONDS, 0].map(() => 0), seconds: 0 };
      this.#durations.set(labels, durations);
    }
    let bucket = 0;
    while (seconds > (SECONDS[bucket] ?? Number.POSITIVE_INFINITY)) bucket++;
    durations.counts[bucket] = (durations.counts[bucket] ?? 0) + 1;
    durations.seconds += seconds;
  }
}
