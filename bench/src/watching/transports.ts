import { get } from 'node:http';
import { isFinal, JobSnapshotResponse, ProgressEvent, ServerMessage, type TransportMode } from '@darkroom/protocol';
import { WebSocket } from 'ws';

/** Takes one event; false: the reader leaves now. Throws when it is not the next one. */
export type Take = (event: ProgressEvent) => boolean;

/** Reads a job's events after `afterSeq` until its end, or until `take` wants to leave. */
export type Read = (reading: Reading) => Promise<'ended' | 'left'>;

export interface Reading {
  readonly url: string;
  readonly jobId: string;
  readonly afterSeq: number;
  readonly take: Take;
}

/** False as soon as one is not wanted. */
const takeAll = (events: readonly ProgressEvent[], take: Take) => events.every((event) => take(event));

/** What one message of a socket says; undefined: go on. */
function onSocketMessage(message: ServerMessage, take: Take): 'ended' | 'left' | undefined {
  if (message.type === 'end') return 'ended';
  if (message.type === 'event') return take(message.event) ? undefined : 'left';
  if (message.type === 'events') return takeAll(message.events, take) ? undefined : 'left';
  if (message.type === 'error') throw new Error(message.error.message);
  return undefined;
}

function readSocket({ url, jobId, afterSeq, take }: Reading): Promise<'ended' | 'left'> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { perMessageDeflate: false });
  return new Promise<'ended' | 'left'>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', (code) => reject(new Error(`the socket was closed with ${code}`)));
    socket.on('message', (data) => {
      try {
        const message = ServerMessage.parse(JSON.parse(String(data)));
        if (message.type === 'hello') socket.send(JSON.stringify({ type: 'subscribe', jobId, afterSeq }));
        if (message.type === 'ping') socket.send('{"type":"pong"}');
        const outcome = onSocketMessage(message, take);
        if (outcome !== undefined) resolve(outcome);
      } catch (thrown) {
        reject(thrown);
      }
    });
  }).finally(() =>
    socket
      .removeAllListeners()
      .on('error', () => {})
      .terminate(),
  );
}

/** What one message of the stream says; undefined: go on. */
function onStreamMessage(text: string, take: Take): 'ended' | 'left' | undefined {
  const name = /^event: (.*)$/m.exec(text)?.[1];
  const data = /^data: (.*)$/m.exec(text)?.[1];
  if (name === 'end') return 'ended';
  if (name === 'error') throw new Error(data);
  if (name !== undefined || data === undefined) return undefined;
  return take(ProgressEvent.parse(JSON.parse(data))) ? undefined : 'left';
}

function readStream({ url, jobId, afterSeq, take }: Reading): Promise<'ended' | 'left'> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}/api/jobs/${jobId}/events?after=${afterSeq}`, async (response) => {
      try {
        if (response.statusCode === 204) return resolve('ended');
        resolve(await readMessages(response.setEncoding('utf8'), take));
      } catch (thrown) {
        reject(thrown);
      } finally {
        request.destroy();
      }
    });
    request.on('error', reject);
  });
}

async function readMessages(chunks: AsyncIterable<string>, take: Take): Promise<'ended' | 'left'> {
  let text = '';
  for await (const chunk of chunks) {
    const messages = (text + chunk).split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages) {
      const outcome = onStreamMessage(message, take);
      if (outcome !== undefined) return outcome;
    }
  }
  throw new Error('the stream ended without `end`');
}

async function readByPolling({ url, jobId, afterSeq, take }: Reading): Promise<'ended' | 'left'> {
  for (let seq = afterSeq; ; ) {
    const response = await fetch(`${url}/api/jobs/${jobId}?after=${seq}&wait=10`);
    if (!response.ok) throw new Error(await response.text());
    const { job, events, head } = JobSnapshotResponse.parse(await response.json());
    if (!takeAll(events, take)) return 'left';
    seq = events.at(-1)?.seq ?? seq;
    if (isFinal(job) && seq === head) return 'ended';
  }
}

export const READ: Readonly<Record<TransportMode, Read>> = {
  ws: readSocket,
  sse: readStream,
  poll: readByPolling,
};
