/** From a POST to the new job's first event on a socket that is open already, one job after the other. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { sleep } from '../clock.ts';
import { percentile } from '../figures.ts';
import { serve } from '../remote.ts';

async function timeOne(socket: WebSocket, url: string): Promise<number> {
  const startedAt = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"prompt":"a small boat"}',
  });
  const { job } = (await response.json()) as { job: { id: string } };
  const first = new Promise<void>((resolve) => {
    socket.on('message', function listen(data) {
      if (!String(data).includes('"seq":1')) return;
      socket.off('message', listen);
      resolve();
    });
  });
  socket.send(JSON.stringify({ type: 'subscribe', jobId: job.id }));
  await first;
  return performance.now() - startedAt;
}

const methods = {
  measure: async ({ port, times }: { port: number; times: number }) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { perMessageDeflate: false });
    await once(socket, 'open');
    const took: number[] = [];
    for (let i = 0; i < times; i++) {
      took.push(await timeOne(socket, `http://127.0.0.1:${port}/api/jobs`));
      await sleep(60);
    }
    socket.terminate();
    return { p50: percentile(took, 50), p99: percentile(took, 99) };
  },
};
export type FirstEventLoad = typeof methods;

serve(methods);
