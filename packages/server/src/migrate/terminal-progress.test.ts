import { expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { type Output, TerminalProgress } from './terminal-progress.ts';

function start(traits: Omit<Output, 'write'> = {}) {
  let written = '';
  const clock = new FakeClock();
  const output = { ...traits, write: (text: string) => (written += text) };
  const progress = new TerminalProgress(output, clock);
  const said = () => {
    const text = written;
    written = '';
    return text;
  };
  return { clock, progress, said };
}

it('tells each stage in a line, and a long one now and then too', () => {
  const { clock, progress, said } = start();
  progress.begin('Carrying', { events: 4_000, pictures: 2_000, messages: 0 });
  clock.advance(10_000);
  progress.add('events', 1_500);
  expect(said()).toBe('');
  clock.advance(10_000);
  progress.add('pictures', 500, 80_000_000);
  progress.add('jobs', 1);
  expect(said()).toBe('Carrying   events 1,500/4,000 · pictures 500/2,000 · 80 MB · 4.0 MB/s · 1 min 0 s left\n');
  clock.advance(5_000);
  progress.add('events', 2_500);
  progress.add('pictures', 1_500, 2_420_000_000);
  progress.begin('Comparing', { jobs: 30 });
  expect(said()).toBe('Carrying   events 4,000 · pictures 2,000 · 2.5 GB · 100 MB/s · 25.0 s\n');
  clock.advance(2_000);
  progress.add('jobs', 15);
  progress.end();
  progress.end();
  expect(said()).toBe('Comparing  jobs 15/30 · 8/s\n');
});

it('draws the same line again on a terminal, no wider than that, and leaves the last one whole', () => {
  const { clock, progress, said } = start({ isTTY: true, columns: 30 });
  progress.begin('Looking', { jobs: 1_000 });
  clock.advance(500);
  progress.add('jobs', 250);
  expect(said()).toBe('\r\u001b[KLooking    jobs 250/1,000');
  clock.advance(100);
  progress.add('jobs', 250);
  expect(said()).toBe('');
  progress.add('jobs', 500);
  progress.end();
  expect(said()).toBe('\r\u001b[KLooking    jobs 1,000 · 1,667/s · 0.6 s\n');
});
