import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** How a wire is: whole; broken, so that both ends hear of it; or silent, so that neither hears anything at all. */
export type WireState = 'whole' | 'cut' | 'silent';

/** The two ends of one connection. */
interface Pair {
  readonly near: Socket;
  far: Socket | undefined;
}

/** The network between two parts: every connection between them goes through it, and it can be broken in two ways. */
export class Wire {
  readonly port: number;
  readonly #server: Server;
  readonly #targets: () => readonly number[];
  readonly #pairs = new Set<Pair>();
  #state: WireState = 'whole';

  private constructor(server: Server, targets: () => readonly number[]) {
    this.#server = server;
    this.#targets = targets;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (near) => this.#take(near));
  }

  /** A wire to the first of these ports of this machine that takes a connection; they are asked for with each. */
  static async start(targets: () => readonly number[]): Promise<Wire> {
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Wire(server, targets);
  }

  get state(): WireState {
    return this.#state;
  }

  /** Resets every connection, and every new one, until `mend`. */
  cut(): void {
    this.#state = 'cut';
    this.#reset();
  }

  /** Lets nothing through in either direction, ends of connections included, until `mend`. */
  silence(): void {
    this.#state = 'silent';
    for (const { near, far } of this.#pairs) {
      near.pause();
      far?.pause();
    }
  }

  /** What was kept back arrives now. */
  mend(): void {
    this.#state = 'whole';
    for (const pair of this.#pairs) {
      if (pair.far === undefined) {
        this.#connect(pair);
        continue;
      }
      if (pair.near.destroyed || pair.far.destroyed) this.#end(pair);
      pair.near.resume();
      pair.far.resume();
    }
  }

  async close(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #take(near: Socket): void {
    if (this.#state === 'cut') return void near.resetAndDestroy();
    const pair: Pair = { near, far: undefined };
    this.#pairs.add(pair);
    near.pause();
    this.#watch(near, pair);
    if (this.#state === 'whole') this.#connect(pair);
  }

  #connect(pair: Pair, targets: readonly number[] = this.#targets()): void {
    const [port, ...others] = targets;
    if (port === undefined || pair.near.destroyed) return this.#end(pair);
    const far = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    far.once('error', () => {
      if (pair.far === undefined && this.#state !== 'cut') this.#connect(pair, others);
    });
    far.once('connect', () => {
      // It is over meanwhile, or was connected by another try.
      if (!this.#pairs.has(pair) || pair.far !== undefined) return void far.resetAndDestroy();
      pair.far = far;
      this.#watch(far, pair);
      this.#pass(pair.near, far);
      this.#pass(far, pair.near);
      if (this.#state === 'silent') far.pause();
      else pair.near.resume();
    });
  }

  /** Passes on what `from` says, no faster than `to` takes it. */
  #pass(from: Socket, to: Socket): void {
    from.on('data', (bytes) => {
      if (to.write(bytes)) return;
      from.pause();
      to.once('drain', () => this.#state !== 'silent' && from.resume());
    });
    from.on('end', () => to.end());
  }

  #watch(socket: Socket, pair: Pair): void {
    socket.on('error', () => socket.destroy());
    // One that ended in good order leaves the other to say what it still has to say.
    socket.on('close', () => {
      const areBoth = pair.near.destroyed && pair.far?.destroyed !== false;
      if (this.#state !== 'silent' && (areBoth || !socket.readableEnded)) this.#end(pair);
    });
  }

  #end(pair: Pair): void {
    this.#pairs.delete(pair);
    for (const socket of [pair.near, pair.far]) {
      // A reset after the last word would leave the handle open.
      if (socket?.writableEnded) socket.destroy();
      else socket?.resetAndDestroy();
    }
  }

  #reset(): void {
    for (const pair of this.#pairs) this.#end(pair);
  }
}
