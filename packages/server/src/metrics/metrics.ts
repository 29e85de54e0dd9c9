import { collectDefaultMetrics, Registry } from 'prom-client';
import type { ConnectionCounts } from '../http/connections/connection-counts.ts';
import type { IncidentLog } from '../incident-log.ts';
import type { Backend } from '../jobs/backend.ts';
import type { Queue } from '../queue.ts';
import type { Relay } from '../relay.ts';
import { registerConnectionMetrics } from './connection-metrics.ts';
import { registerRead } from './figures.ts';
import { HttpMetrics } from './http-metrics.ts';
import { JobMetrics } from './job-metrics.ts';
import { type LiveSources, registerLiveMetrics } from './live-metrics.ts';
import { registerRelayMetrics } from './relay-metrics.ts';

let processRegistry: Registry | undefined;

/** Memory, event loop and collections of the whole process, however many servers are in it. Who never asks pays nothing. */
function ofProcess(): Registry {
  if (processRegistry !== undefined) return processRegistry;
  processRegistry = new Registry();
  collectDefaultMetrics({ register: processRegistry });
  return processRegistry;
}

/** Parts that keep figures of their own. */
export interface MetricSources extends LiveSources {
  readonly queue: Queue;
  readonly pool: { readonly backends: readonly Backend[] };
  readonly incidents: Pick<IncidentLog, 'refusals'>;
}

/**
 * The one place that counts, and that knows Prometheus: `compose.ts` connects it to the parts, which know nothing of it.
 * Labels are few and bounded: never a job, a person, an address or a prompt.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #http = new HttpMetrics();
  readonly jobs = new JobMetrics(this.#registry);
  /** Counts a server's requests. */
  readonly countRequests = this.#http.count;

  /** The same relay, with its notices counted. */
  countNotices(relay: Relay): Relay {
    return registerRelayMetrics(this.#registry, relay);
  }

  /** Tells of these too, as they are whenever somebody asks. */
  follow({ queue, pool, incidents, ...live }: MetricSources): void {
    this.jobs.follow(queue, pool.backends);
    registerRead(this.#registry, {
      name: 'darkroom_refusals_total',
      help: 'Requests, handshakes and event streams that were refused, by error code.',
      labelNames: ['code'],
      read: () => [...incidents.refusals].map(([code, count]) => [{ code }, count]),
    });
    registerLiveMetrics(this.#registry, live);
  }

  /** Tells of the connections of an HTTP server, too. */
  followConnections(counts: ConnectionCounts): void {
    registerConnectionMetrics(this.#registry, counts);
  }

  /** Media type of `text`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All of it in Prometheus' text format. */
  async text(): Promise<string> {
    const texts = await Promise.all([this.#registry, ofProcess()].map((registry) => registry.metrics()));
    return [...texts, this.#http.text()].join('');
  }
}
