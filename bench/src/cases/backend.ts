import type { BenchOptions } from '../bench-options.ts';
import { type Figure, interleave, percentile } from '../figures.ts';
import type { Pictures } from '../load/pictures.ts';
import { Remote } from '../remote.ts';
import type { BackendServer } from '../servers/backend.ts';
import type { DarkroomOfBackends } from '../servers/darkroom-of-backends.ts';

/** Slow enough that no two previews become one event. */
const STEP_MS = 100;
const STEPS = 20;

/** What Darkroom adds to a backend's own time: to a picture that is there at once, and to each preview. */
export async function backendCase({ rounds, quick }: BenchOptions): Promise<Figure[]> {
  const backend = new Remote<BackendServer>('./servers/backend.ts');
  const load = new Remote<Pictures>('./load/pictures.ts');
  const servers = [0, 1].map(() => new Remote<DarkroomOfBackends>('./servers/darkroom-of-backends.ts'));
  try {
    const forge = await backend.call('startForge');
    const comfyui = await backend.call('startComfyui', { stepMs: STEP_MS });
    const [port = 0, previewPort = 0] = await Promise.all(
      [`forge+${forge}`, `comfyui+${comfyui}`].map((url, index) => servers[index]?.call('open', { PROVIDERS: url })),
    );
    const times = quick ? 20 : 100;
    const [through, straight] = [
      () => load.call('throughDarkroom', { port, times }),
      () => load.call('straight', { url: forge, times }),
    ];
    await Promise.all([through(), straight()]);
    const pictures = await interleave(rounds, through, straight);
    const added = pictures.darkroom.map((ms, round) => ms - (pictures.yardstick[round] ?? 0));
    return [
      { name: 'a picture from a backend that answers at once: p50', unit: 'ms', better: 'lower', ...pictures },
      { name: 'what Darkroom adds to it: p50', unit: 'ms', better: 'lower', darkroom: added },
      await previewFigure({ backend, load, port: previewPort, rounds }),
    ];
  } finally {
    await Promise.all([load.stop(), ...servers.map((server) => server.stop())]);
    await backend.stop();
  }
}

async function previewFigure({
  backend,
  load,
  port,
  rounds,
}: {
  readonly backend: Remote<BackendServer>;
  readonly load: Remote<Pictures>;
  readonly port: number;
  readonly rounds: number;
}): Promise<Figure> {
  const measured: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    await backend.call('takePreviews');
    const arrived = await load.call('previews', { port, steps: STEPS });
    const left = await backend.call('takePreviews');
    // On a busy machine two steps may have become one event (rule E2).
    if (arrived.length < STEPS - 2) throw new Error(`of ${STEPS} previews ${arrived.length} arrived`);
    const latencies = arrived.map(({ digest, at }) => (at - (left[digest] ?? 0)) / 1_000);
    // The first round warms up.
    if (round > 0) measured.push(percentile(latencies, 99));
  }
  const name = 'a preview, from leaving the backend to its bytes at a reader: p99';
  return { name, unit: 'ms', better: 'lower', darkroom: measured };
}
