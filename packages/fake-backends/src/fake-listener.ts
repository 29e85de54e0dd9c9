import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** The network side of every fake: an HTTP server on 127.0.0.1 whose plug can be pulled. It keeps its port. */
export class FakeListener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port: number;

  private constructor(onRequest: RequestListener, port: number) {
    this.#port = port;
    this.#server = createServer({ keepAliveTimeout: 1_000 }, onRequest);
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(onRequest: RequestListener, port = 0): Promise<FakeListener> {
    const listener = new FakeListener(onRequest, port);
    await listener.plugIn();
    return listener;
  }

  /** For `upgrade` (WebSocket). */
  get server(): Server {
    return this.#server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async plugIn(): Promise<void> {
    if (this.#server.listening) return;
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  unplug(): void {
    if (this.#server.listening) this.#server.close();
    this.cutAll();
  }

  /** Breaks every open connection; new ones are taken. */
  cutAll(): void {
    for (const socket of this.#sockets) {
      // A reset of one that is being shut down fails, and leaves the handle open: it would never close.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    this.unplug();
    while (this.#sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
