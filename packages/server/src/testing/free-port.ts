import { once } from 'node:events';
import { createServer } from 'node:net';

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
