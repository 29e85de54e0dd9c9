import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Environment } from '../config.ts';

/** The keys the test server knows; it checks signatures. */
export const S3_KEYS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' } as const;

/** An S3 server of the tests' own. */
export interface S3Server {
  /** Where it listens, the same after `resume`. */
  readonly endpoint: string;
  /** A new bucket; returns its name. */
  newBucket(): Promise<string>;
  /** Settings of a Darkroom with its pictures in a new bucket; `options` go into `IMAGES_URL`. */
  settings(options?: string): Promise<Environment>;
  /** Goes away, connections and all; what it has stays. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Stores so many more objects, and then answers nothing until `release`. */
  holdAfter(objects: number): Hold;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

/** A server that stops answering. */
export interface Hold {
  /** Somebody waits for an answer. */
  readonly reached: Promise<void>;
  release(): void;
}

/** What every request has to pass; resolves when it may. */
interface Barrier {
  pass: (method: string) => Promise<void>;
}

const OPEN: Barrier['pass'] = async () => {};

function holdAfter(objects: number, barrier: Barrier): Hold {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let left = objects;
  barrier.pass = async (method) => {
    if (left > 0) {
      if (method === 'PUT') left--;
      return;
    }
    reach();
    await released;
  };
  return {
    reached,
    release: () => {
      barrier.pass = OPEN;
      release();
    },
  };
}

/** Amazon's client signs `/bucket/`, as S3 reads it; the test server would compare that with `/bucket`, unless told of a host with a folder. */
function readBucketPathsAsSigned(server: S3rver): void {
  server.middleware.splice(-1, 0, (context, next) => {
    if (/^\/[^/]+\/$/.test(context.path)) {
      context.state.vhost = true;
      context.mountPath = '/';
    }
    return next();
  });
}

async function listen(directory: string, port: number, barrier: Barrier): Promise<S3rver> {
  const server = new S3rver({ address: '127.0.0.1', port, silent: true, directory, vhostBuckets: false });
  readBucketPathsAsSigned(server);
  server.middleware.splice(-1, 0, async (context, next) => {
    await barrier.pass(context.method);
    // Whoever asked may be gone by now: there is nobody to be answered.
    return context.req.socket.destroyed ? new Promise(() => {}) : next();
  });
  await server.run();
  return server;
}

async function stop(server: S3rver): Promise<void> {
  const closed = server.close();
  server.httpServer.closeAllConnections();
  await closed;
}

function portOf({ httpServer }: S3rver): number {
  const address = httpServer.address();
  if (address === null || typeof address === 'string') throw new Error('the S3 server has no port');
  return address.port;
}

async function createBucket(endpoint: string): Promise<string> {
  const bucket = `test-${randomBytes(6).toString('hex')}`;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: S3_KEYS });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return bucket;
}

/** Starts one, with its files in a folder of its own. */
export async function startS3(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-s3-'));
  const barrier = { pass: OPEN };
  let server: S3rver | undefined = await listen(folder, 0, barrier);
  const port = portOf(server);
  const endpoint = `http://127.0.0.1:${port}`;
  const newBucket = () => createBucket(endpoint);
  const pause = async () => {
    const current = server;
    server = undefined;
    if (current !== undefined) await stop(current);
  };
  return {
    endpoint,
    newBucket,
    settings: async (options = '') => ({
      IMAGES_URL: `s3://${await newBucket()}?endpoint=${endpoint}${options}`,
      AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
    }),
    pause,
    resume: async () => {
      server ??= await listen(folder, port, barrier);
    },
    holdAfter: (objects) => holdAfter(objects, barrier),
    remove: async () => {
      await pause();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
