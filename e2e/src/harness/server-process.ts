import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMPILE_CACHE } from '@darkroom/server/src/testing/compile-cache.ts';
import { freePort } from '@darkroom/server/src/testing/free-port.ts';
import type { StepCommand } from '@darkroom/server/src/testing/step-command.ts';
import { ROOT } from './folders.ts';
import { keepServerLog } from './server-log.ts';
import { untilAnswering } from './until-answering.ts';

/** The server as a process of its own, which a test may kill and start again. Its `sketch:` makes its steps on command. */
export class ServerProcess {
  readonly url: string;
  readonly #port: number;
  readonly #dataDir: string;
  readonly #providers: string;
  readonly #log: (text: string) => void;
  #child: ChildProcess | undefined;

  private constructor(port: number, dataDir: string, providers: string) {
    this.url = `http://127.0.0.1:${port}`;
    this.#port = port;
    this.#dataDir = dataDir;
    this.#providers = providers;
    this.#log = keepServerLog(`process at ${this.url}`);
  }

  /** Starts one on a free port with a folder of its own. */
  static async start(providers: string): Promise<ServerProcess> {
    const dataDir = await mkdtemp(join(tmpdir(), 'darkroom-e2e-'));
    const server = new ServerProcess(await freePort(), dataDir, providers);
    try {
      await server.start();
    } catch (thrown) {
      await server.close();
      throw thrown;
    }
    return server;
  }

  /** Starts it again: same port, same folder. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(ROOT, 'packages', 'server', 'src', 'testing', 'main-on-command.ts')], {
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        PORT: String(this.#port),
        DATA_DIR: this.#dataDir,
        PROVIDERS: this.#providers,
        LOG_LEVEL: 'info',
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const output of [child.stdout, child.stderr]) output?.setEncoding('utf8').on('data', this.#log);
    this.#child = child;
    const early = once(child, 'exit').then(([code]) => {
      throw new Error(`the server ended with ${code}`);
    });
    await Promise.race([untilAnswering(`${this.url}/api/health`), early]);
    early.catch(() => {});
  }

  /** Lets its sketch backend make `steps` more steps; it has none when it starts. */
  allow(steps: number | 'all'): void {
    this.#child?.send({ allow: steps } satisfies StepCommand);
  }

  /** Takes back the steps that it was allowed and has not made. */
  pause(): void {
    this.#child?.send({ pause: true } satisfies StepCommand);
  }

  /** Ends it as a crash would: nothing is said, nothing is saved. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}
