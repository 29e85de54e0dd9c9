import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { apiError, ClientMessage, isFinal, type ProgressEvent, type ServerMessage } from '@darkroom/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { TestJob } from './test-job.ts';

/** What a test may break. Everything may be changed while the server runs. */
export interface Faults {
  /** Upgrades are answered with 400, as by a proxy that does not know them. */
  refuseUpgrade: boolean;
  /** Sockets are accepted and never say anything. */
  muteSocket: boolean;
  /** Streams are held back whole, as by a buffering proxy. */
  bufferStream: boolean;
  /** Answer of streams instead of a stream. */
  streamStatus: number | undefined;
  /** Answer of polls. */
  pollStatus: number | undefined;
  /** Every connection is cut after this many messages of events. */
  cutAfterEvents: number | undefined;
  /** Every event is sent twice. */
  duplicate: boolean;
  /** An event with this number is left out, once. */
  skipSeq: number | undefined;
  /** Requests that change something break off after they took effect, this often. */
  breakAnswers: number;
}

interface Reader {
  readonly kind: 'ws' | 'sse';
  readonly job: TestJob;
  cursor: number;
  sent: number;
  send(message: ServerMessage): void;
  cut(): void;
  finish(): void;
}

/** A server in miniature that speaks PROTOCOL.md over real sockets, and breaks it on command. */
export class TestServer {
  readonly faults: Faults = {
    refuseUpgrade: false,
    muteSocket: false,
    bufferStream: false,
    streamStatus: undefined,
    pollStatus: undefined,
    cutAfterEvents: undefined,
    duplicate: false,
    skipSeq: undefined,
    breakAnswers: 0,
  };
  readonly jobs = new Map<string, TestJob>();
  /** Every request, as `GET /path?query`, in order. */
  readonly requests: string[] = [];
  /** Headers of the requests, beside them. */
  readonly headers: IncomingMessage['headers'][] = [];
  /** Every message a client said on a socket. */
  readonly said: ClientMessage[] = [];
  readonly sockets = new Set<WebSocket>();
  readonly #http: Server = createServer((request, response) => this.#answer(request, response));
  readonly #upgrades = new WebSocketServer({ noServer: true });
  readonly #readers = new Set<Reader>();
  readonly #created = new Map<string, TestJob>();

  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A running server on a free port, with the clock that it is given. */
  static async start(now: () => number = Date.now): Promise<TestServer> {
    const server = new TestServer(now);
    server.#http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) =>
      server.#upgrade(request, socket, head),
    );
    server.#http.listen(0, '127.0.0.1');
    await once(server.#http, 'listening');
    return server;
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#http.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Live readers of a kind. */
  readers(kind: Reader['kind']): number {
    return [...this.#readers].filter((reader) => reader.kind === kind).length;
  }

  /** A new job with one event. */
  add(id?: string): TestJob {
    const job = new TestJob(id);
    this.jobs.set(job.id, job);
    return job;
  }

  /** Sends every reader what it has not got. */
  pump(): void {
    for (const reader of [...this.#readers]) this.#catchUp(reader);
  }

  /** Says the same to every reader. */
  say(message: ServerMessage): void {
    for (const reader of [...this.#readers]) reader.send(message);
  }

  /** Cuts every connection, without a word. */
  cut(): void {
    for (const reader of [...this.#readers]) reader.cut();
    for (const socket of this.sockets) socket.terminate();
  }

  async stop(): Promise<void> {
    this.cut();
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  #catchUp(reader: Reader): void {
    for (const event of reader.job.events.slice(reader.cursor)) {
      if (!this.#readers.has(reader)) return;
      reader.cursor = event.seq;
      if (event.seq === this.faults.skipSeq) this.faults.skipSeq = undefined;
      else this.#deliver(reader, event);
    }
    const { job, head } = reader.job;
    if (!isFinal(job)) return;
    reader.send({ type: 'end', jobId: job.id, head, status: job.status });
    this.#readers.delete(reader);
    reader.finish();
  }

  #deliver(reader: Reader, event: ProgressEvent): void {
    reader.send({ type: 'event', event });
    if (this.faults.duplicate) reader.send({ type: 'event', event });
    reader.sent += 1;
    const { cutAfterEvents } = this.faults;
    if (cutAfterEvents !== undefined && reader.sent >= cutAfterEvents) reader.cut();
  }

  #begin(reader: Reader, after: number, epoch: string | null | undefined): void {
    const { job } = reader;
    const wrong = epoch && epoch !== job.epoch ? 'epoch' : after > job.head ? 'ahead' : undefined;
    reader.cursor = wrong === undefined ? after : 0;
    reader.send({ type: 'subscribed', jobId: job.id, ...job.snapshot() });
    if (wrong !== undefined) reader.send({ type: 'reset', jobId: job.id, reason: wrong, ...job.snapshot() });
    this.#readers.add(reader);
    this.#catchUp(reader);
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    this.requests.push(`UPGRADE ${request.url}`);
    this.headers.push(request.headers);
    if (this.faults.refuseUpgrade) {
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
      return;
    }
    this.#upgrades.handleUpgrade(request, socket, head, (accepted) => this.#serve(accepted));
  }

  #serve(socket: WebSocket): void {
    this.sockets.add(socket);
    const say = (message: ServerMessage) => {
      if (!this.faults.muteSocket) socket.send(JSON.stringify(message));
    };
    socket.on('close', () => {
      this.sockets.delete(socket);
      for (const reader of mine.values()) this.#readers.delete(reader);
    });
    const mine = new Map<string, Reader>();
    socket.on('message', (data) => {
      const message = ClientMessage.parse(JSON.parse(String(data)));
      this.said.push(message);
      if (message.type === 'ping') say({ type: 'pong', now: this.#now() });
      if (message.type === 'subscribe') this.#subscribe(socket, mine, message, say);
      const dropped = message.type === 'unsubscribe' ? mine.get(message.jobId) : undefined;
      if (dropped !== undefined) this.#readers.delete(dropped);
    });
    say({ type: 'hello', connectionId: 'c1', heartbeatMs: 10_000, maxSubscriptions: 64, now: this.#now() });
  }

  #subscribe(
    socket: WebSocket,
    mine: Map<string, Reader>,
    message: Extract<ClientMessage, { type: 'subscribe' }>,
    send: (message: ServerMessage) => void,
  ): void {
    const job = this.jobs.get(message.jobId);
    if (job === undefined) {
      send({ type: 'error', jobId: message.jobId, error: apiError('NOT_FOUND') });
      return;
    }
    const before = mine.get(job.id);
    if (before !== undefined) this.#readers.delete(before);
    const cut = () => {
      for (const reader of mine.values()) this.#readers.delete(reader);
      socket.terminate();
    };
    const reader: Reader = { kind: 'ws', job, cursor: 0, sent: 0, send, cut, finish: () => {} };
    mine.set(job.id, reader);
    this.#begin(reader, message.afterSeq ?? 0, message.epoch);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${request.method} ${request.url}`);
    this.headers.push(request.headers);
    const url = new URL(request.url ?? '/', this.url);
    if (url.pathname === '/api/jobs' && request.method === 'POST') this.#create(request, response);
    else if (url.pathname === '/api/jobs')
      json(response, 200, { jobs: [...this.jobs.values()].map((each) => each.job), nextCursor: null });
    else if (url.pathname === '/api/health')
      json(response, 503, { ok: false, version: '1', uptime: 1, queued: 0, storage: { ok: false }, providers: [] });
    else if (url.pathname === '/api/providers') json(response, 200, { providers: [] });
    else this.#answerJob(url, request, response);
  }

  #answerJob(url: URL, request: IncomingMessage, response: ServerResponse): void {
    const [, id, below] = /^\/api\/jobs\/([^/]+)(?:\/(\w+))?$/.exec(url.pathname) ?? [];
    const job = this.jobs.get(id ?? '');
    const forced = below === 'events' ? this.faults.streamStatus : this.faults.pollStatus;
    if (forced !== undefined) refuse(response, forced);
    else if (job === undefined) json(response, 404, { error: apiError('NOT_FOUND') });
    else if (below === 'events') this.#stream(job, url, response);
    else if (below === undefined) poll(job, url, request, response);
    else this.#change(job, below, response);
  }

  #create(request: IncomingMessage, response: ServerResponse): void {
    const key = request.headers['idempotency-key'];
    const first = this.#created.get(String(key));
    const id = `job${this.jobs.size}`.padEnd(22, 'A');
    const job = first ?? this.add(id);
    this.#created.set(String(key), job);
    if (this.#breaks(response)) return;
    json(response, first === undefined ? 201 : 200, { job: job.job });
  }

  #change(job: TestJob, verb: string, response: ServerResponse): void {
    if (verb === 'cancel') job.append('cancelled');
    else if (job.job.status === 'failed') job.append('queued', { attempt: job.job.attempt + 1 });
    else return json(response, 409, { error: apiError('WRONG_STATE') });
    if (this.#breaks(response)) return;
    json(response, 200, { job: job.job });
    this.pump();
  }

  #breaks(response: ServerResponse): boolean {
    if (this.faults.breakAnswers === 0) return false;
    this.faults.breakAnswers -= 1;
    response.destroy();
    return true;
  }

  #stream(job: TestJob, url: URL, response: ServerResponse): void {
    const after = Number(url.searchParams.get('after') ?? 0);
    if (isFinal(job.job) && after === job.head) {
      response.writeHead(204).end();
      return;
    }
    const { bufferStream } = this.faults;
    if (!bufferStream) response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    const send = (message: ServerMessage) => {
      if (!bufferStream) response.write(sseText(message));
    };
    const reader: Reader = {
      kind: 'sse',
      job,
      cursor: 0,
      sent: 0,
      send,
      cut: () => {
        this.#readers.delete(reader);
        response.destroy();
      },
      finish: () => response.end(),
    };
    response.on('close', () => this.#readers.delete(reader));
    this.#begin(reader, after, url.searchParams.get('epoch'));
  }
}

function sseText(message: ServerMessage): string {
  if (message.type === 'event') return `id: ${message.event.seq}\ndata: ${JSON.stringify(message.event)}\n\n`;
  const { type, ...payload } = message;
  return `event: ${type === 'subscribed' ? 'job' : type}\ndata: ${JSON.stringify(payload)}\n\n`;
}

function poll(job: TestJob, url: URL, request: IncomingMessage, response: ServerResponse): void {
  const etag = `W/"${job.epoch}-${job.head}-${job.job.status}"`;
  const asked = url.searchParams.get('after');
  const epoch = url.searchParams.get('epoch');
  const after = Number(asked ?? job.head);
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304).end();
    return;
  }
  const wrong = epoch !== null && epoch !== job.epoch ? 'epoch' : after > job.head ? 'ahead' : undefined;
  const from = wrong === undefined ? after : 0;
  const events = job.events.slice(from, from + 200);
  const body = { ...job.snapshot(), events, more: from + events.length < job.head, ...(wrong && { reset: wrong }) };
  json(response, 200, body, { etag });
}

function refuse(response: ServerResponse, status: number): void {
  const passing = status === 429 || status === 503;
  if (passing)
    json(
      response,
      status,
      { error: apiError(status === 429 ? 'RATE_LIMITED' : 'SHUTTING_DOWN') },
      { 'retry-after': '1' },
    );
  else response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>No</h1>');
}

function json(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
