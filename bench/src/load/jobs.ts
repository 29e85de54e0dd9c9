/** Jobs from a process of their own: made by several at once, the clock stopped when the last one is completed. */
import { Agent, request } from 'node:http';
import { sleep } from '../clock.ts';
import { serve } from '../remote.ts';

const AT_ONCE = 16;
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

function ask(
  port: number,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ job: { id: string; status: string } }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const asked = request({ port, host: '127.0.0.1', method, path, agent, headers }, async (response) => {
      const text = (await response.toArray()).join('');
      if ((response.statusCode ?? 500) < 300) resolve(JSON.parse(text));
      else reject(new Error(text));
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function untilCompleted(port: number, id: string): Promise<void> {
  for (;;) {
    const { job } = await ask(port, 'GET', `/api/jobs/${id}`);
    if (job.status === 'completed') return;
    if (job.status === 'failed') throw new Error(`job ${id} failed`);
    await sleep(2);
  }
}

const methods = {
  /** Jobs a second from the first POST to the last completion. */
  measure: async ({ port, jobs }: { port: number; jobs: number }) => {
    const ids: string[] = [];
    let started = 0;
    const startedAt = performance.now();
    const maker = async () => {
      while (started++ < jobs) {
        const { job } = await ask(port, 'POST', '/api/jobs', { prompt: `a picture of the number ${started}` });
        ids.push(job.id);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, maker));
    // Jobs end in the order in which they came, but for those that run at once.
    await Promise.all(ids.slice(-2 * AT_ONCE).map((id) => untilCompleted(port, id)));
    const perSecond = (jobs / (performance.now() - startedAt)) * 1_000;
    await Promise.all(ids.map((id) => untilCompleted(port, id)));
    return perSecond;
  },
};
export type Jobs = typeof methods;

serve(methods);
