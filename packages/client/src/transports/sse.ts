import { apiError, ProgressEvent, ServerMessage, Snapshot } from '@darkroom/protocol';
import { readRefusal } from '../answer.ts';
import type { Ending, ReadPosition } from '../session/session-state.ts';
import { type SseMessage, SseParser } from './sse-parser.ts';
import { type Connection, jobUrl, type Network, type Sink, type Transport } from './transport.ts';

/**
 * One job's event stream (rules S1–S5), read with `fetch`: unlike `EventSource` it works in Node, sees why it was
 * refused, and never repeats an old position.
 */
export function sseTransport(network: Network): Transport<ReadPosition> {
  return {
    open(position, sink) {
      const reading = new AbortController();
      void read(network, position, sink, reading.signal);
      return connection(reading);
    },
  };
}

function connection(reading: AbortController): Connection {
  return { send: () => {}, close: () => reading.abort() };
}

async function read(network: Network, position: ReadPosition, sink: Sink, signal: AbortSignal): Promise<void> {
  let ending: Ending;
  try {
    ending = await follow(network, position, sink, signal);
  } catch {
    ending = { kind: 'failed', error: apiError('NETWORK_DISCONNECTED') };
  }
  if (!signal.aborted) sink.end(ending);
}

async function follow(network: Network, position: ReadPosition, sink: Sink, signal: AbortSignal): Promise<Ending> {
  const { jobId, after, epoch } = position;
  const url = jobUrl(network, jobId, '/events');
  url.searchParams.set('after', String(after));
  if (epoch !== undefined) url.searchParams.set('epoch', epoch);
  const headers = { accept: 'text/event-stream' };
  const response = await network.fetch(url, { headers, cache: 'no-store', signal });
  if (response.status === 204) return { kind: 'gone' };
  if (!response.ok) return refused(response, network.now());
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (!isStream || response.body === null) {
    void response.body?.cancel();
    return { kind: 'failed', error: apiError('STREAM_UNAVAILABLE') };
  }
  return pump(response.body, jobId, sink, signal);
}

async function refused(response: Response, now: number): Promise<Ending> {
  const { error, spoken, retryAfterMs } = await readRefusal(response, now);
  if (spoken && !error.retryable) return { kind: 'refused', error };
  return { kind: 'failed', error, afterMs: retryAfterMs };
}

async function pump(body: ReadableStream<Uint8Array>, jobId: string, sink: Sink, signal: AbortSignal): Promise<Ending> {
  const parser = new SseParser();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted || done) break;
      sink.receive(parser.push(value).flatMap((message) => translate(message, jobId)));
      if (signal.aborted) break;
    }
  } catch (error) {
    await reader.cancel().catch(() => {});
    throw error;
  }
  return { kind: 'done', floorMs: parser.retryMs };
}

/** The socket's word for a message of the stream; the id is not looked at, since events carry their own `seq`. */
function translate({ event, data }: SseMessage, jobId: string): readonly ServerMessage[] {
  try {
    const payload: unknown = JSON.parse(data);
    if (event === 'message') return [{ type: 'event', event: ProgressEvent.parse(payload) }];
    if (event === 'job') return [{ type: 'subscribed', jobId, ...Snapshot.parse(payload) }];
    return [ServerMessage.parse(Object.assign({}, payload, { type: event, jobId }))];
  } catch {
    return [];
  }
}
