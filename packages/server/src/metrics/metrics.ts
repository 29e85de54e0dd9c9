import { collectDefaultMetrics, Registry } from 'prom-client';
import type { ConnectionCounts } from '../http/connections/connection-counts.ts';
import type { Backend } from '../jobs/backend.ts';
import type { Queue } from '../queue.ts';
import type { Relay } from '../relay.ts';
import { registerConnectionMetrics } from './connection-metrics.ts';
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
  follow({ queue, pool, ...live }: LiveSources & { queue: Queue; pool: { backends: readonly Backend[] } }): void {
    this.jobs.follow(queue, pool.backends);
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
