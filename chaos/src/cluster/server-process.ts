import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Environment } from '../../../packages/server/src/config.ts';
import { COMPILE_CACHE } from '../../../packages/server/src/testing/compile-cache.ts';
import { programFile } from '../../../packages/server/src/testing/program-file.ts';
import type { StepCommand } from '../../../packages/server/src/testing/step-command.ts';

const MAIN = programFile('main.ts');
const MAIN_ON_COMMAND = programFile('testing/main-on-command.ts');
/** One that ended by itself is started again after this, as systemd would. */
const RESTART_MS = 500;

export interface ServerProcessOptions {
  readonly environment: Environment;
  /** What it logs is added to this file. */
  readonly logFile: string;
  /** Its built-in generator makes only the steps that `allow` permits. */
  readonly isStepped: boolean;
}

/** One gateway or worker: `main.ts` as a process of its own, with somebody who starts it again when it ends by itself. */
export class ServerProcess {
  readonly name: string;
  /** Times it ended by itself after it had started: never a thing that it should do. */
  crashes = 0;
  readonly #options: ServerProcessOptions;
  #child: ChildProcess | undefined;
  #port: number | undefined;
  #wanted = false;

  constructor(name: string, options: ServerProcessOptions) {
    this.name = name;
    this.#options = options;
  }

  /** Where it listens; undefined while it does not. */
  get port(): number | undefined {
    return this.#port;
  }

  /** Resolves once it listens, however often that has to be tried. */
  async start(): Promise<void> {
    this.#wanted = true;
    while (this.#wanted && this.#port === undefined) {
      this.#port = await this.#spawn();
      if (this.#port === undefined) await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
    }
  }

  /** Ends it with this signal, and for good; resolves with its exit code when it is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    this.#wanted = false;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
    return child.exitCode;
  }

  /** Permits the generator of the process that runs now so many more steps; without a number, every step. */
  allow(steps?: number): void {
    const command: StepCommand = { allow: steps ?? 'all' };
    if (this.#child?.connected) this.#child.send(command);
  }

  /** It does nothing from now on, like a machine that was put to sleep. */
  stop(): void {
    this.#child?.kill('SIGSTOP');
  }

  continue(): void {
    this.#child?.kill('SIGCONT');
  }

  /** The port, or undefined if it gave up. */
  async #spawn(): Promise<number | undefined> {
    const { environment, logFile, isStepped } = this.#options;
    const child = spawn(process.execPath, [isStepped ? MAIN_ON_COMMAND : MAIN], {
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        PORT: '0',
        LOG_LEVEL: 'info',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    const log = createWriteStream(logFile, { flags: 'a' });
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new Error('the process has no output');
    stderr.pipe(log, { end: false });
    stdout.pipe(log, { end: false });
    const gone = once(child, 'exit').then(() => this.#gone(child));
    const lines = createInterface(stdout);
    const port = new Promise<number>((resolve) => {
      lines.on('line', (line) => {
        const found = /^Darkroom is at http:\/\/[^:]+:(\d+)/.exec(line)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
    });
    return await Promise.race([port, gone.then(() => undefined)]);
  }

  #gone(child: ChildProcess): void {
    if (this.#child !== child || this.#port === undefined) return;
    this.#port = undefined;
    if (!this.#wanted) return;
    this.crashes++;
    void this.start();
  }
}
