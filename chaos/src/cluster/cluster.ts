import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type FakeComfyui, type FakeForge, startFakeComfyui, startFakeForge } from '@darkroom/fake-backends';
import type { Environment } from '../../../packages/server/src/config.ts';
import { type PostgresServer, startPostgres } from '../../../packages/server/src/testing/postgres-server.ts';
import { type RedisServer, startRedis } from '../../../packages/server/src/testing/redis-server.ts';
import { type S3Server, startS3 } from '../../../packages/server/src/testing/s3-server.ts';
import { namesOf } from './part-names.ts';
import { ServerProcess } from './server-process.ts';
import { Wire } from './wire.ts';

export interface ClusterOptions {
  readonly gateways: number;
  readonly workers: number;
  /** Milliseconds a step takes at every backend, for a load that lasts; default none. */
  readonly paceMs?: number;
  /** The backends make only the steps that `allow` permits. */
  readonly isStepped?: boolean;
  /** A folder for what the processes log. */
  readonly logs: string;
  /** Processes that are not started yet. */
  readonly absent?: readonly string[];
  /** Added to the settings of every process. */
  readonly settings?: Environment;
}

/** Edge of the fakes' pictures, in pixels: what they look like is of no interest. */
const EDGE = 64;

/**
 * Darkroom as it is deployed: gateways and workers as processes on one PostgreSQL, one Redis that keeps nothing and one
 * object storage, with a ComfyUI and a Forge that all workers share and a painter of each one's own. Everything that
 * passes between two of them passes through a wire.
 */
export class Cluster {
  /** Gateways and workers, by name. */
  readonly processes: ReadonlyMap<string, ServerProcess>;
  /** By “who → whom”. */
  readonly wires: ReadonlyMap<string, Wire>;
  readonly redis: RedisServer;
  readonly postgres: PostgresServer;
  readonly s3: S3Server;
  readonly comfyui: FakeComfyui;
  readonly forge: FakeForge;
  readonly #balancer: Wire;

  private constructor(parts: Omit<Parts, 'bucket' | 'database'>, balancer: Wire) {
    this.processes = parts.processes;
    this.wires = parts.wires;
    this.redis = parts.redis;
    this.postgres = parts.postgres;
    this.s3 = parts.s3;
    this.comfyui = parts.comfyui;
    this.forge = parts.forge;
    this.#balancer = balancer;
  }

  /** Starts everything but what is to be absent; resolves once every process listens. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    await mkdir(options.logs, { recursive: true });
    const parts = await startParts(options);
    const { gateways, workers } = namesOf(options);
    let turn = 0;
    // In turns, and past those that are known to be away, as a proxy in front of them would.
    const balancer = await Wire.start(() => {
      const up = gateways.filter(
        (name) => parts.processes.get(name)?.port && wireOf(parts, `clients → ${name}`).state !== 'cut',
      );
      const first = turn++ % Math.max(1, up.length);
      return [...up.slice(first), ...up.slice(0, first)].map((name) => wireOf(parts, `clients → ${name}`).port);
    });
    const cluster = new Cluster(parts, balancer);
    // A gateway knows backends from the workers' word.
    for (const names of [workers, gateways]) {
      const present = names.filter((name) => !options.absent?.includes(name));
      await Promise.all(present.map((name) => cluster.process(name).start()));
    }
    return cluster;
  }

  /** Where people reach it, whichever gateway answers. */
  get url(): string {
    return `http://127.0.0.1:${this.#balancer.port}`;
  }

  process(name: string): ServerProcess {
    const found = this.processes.get(name);
    if (found === undefined) throw new Error(`there is no process "${name}"`);
    return found;
  }

  /** Permits so many more steps at each backend, the workers' generators included; without a number, every step. */
  allow(steps?: number): void {
    for (const backend of [this.comfyui, this.forge]) backend.steps.allow(steps);
    for (const process of this.processes.values()) process.allow(steps);
  }

  wire(name: string): Wire {
    return wireOf(this, name);
  }

  /** Ends everything, and removes what it kept. */
  async close(): Promise<void> {
    await Promise.all([...this.processes.values()].map((process) => process.end('SIGKILL')));
    await Promise.all([this.#balancer, ...this.wires.values()].map((wire) => wire.close()));
    await Promise.all([this.comfyui.close(), this.forge.close()]);
    await Promise.all([this.redis.stop(), this.postgres.remove(), this.s3.remove()]);
  }
}

interface Parts {
  readonly processes: Map<string, ServerProcess>;
  readonly wires: Map<string, Wire>;
  readonly redis: RedisServer;
  readonly postgres: PostgresServer;
  readonly s3: S3Server;
  readonly comfyui: FakeComfyui;
  readonly forge: FakeForge;
  readonly database: URL;
  readonly bucket: Environment;
}

function wireOf({ wires }: { readonly wires: ReadonlyMap<string, Wire> }, name: string): Wire {
  const found = wires.get(name);
  if (found === undefined) throw new Error(`there is no wire "${name}"`);
  return found;
}

async function startParts(options: ClusterOptions): Promise<Parts> {
  const pace = { stepMs: options.paceMs ?? 0, ...(options.isStepped && { steps: 0 }) };
  const [redis, postgres, s3, comfyui, forge] = await Promise.all([
    startRedis(),
    startPostgres(),
    startS3(),
    startFakeComfyui({ edge: EDGE, ...pace }),
    startFakeForge({ edge: EDGE, ...pace }),
  ]);
  const [database, bucket] = await Promise.all([postgres.createDatabase(), s3.settings()]);
  const parts = { processes: new Map(), wires: new Map(), redis, postgres, s3, comfyui, forge, database, bucket };
  const { gateways, workers } = namesOf(options);
  for (const name of [...gateways, ...workers]) await addProcess(parts, name, options);
  for (const name of gateways)
    parts.wires.set(`clients → ${name}`, await Wire.start(() => [parts.processes.get(name)?.port ?? []].flat()));
  return parts;
}

/** Makes the process and its wires; it is not started yet. */
async function addProcess(parts: Parts, name: string, options: ClusterOptions): Promise<void> {
  const { paceMs = 0, isStepped = false, logs, settings } = options;
  const isWorker = name.startsWith('worker');
  const { database, redis, bucket, comfyui, forge } = parts;
  /** The same address, by way of a wire. */
  const wired = async (whom: string, address: string) => {
    const url = new URL(address);
    const target = Number(url.port);
    const wire = await Wire.start(() => [target]);
    parts.wires.set(`${name} → ${whom}`, wire);
    return address.replace(`127.0.0.1:${target}`, `127.0.0.1:${wire.port}`);
  };
  const storage = new URL(bucket['IMAGES_URL'] ?? '').searchParams.get('endpoint') ?? '';
  const environment: Environment = {
    ROLE: isWorker ? 'worker' : 'gateway',
    DATABASE_URL: await wired('postgres', database.href),
    REDIS_URL: await wired('redis', redis.url),
    ...bucket,
    IMAGES_URL: bucket['IMAGES_URL']?.replace(storage, await wired('s3', storage)),
    ...(isWorker && {
      PROVIDERS: [
        `comfyui+${await wired('comfyui', comfyui.url)}?at=comfyui`,
        `forge+${await wired('forge', forge.url)}?at=forge&timeoutMs=60000`,
        `sketch:?stepMs=${paceMs}&concurrency=1`,
      ].join(','),
    }),
    ...settings,
  };
  const logFile = join(logs, `${name}.log`);
  parts.processes.set(name, new ServerProcess(name, { environment, logFile, isStepped: isStepped && isWorker }));
}
