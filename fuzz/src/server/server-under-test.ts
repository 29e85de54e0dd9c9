import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import type { Environment } from '../../../packages/server/src/config.ts';
import { COMPILE_CACHE } from '../../../packages/server/src/testing/compile-cache.ts';

const MAIN = fileURLToPath(new URL('fuzz-server.ts', import.meta.url));

export interface ServerUnderTest {
  readonly url: string;
  readonly port: number;
  /** Why the process is gone; undefined while it runs. */
  readonly ended: string | undefined;
  /** What it logged as errors: each message once. */
  readonly errors: readonly string[];
  /** A figure of its `/metrics`; undefined where there is none of that name. */
  figure(name: string): Promise<number | undefined>;
  stop(): Promise<void>;
}

const MAX_ERRORS = 20;
/** pino's number for `error`. */
const ERROR_LEVEL = 50;
const LogLine = z.object({
  level: z.number(),
  msg: z.optional(z.string()),
  err: z.optional(z.object({ message: z.string() })),
});

/** What a line of the log says, if it is an error's. */
function errorOf(line: string): string | undefined {
  if (!line.startsWith('{"level":')) return undefined;
  const { level, msg = '', err } = LogLine.parse(JSON.parse(line));
  return level >= ERROR_LEVEL ? [msg, ...(err === undefined ? [] : [err.message])].join(': ') : undefined;
}

/** Starts the server as a process of its own; resolves once it listens. What it logs goes to `logFile` as well. */
export async function startServer(environment: Environment, logFile: string): Promise<ServerUnderTest> {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, PORT: '0', LOG_LEVEL: 'warn', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile);
  child.stderr.pipe(log, { end: false });
  child.stdout.pipe(log, { end: false });
  let ended: string | undefined;
  const exit = once(child, 'exit').then(([code, signal]) => {
    ended = `the server ended with ${code ?? signal}`;
  });
  const errors = new Set<string>();
  const port = await new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const found = /^Darkroom is at http:\/\/[^:]+:(\d+)/.exec(line)?.[1];
      if (found !== undefined) resolve(Number(found));
      const error = errorOf(line);
      if (error !== undefined && errors.size < MAX_ERRORS) errors.add(error);
    });
    void exit.then(() => reject(new Error(`${ended}: see ${logFile}`)));
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    get errors() {
      return [...errors];
    },
    get ended() {
      return ended;
    },
    async figure(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
      return value === undefined ? undefined : Number(value);
    },
    async stop() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}
