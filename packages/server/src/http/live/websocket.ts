import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { apiError, CLOSE, ClientMessage, LIMITS } from '@darkroom/protocol';
import type { FastifyRequest } from 'fastify';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Client } from '../../jobs/client.ts';
import { endWithError } from '../broken-request.ts';
import type { HttpContext, HttpServer } from '../http-context.ts';
import { identify, isSecure } from '../identity.ts';
import { fieldErrorOf, RequestError } from '../request-error.ts';
import type { LiveConnection } from './live-connection.ts';
import type { CloseReason } from './live-counts.ts';
import type { LiveHub } from './live-hub.ts';
import type { LiveSink } from './live-sink.ts';
import { TokenBucket } from './token-bucket.ts';
import type { UpgradeSocket, Upgrades } from './upgrades.ts';
import { messageFrame, pongFrame, websocketFormat } from './websocket-format.ts';

/** Time for the last bytes and the close handshake before a socket is cut. */
const CLOSE_GRACE_MS = 2_000;
const CLOSE_REASONS = {
  bye: { code: CLOSE.shutdown, text: 'restarting' },
  silent: { code: CLOSE.silent, text: 'nothing heard for too long' },
  stalled: { code: CLOSE.slow, text: 'took no data for too long' },
  flood: { code: CLOSE.flood, text: 'too many messages' },
} as const satisfies Record<CloseReason, unknown>;

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
  /** Whether the client may have one more subscription, on whichever socket. */
  readonly #canSubscribe: () => boolean;

  constructor(hub: LiveHub, connection: LiveConnection, canSubscribe: () => boolean) {
    this.#hub = hub;
    this.#connection = connection;
    this.#canSubscribe = canSubscribe;
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
    const isFull = connection.subscriptions >= LIMITS.subscriptionsPerSocket || !this.#canSubscribe();
    if (isFull && !connection.isSubscribed(jobId))
      return connection.send(websocketFormat.error(apiError('TOO_MANY_SUBSCRIPTIONS'), jobId));
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

type WebSocketParts = Pick<HttpContext, 'hub' | 'identities' | 'limits' | 'ownerSockets'>;

/** Who opens a socket. */
interface Visitor {
  readonly client: Client;
  /** Whose socket it is: of a page without an identity, a new one. */
  readonly owner: string | undefined;
}

interface WebSocketEndpoint {
  /** Who opens the socket. A page without an identity gets one with the handshake (rule R9); programs need none. */
  visitorOf(request: FastifyRequest): Visitor;
  /** Ends the handshake of a request that was let in. */
  upgrade(request: IncomingMessage, upgrade: UpgradeSocket, visitor: Visitor): void;
}

function createWebSocketEndpoint(parts: WebSocketParts): WebSocketEndpoint {
  const { hub, identities, limits, ownerSockets } = parts;
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

  server.on('wsClientError', ({ message }, socket) => {
    hub.counts.ws.refuse('INVALID_REQUEST');
    endWithError(socket, 400, apiError('INVALID_REQUEST', `The handshake is not valid: ${message}.`));
  });

  const cookies = new WeakMap<IncomingMessage, readonly string[]>();
  server.on('headers', (headers, request) => {
    for (const cookie of cookies.get(request) ?? []) headers.push(`Set-Cookie: ${cookie}`);
  });

  function accept(ws: WebSocket, socket: Duplex, { client, owner }: Visitor): void {
    const connection = hub.connect(new SocketSink(ws, socket), websocketFormat);
    const reader = new SocketReader(hub, connection, () => limits.canSubscribe(client));
    const leaveClient = limits.joinSocket(client, connection);
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
      leaveClient();
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

  return {
    visitorOf(request) {
      const client = limits.clientOf(request.raw);
      const known = identify(identities, request);
      if (request.headers.origin === undefined || request.isForeignPage) return { client, owner: known };
      if (known !== undefined) {
        cookies.set(request.raw, identities.renew(request.raw, isSecure(request)));
        return { client, owner: known };
      }
      const { owner, cookie } = identities.issue(isSecure(request));
      cookies.set(request.raw, [cookie]);
      return { client, owner };
    },
    upgrade(request, { socket, head }, visitor) {
      server.handleUpgrade(request, socket, head, (ws) => accept(ws, socket, visitor));
    },
  };
}

/** `GET /ws` (rules W1–W10). */
export function registerWebSocket(server: HttpServer, context: HttpContext, upgrades: Upgrades): void {
  const endpoint = createWebSocketEndpoint(context);
  server.get(
    '/ws',
    { config: { access: 'connect', takesUpgrades: true, rateLimit: false }, schema: { hide: true } },
    async (request, reply) => {
      if (!upgrades.isWaiting(request.raw)) {
        reply.header('connection', 'close').header('upgrade', 'websocket');
        throw new RequestError('UPGRADE_REQUIRED');
      }
      if (context.hub.refusal !== undefined) throw new RequestError(context.hub.refusal);
      const visitor = endpoint.visitorOf(request);
      const release = context.limits.hold('connections', visitor.client);
      // Counted until the connection is gone, whatever becomes of the handshake.
      request.raw.socket.once('close', release);
      const upgrade = upgrades.take(request.raw);
      if (upgrade !== undefined) endpoint.upgrade(request.raw, upgrade, visitor);
      return reply.hijack();
    },
  );
}
