import type { ServerMessage } from '@darkroom/protocol';
import { expect, test, vi } from 'vitest';
import type { Ending } from '../session/session-state.ts';
import { TestJob } from '../testing/test-job.ts';
import { sseTransport } from './sse.ts';

const job = new TestJob();
job.steps(2);

/** What a stream of these chunks comes to. */
async function read(chunks: readonly Uint8Array[], headers = { 'content-type': 'text/event-stream; charset=utf-8' }) {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const urls: string[] = [];
  const fetch = async (input: RequestInfo | URL) => {
    urls.push(String(input));
    return new Response(body, { headers });
  };
  const baseUrl = new URL('http://host/below/');
  const messages: ServerMessage[] = [];
  const endings: Ending[] = [];
  const transport = sseTransport({ baseUrl, fetch, WebSocket: undefined, now: () => 0 });
  const sink = {
    receive: (heard: readonly ServerMessage[]) => void messages.push(...heard),
    end: (ending: Ending) => void endings.push(ending),
  };
  transport.open({ jobId: job.id, after: 1, epoch: 'e1' }, sink);
  await vi.waitFor(() => expect(endings).toHaveLength(1));
  return { messages, ending: endings[0], urls };
}

const bytes = (text: string) => new TextEncoder().encode(text);

test('[P2] an id on a control message moves nothing: events carry their own number', async () => {
  const event = job.events[1];
  const stream = `id: 99\nevent: ping\ndata: {"now":5}\n\ndata: ${JSON.stringify(event)}\n\nid: 7\nevent: bye\ndata: {"afterMs":9}\n\n`;
  const { messages, urls } = await read([bytes(stream)]);
  expect(messages).toEqual([
    { type: 'ping', now: 5 },
    { type: 'event', event },
    { type: 'bye', afterMs: 9 },
  ]);
  expect(urls).toEqual([`http://host/below/api/jobs/${job.id}/events?after=1&epoch=e1`]);
});

test('[S2] a snapshot comes as subscribed; what is not understood is passed over', async () => {
  const stream = `event: job\ndata: ${JSON.stringify(job.snapshot())}\n\nevent: news\ndata: {}\n\nevent: ping\ndata: 5\n\ndata: {\n\n`;
  const { messages } = await read([bytes(stream)]);
  expect(messages).toEqual([{ type: 'subscribed', jobId: job.id, ...job.snapshot() }]);
});

test('[S1] retry: is handed on, and an end without a word is a clean one', async () => {
  expect((await read([bytes('retry: 2500\n\n')])).ending).toEqual({ kind: 'done', floorMs: 2_500 });
});

test('[C1] a page that answers in the place of the stream is no stream', async () => {
  const { ending } = await read([bytes('<h1>Log in to this network</h1>')], { 'content-type': 'text/html' });
  expect(ending).toMatchObject({ kind: 'failed', error: { code: 'STREAM_UNAVAILABLE' } });
});

test('[S1] a stream without end of line does not fill the memory', async () => {
  const { ending } = await read(Array.from({ length: 30 }, () => bytes('x'.repeat(100_000))));
  expect(ending).toMatchObject({ kind: 'failed' });
});
