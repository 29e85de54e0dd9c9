import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until the server at `url` answers anything. */
export async function untilAnswering(url: string, signal: AbortSignal = AbortSignal.timeout(15_000)): Promise<void> {
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
