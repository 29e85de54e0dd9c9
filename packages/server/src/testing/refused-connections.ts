import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import * as z from 'zod';

/** What Node's and npm's undici publish when a connection cannot be made. */
const CONNECT_ERROR = 'undici:client:connectError';
const ConnectError = z.object({ connectParams: z.object({ port: z.string() }) });

/** Resolves when so many more connections of this process to the port of `url` have been refused. */
export async function untilRefused(url: string, times: number): Promise<void> {
  const { port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<void>();
  let refused = 0;
  const count = (message: unknown) => {
    if (ConnectError.safeParse(message).data?.connectParams.port === port && ++refused === times) resolve();
  };
  subscribe(CONNECT_ERROR, count);
  await promise;
  unsubscribe(CONNECT_ERROR, count);
}
