/** Pictures one after the other: how long each takes through Darkroom and straight from its backend, and when its previews are there. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { nowUs } from '../clock.ts';
import { percentile } from '../figures.ts';
import { serve } from '../remote.ts';

interface Target {
  readonly port: number;
  readonly steps: number;
}

/** A preview as it comes: the digest of its bytes, and its address. */
type PreviewHandler = (digest: string, path: string) => void;

/** A job on a socket that is open already, until its `end`. */
async function makePicture(socket: WebSocket, { port, steps }: Target, onPreview: PreviewHandler): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/api/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: `a boat ${nowUs()}`, options: { steps } }),
  });
  const { job } = (await response.json()) as { job: { id: string } };
  const ended = new Promise<void>((resolve, reject) => {
    socket.on('message', function listen(data) {
      const text = String(data);
      if (text.includes('"type":"event'))
        for (const [, path = '', digest = ''] of text.matchAll(/"previewUrl":"([^"]+-(\w{12})\.jpg)"/g))
          onPreview(digest, path);
      if (!text.includes('"type":"end"')) return;
      socket.off('message', listen);
      if (text.includes('"status":"completed"')) resolve();
      else reject(new Error(text));
    });
  });
  socket.send(JSON.stringify({ type: 'subscribe', jobId: job.id }));
  await ended;
}

async function withSocket<T>(port: number, work: (socket: WebSocket) => Promise<T>): Promise<T> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { perMessageDeflate: false });
  await once(socket, 'open');
  try {
    return await work(socket);
  } finally {
    socket.terminate();
  }
}

/** Fetches the address; answers when its bytes were here. */
async function fetchAt(url: string): Promise<number> {
  await (await fetch(url)).bytes();
  return nowUs();
}

/** Median of `times` runs, ms. */
async function medianOf(times: number, work: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const startedAt = performance.now();
    await work();
    took.push(performance.now() - startedAt);
  }
  return percentile(took, 50);
}

const methods = {
  /** Through Darkroom: POST until the picture is stored and said to be, ms at the median. */
  throughDarkroom: ({ port, times }: { port: number; times: number }) =>
    withSocket(port, (socket) => medianOf(times, () => makePicture(socket, { port, steps: 5 }, () => {}))),
  /** Straight from a Forge: POST until its answer, ms at the median. */
  straight: ({ url, times }: { url: string; times: number }) =>
    medianOf(times, async () => {
      const body = JSON.stringify({ prompt: `a boat ${nowUs()}`, steps: 5, width: 512, height: 512 });
      const headers = { 'content-type': 'application/json' };
      await (await fetch(`${url}/sdapi/v1/txt2img`, { method: 'POST', headers, body })).json();
    }),
  /** The previews, and when their bytes were here, in µs of the shared clock. */
  previews: ({ port, steps }: Target) =>
    withSocket(port, async (socket) => {
      const fetched: Promise<{ digest: string; at: number }>[] = [];
      await makePicture(socket, { port, steps }, (digest, path) => {
        fetched.push(fetchAt(`http://127.0.0.1:${port}${path}`).then((at) => ({ digest, at })));
      });
      return await Promise.all(fetched);
    }),
};
export type Pictures = typeof methods;

serve(methods);
