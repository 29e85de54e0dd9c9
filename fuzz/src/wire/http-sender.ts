import { connect, type Socket } from 'node:net';
import type { RawRequest } from '../inputs/http-requests.ts';
import { type RawResponse, ResponseReader } from './response-reader.ts';
import { isPlain, writeRequest } from './write-request.ts';

/** Where the requests go, and the address they come from where the system lets one choose. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly localAddress: string | undefined;
}

/** What became of a request: an answer, the end of the connection without one, or nothing. */
export type Sent = RawResponse | 'closed' | 'unanswered';

/** How long an answer is waited for that a server must give (ms): only one that hangs takes so long. */
const PATIENCE_MS = 60_000;
/** How long an answer is waited for that may never come, for example while the body is incomplete (ms). */
const SHORT_PATIENCE_MS = 200;

/** Opens a connection of bytes to the server. */
export const open = ({ host, port, localAddress }: Target): Socket =>
  connect({ host, port, noDelay: true, ...(localAddress !== undefined && { localAddress }) });

/** Sends requests over connections that it keeps while they are in order. */
export class HttpSender {
  readonly #target: Target;
  readonly #idle: Socket[] = [];

  constructor(target: Target) {
    this.#target = target;
  }

  async send(request: RawRequest): Promise<Sent> {
    const kept = isPlain(request) ? this.#idle.pop() : undefined;
    const socket = kept ?? open(this.#target);
    const sent = await this.#exchange(socket, request);
    // The server may close a connection that was idle at the same moment.
    if (sent === 'closed' && kept !== undefined) return await this.#exchange(open(this.#target), request);
    return sent;
  }

  close(): void {
    for (const socket of this.#idle.splice(0)) socket.destroy();
  }

  async #exchange(socket: Socket, request: RawRequest): Promise<Sent> {
    const isOrderly = isPlain(request);
    const sent = await exchange(socket, request, this.#target, isOrderly ? PATIENCE_MS : SHORT_PATIENCE_MS);
    if (isOrderly && typeof sent === 'object' && sent.isReusable && !socket.destroyed) this.#idle.push(socket);
    else socket.resetAndDestroy();
    return sent;
  }
}

/** Writes one request and reads its answer. */
function exchange(socket: Socket, request: RawRequest, { host, port }: Target, patienceMs: number): Promise<Sent> {
  return new Promise((resolve) => {
    const reader = new ResponseReader(request.method);
    const settle = (sent: Sent) => {
      clearTimeout(timer);
      socket.removeAllListeners('data').removeAllListeners('close').removeAllListeners('error');
      socket.on('error', () => {});
      resolve(sent);
    };
    const timer = setTimeout(() => settle('unanswered'), patienceMs);
    socket.on('data', (chunk) => {
      const response = reader.push(chunk.toString('latin1'));
      if (response !== undefined) settle(response);
    });
    // After an error comes `close`.
    socket.on('error', () => {});
    socket.on('close', () => settle(reader.end() ?? 'closed'));
    socket.write(writeRequest(request, `${host}:${port}`));
  });
}
