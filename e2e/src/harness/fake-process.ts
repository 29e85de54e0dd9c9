import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from './folders.ts';
import { freePort, untilAnswering } from './free-port.ts';

/** A fake backend as a process of its own, which outlives the server that uses it. */
export class FakeProcess {
  /** For `PROVIDERS`. */
  readonly provider: string;
  readonly #child: ChildProcess;

  private constructor(provider: string, child: ChildProcess) {
    this.provider = provider;
    this.#child = child;
  }

  /** Starts one on a free port; `stepMs` is the pace of its steps. */
  static async start(kind: 'comfyui' | 'forge', { stepMs }: { readonly stepMs: number }): Promise<FakeProcess> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const main = join(ROOT, 'packages', 'fake-backends', 'src', 'main.ts');
    const child = spawn(process.execPath, [main, kind, '--port', String(port), '--step-ms', String(stepMs)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await untilAnswering(url);
    return new FakeProcess(`${kind}+${url}`, child);
  }

  async close(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}
