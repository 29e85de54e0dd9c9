import { type ChildProcess, spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import * as z from 'zod/mini';
import type { Environment } from '../config.ts';
import { COMPILE_CACHE } from './compile-cache.ts';
import { programFile } from './program-file.ts';
import type { StepCommand } from './step-command.ts';

const MAIN = programFile('main.ts');
const MAIN_ON_COMMAND = programFile('testing/main-on-command.ts');
const FAILING_STARTS = programFile('testing/failing-starts.ts');
const MAIN_WITH_CLOCK = programFile('testing/main-with-clock.ts');

/** A server as a process of its own. */
export interface ChildServer {
  readonly url: string;
  /** Ends the process by a signal; resolves with its exit code, null for a signal's. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

/** One whose `sketch:` backends make no step that was not permitted. */
export interface SteppedServer extends ChildServer {
  /** Permits so many more steps; without a number, every step from now on. */
  allow(steps?: number): void;
  /** Withdraws the permits that are not used yet. */
  pause(): void;
  /** Closes the channel over which steps are permitted; resolves with the exit code. */
  disconnect(): Promise<number | null>;
}

/** One whose clock runs only when the test says so. */
export interface ClockedServer extends ChildServer {
  /** Lets time pass, in milliseconds. */
  advance(ms: number): void;
}

const ChildExit = z.object({ code: z.nullable(z.int()), stdout: z.string(), stderr: z.string() });
export type ChildExit = Readonly<z.infer<typeof ChildExit>>;

/** Starts a program of ours, with nothing of this process's environment; it ends with the test at the latest. */
export function startProgram(path: string, args: readonly string[], environment: Environment) {
  const child: ChildProcess = spawn(process.execPath, [path, ...args], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const output = { stdout: '', stderr: '' };
  let said = () => {};
  child.stdout?.on('data', (chunk) => {
    output.stdout += chunk;
    said();
  });
  child.stderr?.on('data', (chunk) => {
    output.stderr += chunk;
  });
  const exited = new Promise<ChildExit>((resolve) => {
    child.on('close', (code) => {
      resolve({ code, ...output });
      said();
    });
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    child,
    output,
    exited,
    onSaid: (fn: () => void) => {
      said = fn;
      fn();
    },
  };
}

const start = (environment: Environment, main = MAIN) =>
  startProgram(main, [], { PORT: '0', LOG_LEVEL: 'silent', ...environment });

/** Resolves once the server says where it is. */
async function untilListening({ child, output, exited, onSaid }: ReturnType<typeof start>): Promise<ChildServer> {
  const url = await new Promise<string>((resolve, reject) => {
    onSaid(() => {
      const found = /Darkroom is at (\S+)/.exec(output.stdout)?.[1];
      if (found !== undefined) resolve(found);
    });
    void exited.then(({ stderr }) => reject(new Error(`the server did not start: ${stderr}`)));
  });
  return {
    url,
    kill: async (signal) => {
      child.kill(signal);
      return (await exited).code;
    },
  };
}

/** Starts `main.ts`; resolves once it says where it is. */
export const spawnServer = (environment: Environment): Promise<ChildServer> => untilListening(start(environment));

/** Starts `main-on-command.ts`, without permits; resolves once it says where it is. */
export async function spawnSteppedServer(environment: Environment): Promise<SteppedServer> {
  const program = start(environment, MAIN_ON_COMMAND);
  const send = (command: StepCommand) => program.child.send(command);
  return {
    ...(await untilListening(program)),
    allow: (steps) => send({ allow: steps ?? 'all' }),
    pause: () => send({ pause: true }),
    disconnect: async () => {
      // Node does not emit `close` for a child from which its parent has disconnected.
      const exit = new Promise<number | null>((resolve) => program.child.once('exit', resolve));
      program.child.disconnect();
      return await exit;
    },
  };
}

/** Starts `main-with-clock.ts`; resolves once it says where it is. */
export async function spawnClockedServer(environment: Environment): Promise<ClockedServer> {
  const program = start(environment, MAIN_WITH_CLOCK);
  return { ...(await untilListening(program)), advance: (ms) => void program.child.send(ms) };
}

/** Starts a process for starts that must fail, one after the other (`failing-starts.ts`), until the test ends. */
export function spawnFailingStarts(): (environment: Environment) => Promise<ChildExit> {
  const { child, exited } = startProgram(FAILING_STARTS, [], {});
  return async (environment) => {
    const answer = new Promise<ChildExit>((resolve) =>
      child.once('message', (message) => resolve(ChildExit.parse(message))),
    );
    child.send({ PORT: '0', LOG_LEVEL: 'silent', ...environment });
    return await Promise.race([answer, exited]);
  };
}

/** Starts `main.ts` for a case in which it must give up; resolves with what it said. */
export const spawnFailing = (environment: Environment): Promise<ChildExit> => start(environment).exited;
