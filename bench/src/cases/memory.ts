import type { BenchOptions } from '../bench-options.ts';
import { type Figure, interleave } from '../figures.ts';
import type { LiveServer, Target } from '../live-server.ts';
import type { Readers } from '../load/readers.ts';
import { Remote } from '../remote.ts';

/** Resident memory that each of `count` sockets adds to a fresh server, KiB. */
async function perSocket(server: Remote<LiveServer>, count: number): Promise<number> {
  const readers = new Remote<Readers>('./load/readers.ts');
  try {
    const target: Target = await server.call('open', '{"seq":0}');
    await readers.call('open', { transport: 'ws', target, count: 50, samples: 1 });
    const before = await server.call('memory');
    await readers.call('open', { transport: 'ws', target, count, samples: 1 });
    return ((await server.call('memory')) - before) / count / 1024;
  } finally {
    await readers.stop();
    await server.stop();
  }
}

export async function memoryCase({ quick }: BenchOptions): Promise<Figure[]> {
  const count = quick ? 1_000 : 5_000;
  const played = await interleave(
    quick ? 1 : 3,
    () => perSocket(new Remote<LiveServer>('./servers/darkroom.ts'), count),
    () => perSocket(new Remote<LiveServer>('./yardsticks/ws-broadcast.ts'), count),
  );
  return [{ name: `memory of an idle WebSocket (of ${count})`, unit: 'KiB', better: 'lower', ...played }];
}
