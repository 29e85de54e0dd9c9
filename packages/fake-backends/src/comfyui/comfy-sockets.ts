import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import * as z from 'zod';

const FeatureFlags = z.object({
  type: z.literal('feature_flags'),
  data: z.looseObject({ supports_preview_metadata: z.boolean().optional() }),
});

/** Ids of a preview, in front of a binary frame of type 4. */
export interface PreviewIds {
  readonly prompt_id: string;
  readonly node_id: string;
}

const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** The first frames a new socket gets. */
export type Greeting = (sid: string) => readonly { readonly type: string; readonly data: object }[];

/**
 * The WebSockets of a ComfyUI server, by client id, with its known fault: when a socket closes, its id is forgotten,
 * even if a newer socket has taken it (Comfy-Org/ComfyUI#16243).
 */
export class ComfySockets {
  /** Called when a preview leaves; for measurements. */
  onPreview: (jpeg: Uint8Array) => void = () => {};
  /** Answers feature flags; older servers do not know them. */
  negotiates = true;
  /** Upgrades are refused, as by a proxy that does not let them through. */
  refuses = false;
  /** Every connection made so far, by its id. */
  readonly opened: string[] = [];
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #byId = new Map<string, WebSocket>();
  readonly #withMetadata = new Set<string>();
  readonly #greet: Greeting;

  constructor(greet: Greeting) {
    this.#greet = greet;
  }

  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
      const isOurs = /^(\/api)?\/ws$/.test(pathname);
      if (!isOurs || this.refuses || isForeignOrigin(request)) {
        socket.end(`HTTP/1.1 ${isOurs ? '403 Forbidden' : '404 Not Found'}\r\nconnection: close\r\n\r\n`);
        return;
      }
      const sid = searchParams.get('clientId') || randomUUID().replaceAll('-', '');
      this.#server.handleUpgrade(request, socket, head, (ws) => this.#take(ws, sid));
    });
  }

  #take(ws: WebSocket, sid: string): void {
    this.opened.push(sid);
    this.#byId.set(sid, ws);
    this.#withMetadata.delete(sid);
    ws.on('error', () => ws.terminate());
    ws.on('close', () => {
      this.#byId.delete(sid);
      this.#withMetadata.delete(sid);
    });
    ws.once('message', (raw) => this.#negotiate(raw, sid));
    for (const frame of this.#greet(sid)) ws.send(JSON.stringify(frame));
  }

  /** Only the first message of a connection may bring feature flags. */
  #negotiate(raw: RawData, sid: string): void {
    if (!this.negotiates) return;
    const flags = FeatureFlags.safeParse(JSON.parse(String(raw)));
    if (!flags.success) return;
    if (flags.data.data.supports_preview_metadata === true) this.#withMetadata.add(sid);
    const data = { supports_preview_metadata: true, max_upload_size: 104_857_600 };
    this.send('feature_flags', data, sid);
  }

  /** To one id, or to every socket. */
  send(type: string, data: object, sid?: string): void {
    const text = JSON.stringify({ type, data });
    for (const ws of this.#receivers(sid)) ws.send(text);
  }

  /** A preview: with its ids to an owner that has negotiated them, else the old frame, to the owner or to everybody. */
  sendPreview(jpeg: Uint8Array, ids: PreviewIds, owner: string | undefined): void {
    this.onPreview(jpeg);
    for (const ws of this.#receivers(owner)) ws.send(this.#previewFrame(jpeg, ids, owner));
  }

  #previewFrame(jpeg: Uint8Array, { prompt_id, node_id }: PreviewIds, owner: string | undefined): Buffer {
    if (owner === undefined || !this.#withMetadata.has(owner)) return Buffer.concat([uint32(1), uint32(1), jpeg]);
    const ids = { prompt_id, node_id, display_node_id: node_id, real_node_id: node_id, parent_node_id: null };
    const meta = Buffer.from(JSON.stringify({ ...ids, image_type: 'image/jpeg' }));
    return Buffer.concat([uint32(4), uint32(meta.byteLength), meta, jpeg]);
  }

  /** Whether previews come before the `progress` message of their step. */
  previewsFirst(owner: string | undefined): boolean {
    return owner !== undefined && this.#withMetadata.has(owner);
  }

  /** WebSockets that are open now. */
  get open(): number {
    return this.#server.clients.size;
  }

  /** Breaks every WebSocket; other connections stay. */
  cut(): void {
    for (const ws of this.#server.clients) ws.terminate();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #receivers(sid: string | undefined): readonly WebSocket[] {
    const found = sid === undefined ? [...this.#byId.values()] : [this.#byId.get(sid)];
    return found.filter((ws) => ws !== undefined && ws.readyState === ws.OPEN).filter((ws) => ws !== undefined);
  }
}

/** The real server's origin check: another host or port than its own is refused, even on loopback. */
export function isForeignOrigin({ headers }: IncomingMessage): boolean {
  if (headers.origin === undefined) return false;
  return new URL(headers.origin).host !== headers.host;
}
