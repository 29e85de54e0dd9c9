import { apiError, JobSnapshotResponse, type ServerMessage } from '@darkroom/protocol';
import { readJson, readRefusal } from '../answer.ts';
import type { Ending, ReadPosition } from '../session/session-state.ts';
import { jobUrl, type Network, type Sink, type Transport } from './transport.ts';

/** From where to ask, and the validator of the last answer if it was given for that very position. */
export interface PollRequest extends ReadPosition {
  readonly etag: string | undefined;
}

/** One question about one job (rules H1–H3), answered in the socket's words: a connection that ends by itself. */
export function pollingTransport(network: Network): Transport<PollRequest> {
  return {
    open(request, sink) {
      const asking = new AbortController();
      void ask(network, request, sink, asking.signal);
      return { send: () => {}, close: () => asking.abort() };
    },
  };
}

async function ask(network: Network, request: PollRequest, sink: Sink, signal: AbortSignal): Promise<void> {
  let ending: Ending;
  try {
    ending = await answer(network, request, sink, signal);
  } catch {
    ending = { kind: 'failed', error: apiError('NETWORK_DISCONNECTED') };
  }
  if (!signal.aborted) sink.end(ending);
}

async function answer(network: Network, request: PollRequest, sink: Sink, signal: AbortSignal): Promise<Ending> {
  const { jobId, after, epoch, etag } = request;
  const url = jobUrl(network, jobId);
  url.searchParams.set('after', String(after));
  if (epoch !== undefined) url.searchParams.set('epoch', epoch);
  const headers = { accept: 'application/json', ...(etag !== undefined && { 'if-none-match': etag }) };
  const response = await network.fetch(url, { headers, cache: 'no-store', signal });
  if (response.status === 304) return { kind: 'unchanged' };
  if (!response.ok) {
    const { error, spoken, retryAfterMs } = await readRefusal(response, network.now());
    return spoken && !error.retryable ? { kind: 'refused', error } : { kind: 'failed', error, afterMs: retryAfterMs };
  }
  const body = JobSnapshotResponse.safeParse(await readJson(response));
  if (!body.success) return { kind: 'failed', error: apiError('NETWORK_DISCONNECTED') };
  if (!signal.aborted) sink.receive(translate(body.data, jobId));
  return { kind: 'done', etag: response.headers.get('etag') ?? undefined };
}

function translate({ job, epoch, head, events, reset, queue }: JobSnapshotResponse, jobId: string): ServerMessage[] {
  const position = { jobId, job, epoch, head };
  return [
    reset === undefined ? { type: 'subscribed', ...position } : { type: 'reset', reason: reset, ...position },
    { type: 'events', jobId, events },
    ...(queue === undefined ? [] : [{ type: 'queue' as const, jobId, ...queue }]),
  ];
}
