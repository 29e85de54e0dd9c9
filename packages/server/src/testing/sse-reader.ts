import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { ProgressEvent } from '@darkroom/protocol';
import { onTestFinished } from 'vitest';
import { Inbox } from './inbox.ts';

/** One dispatched message of an event stream. */
export interface SseMessage {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

/** An event-stream client for tests. */
export interface SseReader {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly inbox: Inbox<SseMessage>;
  /** Everything as it came. */
  readonly text: string;
  next(event: string): Promise<unknown>;
  /** Every `ProgressEvent` so far. */
  readonly events: readonly ProgressEvent[];
  /** Resolves when the stream is over; says whether the server ended it in good order. */
  readonly closed: Promise<'ended' | 'cut'>;
  cut(): void;
  /** Takes nothing more from the network until `resume`. */
  pause(): void;
  resume(): void;
}

const FIELD = /^([^:]*):? ?(.*)$/;

function parseBlock(block: string): SseMessage | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = FIELD.exec(line) ?? [];
    fields.set(name, value);
  }
  const data = fields.get('data');
  return data === undefined ? undefined : { event: fields.get('event') ?? 'message', id: fields.get('id'), data };
}

function readStream(response: IncomingMessage) {
  const inbox = new Inbox<SseMessage>();
  let text = '';
  let rest = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    text += chunk;
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const message = parseBlock(block);
      if (message !== undefined) inbox.push(message);
    }
  });
  const closed = new Promise<'ended' | 'cut'>((resolve) => {
    response.on('close', () => {
      inbox.end('the stream is over');
      resolve(response.complete ? 'ended' : 'cut');
    });
  });
  response.on('error', () => {
    // Cut: `close` follows.
  });
  return {
    inbox,
    closed,
    get text() {
      return text;
    },
  };
}

/** Opens an event stream; resolves with its head. */
export async function openSse(url: string, headers: Record<string, string> = {}): Promise<SseReader> {
  const outgoing = request(url, { headers: { accept: 'text/event-stream', ...headers }, agent: false });
  onTestFinished(() => void outgoing.destroy());
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
    outgoing.end();
  });
  outgoing.on('error', () => {
    // Cut.
  });
  const stream = readStream(response);
  const events: ProgressEvent[] = [];
  let messagesParsed = 0;
  /** Parses each message once, and only where a test asks for events: other streams have messages of other kinds. */
  const parseEvents = () => {
    for (const { event, data } of stream.inbox.all.slice(messagesParsed))
      if (event === 'message' && data.startsWith('{')) events.push(ProgressEvent.parse(JSON.parse(data)));
    messagesParsed = stream.inbox.all.length;
    return [...events];
  };
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    inbox: stream.inbox,
    closed: stream.closed,
    get text() {
      return stream.text;
    },
    async next(event) {
      const message = await stream.inbox.next((each) => each.event === event);
      return message.data.startsWith('[') ? message.data : JSON.parse(message.data);
    },
    get events() {
      return parseEvents();
    },
    cut: () => outgoing.destroy(),
    pause: () => void response.pause(),
    resume: () => void response.resume(),
  };
}
