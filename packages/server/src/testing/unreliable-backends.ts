import { type Behaviour, type FakeOpenai, startFakeOpenai } from '@darkroom/fake-backends';
import type { Job } from '@darkroom/protocol';
import { createRandom } from './random.ts';

/** What an unreliable backend does instead of a picture. All of it is over in a moment, so that many jobs can be run. */
const FAILURES: readonly [Behaviour, ...Behaviour[]] = [
  { kind: 'fails', how: 'server-error' },
  { kind: 'fails', how: 'rate-limit', retryAfterS: 0 },
  { kind: 'fails', how: 'out-of-memory' },
  { kind: 'fails', how: 'rejection' },
  { kind: 'garbage' },
  { kind: 'cut' },
];

/** Two backends each of whose submissions fails with a chance of `failing` (0–1), and the `PROVIDERS` that names them. */
export async function startUnreliableBackends(submissions: number, failing: number, seed = 1) {
  const random = createRandom(seed);
  const backends: FakeOpenai[] = [];
  for (let i = 0; i < 2; i++) {
    const backend = await startFakeOpenai({ edge: 8 });
    const plan = Array.from({ length: submissions }, () =>
      random.next() < failing ? random.pick(FAILURES) : ({ kind: 'normal' } as const),
    );
    backend.plan(...plan);
    backends.push(backend);
  }
  const urls = backends.map(({ url }) => `${url.replace('http', 'openai+http')}/v1?model=gpt-image-2&concurrency=8`);
  return {
    backends,
    environment: { PROVIDERS: urls.join(','), RETRY_DELAYS: '1ms,2ms,4ms', BREAKER_OPEN: '50ms' },
    close: () => Promise.all(backends.map((backend) => backend.close())),
  };
}

/** Whether a job's end is what its log may say: a stored picture, or a reason. */
export function endsTruthfully({ status, resultUrls, error }: Job): boolean {
  if (status === 'completed') return resultUrls?.length === 1 && error === undefined;
  return status === 'failed' && error !== undefined && error.message !== '';
}
