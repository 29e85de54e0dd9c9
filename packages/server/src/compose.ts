import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Logger, pino } from 'pino';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { ConversationService } from './conversations/conversation-service.ts';
import { projectEvent } from './conversations/project-message.ts';
import { ClientAddresses } from './http/client-address.ts';
import { ClientLimits } from './http/client-limits.ts';
import type { HttpTimeouts } from './http/connections/http-timeouts.ts';
import { createHttpServer } from './http/http-server.ts';
import { LiveHub } from './http/live/live-hub.ts';
import { OwnerSockets } from './http/live/owner-sockets.ts';
import { AnonymousIdentities } from './identities/anonymous/anonymous-identities.ts';
import { UserHeaderIdentities } from './identities/user-header/user-header-identities.ts';
import type { Identities } from './identity.ts';
import { type IdentityKey, newIdentityKey } from './identity-keys/identity-keys.ts';
import { openFileKeys, openSharedKeys } from './identity-keys/open-keys.ts';
import { ImageDecoder, type ImageDecoderOptions } from './image-files/image-decoder.ts';
import { type MemoryBudgets, MemoryImages } from './images/memory/memory-images.ts';
import { IncidentLog } from './incident-log.ts';
import { Backend } from './jobs/backend.ts';
import { followBackends } from './jobs/backend-directory.ts';
import { BackendPool } from './jobs/backend-pool.ts';
import { JobLog } from './jobs/job-log.ts';
import { JobQuota } from './jobs/job-quota.ts';
import { JobService, newJobId } from './jobs/job-service.ts';
import { OwnJobs } from './jobs/own-jobs.ts';
import { PutBack } from './jobs/put-back.ts';
import { QueueBoard } from './jobs/queue-board.ts';
import { UPLOAD_LIMITS, type UploadLimits } from './jobs/upload-ledger.ts';
import { Uploads } from './jobs/uploads.ts';
import { Worker } from './jobs/worker.ts';
import { startMaintenance } from './maintenance.ts';
import { Metrics } from './metrics/metrics.ts';
import { openSharing, type RedisPatience } from './open-sharing.ts';
import { openStorage } from './open-storage.ts';
import type { Provider, ProviderHealthReport } from './provider.ts';
import { causesOf } from './provider-error.ts';
import { providerIdentity, providerPlace } from './providers/provider-identity.ts';
import { createProvider, nameProviders } from './providers/provider-schemes.ts';
import type { Store } from './store.ts';

const MEBIBYTE = 1024 * 1024;
/** What a server in memory keeps, in bytes: no client has more than a quarter of the uploads, or half of the jobs' copies. */
const MEMORY_IMAGES: Required<Overrides>['memoryImages'] = {
  budgets: { results: 1_024 * MEBIBYTE, uploads: 512 * MEBIBYTE, inputs: 512 * MEBIBYTE },
  uploads: { ...UPLOAD_LIMITS, maxBytes: 128 * MEBIBYTE, isMemory: true },
  copies: { ...UPLOAD_LIMITS, maxBytes: 256 * MEBIBYTE, isMemory: true },
};
const WEB_ROOT = fileURLToPath(new URL('../../web/dist', import.meta.url));

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
  /** Makes a provider of a URL in `PROVIDERS`; default that of `providers/provider-schemes.ts`. */
  readonly createProvider?: typeof createProvider;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly webRoot?: string;
  readonly logger?: Logger;
  readonly redis?: RedisPatience;
  /** What a server in memory keeps of each kind of image, and of one client's uploads and jobs' copies of them. */
  readonly memoryImages?: {
    readonly budgets: MemoryBudgets;
    readonly uploads: UploadLimits;
    readonly copies: UploadLimits;
  };
  /** What decoding one image may cost; default that of `image-files/image-decoder.ts`. */
  readonly decodeCost?: ImageDecoderOptions['cost'];
  /** Time limits of connections; default those of `http/connections/http-timeouts.ts`. */
  readonly httpTimeouts?: HttpTimeouts;
}

async function readVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  const { version }: { version?: unknown } = JSON.parse(text);
  return String(version);
}

/** A provider, and which backend it reaches (`providerIdentity`, `providerPlace`). */
interface NamedProvider {
  readonly provider: Provider;
  readonly identity: string;
  readonly place: string;
}

async function openProviders(config: Config, overrides: Overrides): Promise<readonly NamedProvider[]> {
  // A gateway has no backends of its own: it knows those of the workers.
  if (config.role === 'gateway') return [];
  if (overrides.providers !== undefined)
    return overrides.providers.map((provider) => ({ provider, identity: provider.name, place: provider.name }));
  return Promise.all(
    nameProviders(config.providers).map(async (url) => ({
      provider: await (overrides.createProvider ?? createProvider)(url, config.secrets),
      identity: providerIdentity(url),
      place: providerPlace(url),
    })),
  );
}

/** Answers describe a backend's health in general terms. Its address and its own text are for the log. */
function logHealth(logger: Logger, backend: string, { ok, reason, message, cause }: ProviderHealthReport): void {
  if (ok && reason === undefined) logger.info({ backend }, 'the backend answers');
  else logger.warn({ backend, reason, err: cause }, message ?? 'the backend does not answer');
}

/** What keeps jobs and does them, put together. */
async function buildCore(config: Config, overrides: Overrides) {
  const clock = overrides.clock ?? systemClock;
  const logger = overrides.logger ?? pino({ level: config.logLevel });
  const providers = await openProviders(config, overrides);
  const memoryImages = overrides.memoryImages ?? MEMORY_IMAGES;
  const { store, images } = await openStorage(config, logger, memoryImages.budgets);
  const metrics = new Metrics();
  const { queue, breakers, redis, ...sharing } = await openSharing(config, clock, logger, overrides.redis);
  const relay = metrics.countNotices(sharing.relay);
  const policy = config.backendPolicy;
  const pool = new BackendPool(
    providers.map(
      ({ provider, identity, place }) =>
        new Backend(provider, {
          place,
          clock,
          policy,
          breaker: breakers.of(identity, policy),
          keepMetadata: config.keepMetadata,
          onFailure: (failure) =>
            logger.warn({ backend: provider.name, details: causesOf(failure) }, 'a backend failed'),
          onHealth: (report) => logHealth(logger, provider.name, report),
          onPicture: (workedMs) => metrics.jobs.pictureMade(provider.name, workedMs),
        }),
    ),
  );
  const log = new JobLog(store, relay, clock, {
    project: projectEvent,
    onWritten: (written) => metrics.jobs.written(written),
  });
  const decoder = new ImageDecoder({
    clock,
    cost: overrides.decodeCost,
    onCrash: (how) => logger.warn({ how }, 'an image ended the process that decodes it'),
  });
  const inMemory = images instanceof MemoryImages ? memoryImages : undefined;
  const uploads = new Uploads({ images, clock, decoder, limits: inMemory?.uploads, copyLimits: inMemory?.copies });
  const quota = new JobQuota({ store, clock, maxPerClient: config.maxQueuedPerClient });
  const jobs = new JobService({ log, queue, pool, uploads, quota, clock, maxQueued: config.maxQueued });
  const putBack = new PutBack({ store, log, queue, pool, clock });
  const incidents = new IncidentLog(logger, clock);
  const onFault = (jobId: string, fault: unknown) => incidents.fail(fault, 'job fault', { jobId });
  const { takeOverAfterMs } = config;
  const parts = {
    store,
    images,
    decoder,
    queue,
    relay,
    pool,
    log,
    uploads,
    quota,
    jobs,
    putBack,
    metrics,
    clock,
    logger,
    incidents,
  };
  const worker =
    config.role === 'gateway' ? undefined : new Worker({ ...parts, id: newJobId(), takeOverAfterMs, onFault });
  return { ...parts, worker, breakers, redis, onFault: (fault: unknown) => onFault('', fault) };
}

async function openIdentityKeys(config: Config, store: Store, logger: Logger): Promise<readonly IdentityKey[]> {
  const { identityKeys: given, role, database, dataDir } = config;
  // A worker knows no visitors, and needs no key of theirs.
  if (role === 'worker' || database === 'memory') return given ?? [newIdentityKey()];
  if (database !== 'file') return given ?? openSharedKeys(store);
  return openFileKeys(dataDir, store, {
    given,
    onMoved: () =>
      logger.warn({ dataDir }, 'the key that signs identities was moved from the database to a file of DATA_DIR'),
    onLeft: (reason) =>
      logger.error({ err: reason }, 'traces of the key that signs identities are left in the database'),
  });
}

function openIdentities({ userHeader }: Config, keys: readonly IdentityKey[], addresses: ClientAddresses): Identities {
  const anonymous = new AnonymousIdentities(keys);
  if (userHeader === undefined) return anonymous;
  return new UserHeaderIdentities(userHeader, anonymous, (request) => addresses.isFromProxy(request));
}

/** Everything between the storage and the wire, put together. */
async function build(config: Config, overrides: Overrides, isStopping: () => boolean) {
  const core = await buildCore(config, overrides);
  const { store, queue, relay, pool, log, jobs, clock, logger, redis } = core;
  const board = new QueueBoard(queue, clock, (jobId) => {
    const job = log.peek(jobId)?.job;
    return job && pool.paceFor(job);
  });
  const addresses = new ClientAddresses(config.trustProxy);
  const identities = openIdentities(config, await openIdentityKeys(config, store, logger), addresses);
  const context = {
    ...core,
    board,
    addresses,
    ownJobs: new OwnJobs({ store, log, queue, board, jobs }),
    conversations: new ConversationService({ store, log, jobs, board, relay, clock }),
    identities,
    limits: new ClientLimits({ ...config, addresses, identities, clock }),
    ownerSockets: new OwnerSockets(relay),
    hub: new LiveHub(log, board, clock, overrides.random ?? Math.random),
    isStopping,
    version: await readVersion(),
    startedAt: clock.now(),
  };
  context.metrics.follow(context);
  const server = await createHttpServer(context, {
    config,
    webRoot: overrides.webRoot ?? WEB_ROOT,
    countingRedis: redis?.impatient,
    timeouts: overrides.httpTimeouts,
  });
  return { ...context, server };
}

/** Chooses the adapters that `config` names, puts the server together and starts it. Throws a `ConfigError` or a `StorageError`. */
export async function compose(config: Config, overrides: Overrides = {}): Promise<Darkroom> {
  let stopping: Promise<void> | undefined;
  const parts = await build(config, overrides, () => stopping !== undefined);
  const { server, worker, putBack, hub, log, queue, relay, breakers, redis, store, images, decoder, pool, jobs } =
    parts;
  const url = await server.listen({ port: config.port, host: config.host });
  const undos: (() => void)[] = [];
  if (store.isShared)
    undos.push(await followBackends({ ...parts, ...config, workers: store.workers, ownId: worker?.id }));
  await worker?.start();
  undos.push(pool.watchHealth(), startMaintenance(parts, config));

  async function stop(): Promise<void> {
    for (const undo of undos) undo();
    await worker?.stop();
    await putBack.close();
    hub.close();
    await server.close();
    await decoder.close();
    await Promise.all(pool.backends.map(({ provider }) => provider.close()));
    await queue.close();
    await relay.close();
    await breakers.close();
    await redis?.close();
    log.close();
    await images.close();
    await store.close();
    parts.incidents.close();
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
