import { setTimeout as wait } from 'node:timers/promises';
import { type RawData, WebSocket } from 'ws';
import type { EncodedImage } from '../../provider.ts';
import { FEATURE_FLAGS, parsePreviewFrame, parseSocketMessage, type SocketMessage } from './comfyui-wire.ts';

/** One piece of work that a WebSocket is listened to for. */
export interface SocketListener {
  /** Whether the backend is working on it now, as far as it knows. */
  readonly isRunning: boolean;
  /** A message about it; `executing` without an id may be about it. */
  onMessage(message: SocketMessage): void;
  onPreview(image: EncodedImage): void;
  /** The backend's queue has changed. */
  onQueue(): void;
  /** The WebSocket was greeted, or is gone. */
  onConnection(): void;
}

export interface ComfyuiSocketOptions {
  /** Address of the backend. */
  readonly base: URL;
  readonly authorization: string | undefined;
  /** The events of work that was submitted with this id come here. */
  readonly clientId: string;
  readonly pingMs: number;
}

const HANDSHAKE_MS = 5_000;
const CLOSE_MS = 2_000;
const BACKOFF_MS = [250, 500, 1_000, 2_000, 5_000];
const MAX_FRAME_BYTES = 64 * 1024 * 1024;
/**
 * Maximum number of pieces in which a frame may come. The package keeps a list of them and takes them from its front, which
 * blocks the event loop for a minute with 64,000. A preview of 10 MB has 7,000 if each network packet is read on its own.
 */
const MAX_FRAME_PIECES = 8 * 1024;

/**
 * The WebSocket of one client id, shared by all work that was submitted with it: open while there is any. A connection
 * that is lost is made again, but never beside the old one: a server forgets the id when the old one closes
 * (Comfy-Org/ComfyUI#16243). Losing it is no failure: the work can be asked for.
 */
export class ComfyuiSocket {
  /** Greeted connections since somebody listens. */
  connections = 0;
  readonly #options: ComfyuiSocketOptions;
  readonly #listeners = new Map<string, SocketListener>();
  #ws: WebSocket | undefined;
  #connected = false;
  /** The server sends previews with ids. */
  #negotiated = false;
  #life = new AbortController();
  #loop: Promise<void> | undefined;
  #attempt = Promise.withResolvers<boolean>();
  /** The newest try to connect has failed. */
  #failed = false;

  constructor(options: ComfyuiSocketOptions) {
    this.#options = options;
  }

  /** Whether events are coming in. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Hears of this work from now on. Returns its undo; the last one closes the WebSocket. */
  subscribe(promptId: string, listener: SocketListener): () => void {
    this.#listeners.set(promptId, listener);
    this.#loop ??= this.#stayConnected();
    return () => {
      if (this.#listeners.get(promptId) !== listener) return;
      this.#listeners.delete(promptId);
      if (this.#listeners.size === 0) this.#hangUp();
    };
  }

  /** Waits for the greeting of the connection that is being made: false if there is none (the next tries go on). */
  async ready(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.#connected || this.#failed) return this.#connected;
    const stop = new AbortController();
    const late = wait(timeoutMs, false, { signal: AbortSignal.any([signal, stop.signal]) });
    try {
      return await Promise.race([this.#attempt.promise, late]);
    } finally {
      stop.abort();
      late.catch(() => {});
    }
  }

  /** Closes the connection and makes another. */
  renew(): void {
    this.#connected = false;
    this.#beginAttempt();
    if (this.#ws !== undefined) closeFully(this.#ws);
  }

  /** Lets go of everybody. Resolves when the connection is closed. */
  async close(): Promise<void> {
    this.#listeners.clear();
    this.#hangUp();
    await this.#loop;
  }

  /** Whoever waits for the greeting of the attempt before does so no more. */
  #beginAttempt(): void {
    this.#attempt.resolve(false);
    this.#attempt = Promise.withResolvers();
  }

  #hangUp(): void {
    this.#life.abort();
    this.#life = new AbortController();
    this.renew();
  }

  /** One connection after the other, as long as somebody listens. */
  async #stayConnected(): Promise<void> {
    let failures = 0;
    this.#failed = false;
    this.connections = 0;
    while (this.#listeners.size > 0) {
      const { signal } = this.#life;
      const wasGreeted = await this.#connectOnce();
      // Whoever came after the last one had left waits for the next connection, not for this one.
      if (signal.aborted) continue;
      this.#failed = !wasGreeted;
      this.#beginAttempt();
      for (const listener of this.#listeners.values()) listener.onConnection();
      failures = wasGreeted ? 0 : failures + 1;
      const pause = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)];
      await wait(pause, undefined, { signal }).catch(() => {});
    }
    this.#loop = undefined;
  }

  /** Resolves when the connection has closed: whether it had been greeted. */
  #connectOnce(): Promise<boolean> {
    const ws = this.#open();
    let greeted = false;
    let unanswered = 0;
    const pings = setInterval(() => {
      if (ws.readyState !== WebSocket.OPEN) return;
      if (unanswered++ >= 2) ws.terminate();
      else ws.ping();
    }, this.#options.pingMs);
    ws.on('open', () => ws.send(FEATURE_FLAGS));
    ws.on('pong', () => {
      unanswered = 0;
    });
    ws.on('message', (raw, isBinary) => {
      unanswered = 0;
      greeted = this.#take(raw, isBinary) || greeted;
    });
    ws.on('error', () => {});
    return new Promise((resolve) => {
      ws.on('close', () => {
        clearInterval(pings);
        this.#connected = false;
        this.#ws = undefined;
        resolve(greeted);
      });
    });
  }

  #open(): WebSocket {
    const { base, authorization, clientId } = this.#options;
    const root = base.href.endsWith('/') ? base.href : `${base.href}/`;
    const url = new URL(`ws?clientId=${encodeURIComponent(clientId)}`, root.replace(/^http/, 'ws'));
    this.#negotiated = false;
    // No `Origin`: the server refuses one that is not its own.
    this.#ws = new WebSocket(url, {
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: MAX_FRAME_BYTES,
      maxBufferedChunks: MAX_FRAME_PIECES,
      ...(authorization !== undefined && { headers: { authorization } }),
    });
    return this.#ws;
  }

  /** Hands a frame to the work it is about. Answers whether it is the greeting. */
  #take(raw: RawData, isBinary: boolean): boolean {
    if (isBinary) {
      if (Buffer.isBuffer(raw)) this.#takePreview(raw);
      return false;
    }
    const message = parseSocketMessage(String(raw));
    if (message?.type === 'feature_flags') this.#negotiated = message.data.supports_preview_metadata === true;
    else if (message?.type === 'status') return this.#takeStatus(message.data.sid ?? undefined);
    else if (message !== undefined) this.#hand(message);
    return false;
  }

  #takeStatus(sid: string | undefined): boolean {
    const isGreeting = sid === this.#options.clientId && !this.#connected;
    if (isGreeting) {
      this.#connected = true;
      this.#failed = false;
      this.connections += 1;
      this.#attempt.resolve(true);
    }
    for (const listener of this.#listeners.values()) {
      if (isGreeting) listener.onConnection();
      else listener.onQueue();
    }
    return isGreeting;
  }

  #hand(message: Exclude<SocketMessage, { type: 'status' | 'feature_flags' }>): void {
    const id = message.data.prompt_id;
    if (id == null) this.#onlyRunning()?.onMessage(message);
    else this.#listeners.get(id)?.onMessage(message);
  }

  #takePreview(frame: Buffer): void {
    const preview = parsePreviewFrame(frame);
    if (preview?.promptId !== undefined) this.#listeners.get(preview.promptId)?.onPreview(preview.image);
    // A frame without ids is somebody else's where ours have them.
    else if (preview !== undefined && !this.#negotiated) this.#onlyRunning()?.onPreview(preview.image);
  }

  /** The backend works on one prompt at a time: what names none is about the one of ours that runs. */
  #onlyRunning(): SocketListener | undefined {
    const running = [...this.#listeners.values()].filter(({ isRunning }) => isRunning);
    return running.length === 1 ? running[0] : undefined;
  }
}

/** Says goodbye and, if nobody answers, breaks the connection; `close` follows either way. */
function closeFully(ws: WebSocket): void {
  if (ws.readyState !== WebSocket.OPEN) {
    ws.terminate();
    return;
  }
  ws.close();
  const timer = setTimeout(() => ws.terminate(), CLOSE_MS);
  ws.once('close', () => clearTimeout(timer));
}
