import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Logger, pino } from 'pino';
import { type Clock, systemClock } from './clock.ts';
import { type Config, ConfigError } from './config.ts';
import { createHttpServer } from './http/http-server.ts';
import { LiveHub } from './http/live/live-hub.ts';
import { OriginPolicy } from './http/origin-policy.ts';
import { DiskImages } from './images/disk/disk-images.ts';
import { MemoryImages } from './images/memory/memory-images.ts';
import type { Images } from './images.ts';
import { expireJobs } from './jobs/expiry.ts';
import { JobLog } from './jobs/job-log.ts';
import { JobService } from './jobs/job-service.ts';
import { QueueBoard } from './jobs/queue-board.ts';
import { Worker } from './jobs/worker.ts';
import type { Provider } from './provider.ts';
import { InProcessQueue } from './queues/in-process/in-process-queue.ts';
import { InProcessRelay } from './relays/in-process/in-process-relay.ts';
import type { Store } from './store.ts';
import { SqliteStore } from './stores/sqlite/sqlite-store.ts';

const EXPIRY_MS = 60_000;
const MEMORY_IMAGES_BYTES = 1024 * 1024 * 1024;
const WEB_ROOT = fileURLToPath(new URL('../../web/dist', import.meta.url));

/** Makes a provider from its URL in `PROVIDERS`, by the URL's scheme. Only what is configured is loaded. */
const PROVIDER_SCHEMES: Readonly<Record<string, (url: URL) => Promise<Provider>>> = {
  'sketch:': async (url) => {
    const { parseSketchConfig } = await import('./providers/sketch/sketch-config.ts');
    const { createSketchProvider } = await import('./providers/sketch/sketch-provider.ts');
    return createSketchProvider(parseSketchConfig(url));
  },
};

/** A running server. */
export interface Darkroom {
  /** Where it listens, for example `http://127.0.0.1:8787`. */
  readonly url: string;
  /** The log, for those who write or measure without HTTP. */
  readonly log: JobLog;
  readonly jobs: JobService;
  /** Takes no new work, hands running jobs back to the queue, tells readers to come back, closes everything. Idempotent. */
  stop(): Promise<void>;
}

/** Parts that a caller brings itself instead of those the configuration names. */
export interface Overrides {
  readonly providers?: readonly Provider[];
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly webRoot?: string;
  readonly logger?: Logger;
}

async function createProvider(url: URL): Promise<Provider> {
  const create = PROVIDER_SCHEMES[url.protocol];
  const known = Object.keys(PROVIDER_SCHEMES).join(', ');
  if (create === undefined)
    throw new ConfigError(`PROVIDERS names the unknown scheme "${url.protocol}"; known: ${known}`);
  try {
    return await create(url);
  } catch (thrown) {
    throw new ConfigError(`PROVIDERS: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

async function openStorage({ database, dataDir }: Config): Promise<{ store: Store; images: Images }> {
  if (database === 'memory') {
    return { store: await SqliteStore.open(':memory:'), images: new MemoryImages(MEMORY_IMAGES_BYTES) };
  }
  await mkdir(dataDir, { recursive: true }).catch((thrown: unknown) => {
    throw new ConfigError(
      `DATA_DIR must be a folder that can be made and written; got "${dataDir}" (${thrown instanceof Error ? thrown.message : thrown})`,
    );
  });
  return {
    store: await SqliteStore.open(join(dataDir, 'darkroom.sqlite')),
    images: new DiskImages(join(dataDir, 'images')),
  };
}

async function readVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  const { version }: { version?: unknown } = JSON.parse(text);
  return String(version);
}

/** Everything between the storage and the wire, put together. */
async function build(config: Config, overrides: Overrides, isStopping: () => boolean) {
  const clock = overrides.clock ?? systemClock;
  const logger = overrides.logger ?? pino({ level: config.logLevel });
  const providers = overrides.providers ?? (await Promise.all(config.providers.map(createProvider)));
  const { store, images } = await openStorage(config);
  const queue = new InProcessQueue();
  const relay = new InProcessRelay();
  const log = new JobLog(store, relay, clock);
  const board = new QueueBoard(
    queue,
    clock,
    providers.reduce((sum, provider) => sum + provider.concurrency, 0),
  );
  const jobs = new JobService({ log, queue, clock, maxQueued: config.maxQueued });
  const onFault = (jobId: string, fault: unknown) => logger.error({ jobId, err: fault }, 'job fault');
  const worker = new Worker({ store, log, queue, board, images, clock, providers, onFault });
  const hub = new LiveHub(log, board, clock, overrides.random ?? Math.random);
  const origins = new OriginPolicy(config.corsOrigins, config.publicUrl);
  const [version, startedAt] = [await readVersion(), clock.now()];
  const context = {
    store,
    log,
    queue,
    board,
    images,
    jobs,
    worker,
    hub,
    origins,
    clock,
    isStopping,
    version,
    startedAt,
  };
  const server = await createHttpServer(context, { config, webRoot: overrides.webRoot ?? WEB_ROOT, logger });
  return { ...context, server, relay, providers, logger };
}

/** Removes what is too old, now and every minute; what goes wrong is only logged, the next minute tries again. */
function startExpiry(parts: Awaited<ReturnType<typeof build>>, ttlMs: number | undefined): () => void {
  if (ttlMs === undefined) return () => {};
  const expire = () => {
    expireJobs({ ...parts, ttlMs }).catch((thrown: unknown) => parts.logger.warn({ err: thrown }, 'expiry failed'));
  };
  expire();
  return parts.clock.every(EXPIRY_MS, expire);
}

/** Chooses the adapters that `config` names, puts the server together and starts it. Throws a `ConfigError` or a `StorageError`. */
export async function compose(config: Config, overrides: Overrides = {}): Promise<Darkroom> {
  let stopping: Promise<void> | undefined;
  const parts = await build(config, overrides, () => stopping !== undefined);
  const { server, worker, hub, log, queue, relay, store, images, providers, jobs } = parts;
  const url = await server.listen({ port: config.port, host: config.host });
  await worker.start();
  const stopExpiry = startExpiry(parts, config.jobTtlMs);

  async function stop(): Promise<void> {
    stopExpiry();
    await worker.stop();
    hub.close();
    await server.close();
    await Promise.all(providers.map((provider) => provider.close()));
    await queue.close();
    await relay.close();
    log.close();
    await images.close();
    await store.close();
  }

  return {
    url,
    log,
    jobs,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}
