import { randomBytes } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ApiError, apiError, CLOSE, ClientMessage, ERROR_INFO, LIMITS } from '@darkroom/protocol';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { endSocket } from '../connections/end-socket.ts';
import type { HttpContext } from '../http-context.ts';
import { fieldErrorOf, toApiError } from '../request-error.ts';
import type { LiveConnection, LiveSink } from './live-connection.ts';
import type { CloseReason } from './live-counts.ts';
import type { LiveHub } from './live-hub.ts';
import { TokenBucket } from './token-bucket.ts';
import { messageFrame, pongFrame, websocketFormat } from './websocket-format.ts';

/** Time for the last bytes and the close handshake before a socket is cut. */
const CLOSE_GRACE_MS = 2_000;
const CLOSE_REASONS = {
  bye: { code: CLOSE.shutdown, text: 'restarting' },
  silent: { code: CLOSE.silent, text: 'nothing heard for too long' },
  stalled: { code: CLOSE.slow, text: 'took no data for too long' },
  flood: { code: CLOSE.flood, text: 'too many messages' },
} as const satisfies Record<CloseReason, unknown>;

/** Refuses an upgrade in plain HTTP, with the body that every error has. */
function refuseUpgrade(socket: Duplex, error: ApiError): void {
  const { status } = ERROR_INFO[error.code];
  const body = JSON.stringify({ error });
  endSocket(
    socket,
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${status === 503 || status === 429 ? 'Retry-After: 5\r\n' : ''}Connection: close\r\n\r\n${body}`,
  );
}

/** Cuts a socket that is being closed, unless the client closes it before. */
function cutSoon(ws: WebSocket): void {
  setTimeout(() => ws.terminate(), CLOSE_GRACE_MS).unref();
}

/** `ws` for the handshake and for what comes in; what goes out is written to the socket as whole frames, made once for all. */
class SocketSink implements LiveSink {
  readonly #ws: WebSocket;
  readonly #socket: Duplex;

  constructor(ws: WebSocket, socket: Duplex) {
    this.#ws = ws;
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Buffer): boolean {
    return this.#ws.readyState !== this.#ws.OPEN || this.#socket.write(bytes);
  }

  holdInput(isHeld: boolean): void {
    if (isHeld) this.#ws.pause();
    else this.#ws.resume();
  }

  /** The socket stays for its other subscriptions. */
  ended(): boolean {
    return false;
  }

  close(reason: CloseReason): void {
    const { code, text } = CLOSE_REASONS[reason];
    this.#ws.close(code, text);
    // A client that still listens is told why; one that does not is cut.
    if (reason === 'bye' || reason === 'flood') cutSoon(this.#ws);
    else this.#ws.terminate();
  }
}

/** What one socket says to us. Bad input gets an `error` message; only a flood ends the socket (rule W5). */
class SocketReader {
  readonly #hub: LiveHub;
  readonly #connection: LiveConnection;
  readonly #bucket: TokenBucket;

  constructor(hub: LiveHub, connection: LiveConnection) {
    this.#hub = hub;
    this.#connection = connection;
    const perSecond = LIMITS.socketMessagesPerSecond;
    this.#bucket = new TokenBucket(perSecond, 5 * perSecond, hub.clock.now());
  }

  /** A message, which is answered. */
  receive(data: RawData, isBinary: boolean): void {
    if (!this.count()) return;
    const message = parseMessage(data, isBinary);
    if ('error' in message) this.#connection.send(websocketFormat.error(message.error, message.jobId));
    else this.#act(message);
  }

  /** A ping of the WebSocket protocol, which is answered with its payload. */
  receivePing(payload: Buffer): void {
    if (this.count()) this.#connection.send(pongFrame(payload));
  }

  /** Counts what the client sent, whatever it is. False: it is a flood, and the connection was closed. */
  count(): boolean {
    const now = this.#hub.clock.now();
    this.#connection.heardAt = now;
    this.#hub.counts.ws.received++;
    const isTaken = this.#bucket.take(now);
    if (!isTaken) this.#connection.close('flood');
    return isTaken;
  }

  #act(message: ClientMessage): void {
    switch (message.type) {
      case 'subscribe':
        return this.#subscribe(message);
      case 'unsubscribe':
        return this.#connection.unsubscribe(message.jobId);
      case 'ping':
        return this.#connection.send(messageFrame({ type: 'pong', now: this.#hub.clock.now() }));
      case 'pong':
        return undefined;
    }
  }

  #subscribe({ jobId, afterSeq, epoch }: Extract<ClientMessage, { type: 'subscribe' }>): void {
    const connection = this.#connection;
    if (!connection.isSubscribed(jobId) && connection.subscriptions >= LIMITS.subscriptionsPerSocket) {
      return connection.send(websocketFormat.error(apiError('TOO_MANY_SUBSCRIPTIONS'), jobId));
    }
    void connection.subscribe(jobId, { seq: afterSeq ?? 0, epoch });
  }
}

interface BadMessage {
  readonly error: ReturnType<typeof apiError>;
  readonly jobId: string | undefined;
}

function parseMessage(data: RawData, isBinary: boolean): ClientMessage | BadMessage {
  const bad = (message: string, field?: string, jobId?: string): BadMessage => ({
    error: apiError('INVALID_REQUEST', message, field),
    jobId,
  });
  if (isBinary) return bad('Messages are JSON in text frames.');
  let json: unknown;
  try {
    json = JSON.parse(data.toString());
  } catch {
    return bad('The message is not JSON.');
  }
  const parsed = ClientMessage.safeParse(json);
  if (parsed.success) return parsed.data;
  const { message, field } = fieldErrorOf(parsed.error.issues);
  return bad(message, field, jobIdOf(json));
}

/** So that a client with many subscriptions knows which one was meant. */
function jobIdOf(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null || !('jobId' in json)) return undefined;
  return typeof json.jobId === 'string' ? json.jobId.slice(0, 64) : undefined;
}

type WebSocketParts = Pick<HttpContext, 'hub' | 'origins' | 'identities' | 'ownerSockets'>;

export interface WebSocketEndpoint {
  /** Takes an HTTP upgrade request; anything but a good one for `/ws` is refused. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** `WS /ws` (rules W1–W10). */
export function createWebSocketEndpoint({ hub, origins, identities, ownerSockets }: WebSocketParts): WebSocketEndpoint {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: LIMITS.socketMessageBytes,
    maxFragments: 16,
    // A message of 16 KiB arrives in some thirty segments. One that trickles in would cost far more memory than its bytes.
    maxBufferedChunks: 128,
    // Answered here, where they are counted and wait like any other reply.
    autoPong: false,
  });

  const cookies = new WeakMap<IncomingMessage, string>();
  server.on('headers', (headers, request) => {
    const cookie = cookies.get(request);
    if (cookie !== undefined) headers.push(`Set-Cookie: ${cookie}`);
  });

  /** Whose socket it is. A page without an identity gets one with the handshake (rule R9); programs need none. */
  function ownerOf(request: IncomingMessage): string | undefined {
    const known = identities.identify(request);
    const { origin } = request.headers;
    if (known !== undefined || origin === undefined) return known;
    const { owner, cookie } = identities.issue(origin.startsWith('https:'));
    cookies.set(request, cookie);
    return owner;
  }

  function accept(ws: WebSocket, socket: Duplex, owner: string | undefined): void {
    const connection = hub.connect(new SocketSink(ws, socket), websocketFormat);
    const reader = new SocketReader(hub, connection);
    ws.on('message', (data, isBinary) => {
      if (ws.readyState === ws.OPEN) reader.receive(data, isBinary);
    });
    ws.on('ping', (payload) => {
      if (ws.readyState === ws.OPEN) reader.receivePing(payload);
    });
    ws.on('pong', () => {
      if (ws.readyState === ws.OPEN) reader.count();
    });
    ws.on('error', () => {
      // Too large a message or a broken frame: `ws` has begun to close the socket.
      cutSoon(ws);
    });
    const leave = owner === undefined ? undefined : ownerSockets.join(owner, connection);
    ws.on('close', () => {
      leave?.();
      connection.dispose();
    });
    socket.on('drain', () => connection.drained());
    connection.send(
      messageFrame({
        type: 'hello',
        connectionId: randomBytes(9).toString('base64url'),
        heartbeatMs: LIMITS.heartbeatMs,
        maxSubscriptions: LIMITS.subscriptionsPerSocket,
        now: hub.clock.now(),
      }),
    );
  }

  function refuse(socket: Duplex, error: ApiError): void {
    hub.counts.ws.refuse(error.code);
    refuseUpgrade(socket, error);
  }

  return {
    upgrade(request, socket, head) {
      socket.on('error', () => socket.destroy());
      const path = (request.url ?? '').split('?')[0];
      if (path !== '/ws') return refuse(socket, apiError('NOT_FOUND'));
      // Its socket would still be the HTTP parser's.
      if (!request.complete) return refuse(socket, apiError('INVALID_REQUEST', 'A handshake has no body.', 'body'));
      if (!origins.allows(request)) return refuse(socket, apiError('FORBIDDEN'));
      if (hub.refusal !== undefined) return refuse(socket, apiError(hub.refusal));
      let owner: string | undefined;
      try {
        owner = ownerOf(request);
      } catch (thrown) {
        return refuse(socket, toApiError(thrown));
      }
      server.handleUpgrade(request, socket, head, (ws) => accept(ws, socket, owner));
    },
  };
}
