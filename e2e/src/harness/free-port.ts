import { once } from 'node:events';
import { createServer } from 'node:net';
import { PATIENCE_MS } from './patience.ts';

/** Below the ports that the system gives to connections: one that is free stays free until its server listens, and while it restarts. */
const PORTS = { first: 20_000, count: 12_000 };

/** Whether this process can listen on `port`. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = once(server, 'listening').then(
    () => true,
    () => false,
  );
  server.listen(port, '127.0.0.1');
  if (!(await listening)) return false;
  server.close();
  await once(server, 'close');
  return true;
}

/** A port that nothing listens on, at random, so that test runs side by side do not choose the same one. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    if (await isFree(port)) return port;
  }
}

/** Waits until the server at `url` answers anything. */
export async function untilAnswering(
  url: string,
  signal: AbortSignal = AbortSignal.timeout(PATIENCE_MS),
): Promise<void> {
  for (;;) {
    const answered = await fetch(url, { signal }).then(
      () => true,
      () => false,
    );
    if (answered) return;
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
