import { type ChildProcess, fork } from 'node:child_process';

/** What a child process offers: named functions of one argument, whose values travel as JSON. */
export type Methods = Readonly<Record<string, (argument: never) => unknown>>;

interface Call {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** A program in a process of its own, called from here. */
export class Remote<M extends Methods> {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #calls = 0;

  /** `file` is a module beside `src/main.ts` that calls `serve`; `env` adds to its environment. */
  constructor(file: string, env: Readonly<Record<string, string>> = {}) {
    this.#child = fork(new URL(file, import.meta.url), {
      env: { ...process.env, ...env },
      execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    });
    this.#child.on('message', (answer: Answer) => this.#settle(answer));
    this.#child.on('exit', (code) => this.#end(new Error(`${file} ended with ${code}`)));
  }

  call<K extends keyof M & string>(method: K, argument?: Parameters<M[K]>[0]): Promise<Awaited<ReturnType<M[K]>>> {
    const id = ++this.#calls;
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, method, argument } satisfies Call);
    }) as Promise<Awaited<ReturnType<M[K]>>>;
  }

  /** Ends the process and waits for that. */
  async stop(): Promise<void> {
    this.#waiting.clear();
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await ended;
  }

  #end(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #settle({ id, value, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  }
}

/** The child's side: answers calls until the parent goes, then runs `stop` and exits. */
export function serve<M extends Methods>(methods: M, stop: () => unknown = () => {}): M {
  process.on('message', async ({ id, method, argument }: Call) => {
    try {
      const value = await methods[method]?.(argument as never);
      process.send?.({ id, value } satisfies Answer);
    } catch (thrown) {
      process.send?.({ id, error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) });
    }
  });
  process.on('disconnect', async () => {
    await stop();
    process.exit(0);
  });
  return methods;
}
