import type { BenchOptions } from '../bench-options.ts';
import { type Figure, interleave } from '../figures.ts';
import type { Requests } from '../load/requests.ts';
import { Remote } from '../remote.ts';
import type { DarkroomServer } from '../servers/darkroom.ts';
import type { JsonAnswer } from '../yardsticks/json-answer.ts';

const CONNECTIONS = 32;

/** What `node:http` adds by itself. */
const OWN_HEADERS = ['connection', 'date', 'keep-alive'];

async function answerOf(url: string): Promise<{ headers: Record<string, string>; body: string }> {
  const response = await fetch(url);
  const headers = [...response.headers].filter(([name]) => !OWN_HEADERS.includes(name));
  return { headers: Object.fromEntries(headers), body: await response.text() };
}

/** `GET /api/jobs/:jobId`, beside a bare server that answers the same bytes. */
export async function snapshotCase({ rounds, quick }: BenchOptions): Promise<Figure[]> {
  const darkroom = new Remote<DarkroomServer>('./servers/darkroom.ts');
  const yardstick = new Remote<JsonAnswer>('./yardsticks/json-answer.ts');
  const requests = new Remote<Requests>('./load/requests.ts');
  try {
    const { port, jobId } = await darkroom.call('finished');
    const path = `/api/jobs/${jobId}`;
    const yardstickPort = await yardstick.call('open', await answerOf(`http://127.0.0.1:${port}${path}`));
    const ms = quick ? 1_000 : 3_000;
    const measure = (at: number) => requests.call('measure', { port: at, path, connections: CONNECTIONS, ms });
    await measure(port);
    await measure(yardstickPort);
    const played = await interleave(
      rounds,
      () => measure(port),
      () => measure(yardstickPort),
    );
    return [{ name: 'GET /api/jobs/:jobId', unit: '/s', better: 'higher', ...played }];
  } finally {
    await Promise.all([requests.stop(), darkroom.stop(), yardstick.stop()]);
  }
}
