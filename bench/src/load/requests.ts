/** Requests from a process of their own: keep-alive connections that each send the next request as soon as they have an answer. */
import { connect } from 'node:net';
import { sleep } from '../clock.ts';
import { serve } from '../remote.ts';

const buffer = Buffer.allocUnsafe(64 * 1024);

/** Bytes of a whole answer, from its first ones; undefined while its head is not complete. */
function answerBytes(head: string): number | undefined {
  const end = head.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  if (!head.startsWith('HTTP/1.1 200')) throw new Error(head.slice(0, 200));
  return end + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1]);
}

/** Every answer is as long as the first, so that counting bytes counts answers. */
function startConnection(port: number, request: Buffer, onAnswer: () => void) {
  let size: number | undefined;
  let have = 0;
  const callback = (bytes: number) => {
    size ??= answerBytes(buffer.toString('latin1', 0, bytes));
    have += bytes;
    if (size === undefined || have < size) return true;
    if (have > size) throw new Error('Answers of different lengths');
    have = 0;
    onAnswer();
    socket.write(request);
    return true;
  };
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } });
  socket.write(request);
  return () => socket.destroy();
}

const methods = {
  /** Answers a second over `ms`. */
  measure: async (options: { port: number; path: string; connections: number; ms: number }) => {
    const { port, path, connections, ms } = options;
    const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    let answers = 0;
    const stops = Array.from({ length: connections }, () => startConnection(port, request, () => answers++));
    await sleep(ms / 4);
    const before = answers;
    const startedAt = performance.now();
    await sleep(ms);
    const perSecond = ((answers - before) / (performance.now() - startedAt)) * 1_000;
    for (const stop of stops) stop();
    return perSecond;
  },
};
export type Requests = typeof methods;

serve(methods);
