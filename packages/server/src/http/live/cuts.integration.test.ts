import type { ProgressEvent } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../jobs/transition.ts';
import { getSnapshot, postJob, startManual } from '../../testing/api.ts';
import { eventually } from '../../testing/eventually.ts';
import { createRandom, type Random } from '../../testing/random.ts';
import { openSocket } from '../../testing/socket-reader.ts';
import { openSse } from '../../testing/sse-reader.ts';

/** Events before the first reader comes: more than are kept in memory. */
const BACKLOG = 300;
const LIVE = 120;
const HEAD = BACKLOG + LIVE + 4;

type Server = Awaited<ReturnType<typeof startManual>>;

/** A reader on its way through a job: what it has, and how often it was cut. */
interface Journey {
  readonly events: ProgressEvent[];
  cuts: number;
}

/** Some events after a position, by one transport, until it is cut. */
type Leg = (server: Server, jobId: string, after: number, random: Random) => Promise<readonly ProgressEvent[]>;

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** So few at a time that each journey has several cuts, even where many events arrive at once. */
const EVENTS_PER_LEG = 30;

/** Waits for `enough` events or the end; every other time only for some turns. */
const someTime = async (random: Random, enough: number, arrived: () => number, over: Promise<unknown>) => {
  const patience = random.below(2) === 0 ? random.below(40) : undefined;
  let isOver = false;
  void over.finally(() => {
    isOver = true;
  });
  const isEnough = () => isOver || arrived() >= enough;
  if (patience === undefined) await eventually(isEnough);
  else for (let turn = 0; turn < patience && !isEnough(); turn++) await turns(1);
};

const LEGS: readonly [Leg, Leg, Leg] = [
  async ({ url }, jobId, afterSeq, random) => {
    const enough = 1 + random.below(EVENTS_PER_LEG);
    const socket = await openSocket(url);
    if (random.below(4) > 0) await socket.next('hello');
    socket.send({ type: 'subscribe', jobId, afterSeq });
    const over = socket.next('end', jobId).catch(() => {});
    await someTime(random, enough, () => socket.events.length, over);
    const events = socket.events.slice(0, enough);
    socket.cut();
    return events;
  },
  async ({ url }, jobId, after, random) => {
    const enough = 1 + random.below(EVENTS_PER_LEG);
    const byHeader = random.below(2) === 0;
    const stream = await openSse(
      `${url}/api/jobs/${jobId}/events${byHeader ? '?after=0' : `?after=${after}`}`,
      byHeader ? { 'last-event-id': String(after) } : {},
    );
    await someTime(random, enough, () => stream.events.length, stream.closed);
    const events = stream.events.slice(0, enough);
    stream.cut();
    return events;
  },
  async ({ url }, jobId, after, random) => {
    const aborted = new AbortController();
    const wait = random.below(2);
    const answer = fetch(`${url}/api/jobs/${jobId}?after=${after}&wait=${wait}`, { signal: aborted.signal });
    if (random.below(3) === 0) {
      await turns(random.below(10));
      aborted.abort();
    }
    const response = await answer.catch(() => undefined);
    if (response === undefined) return [];
    return (await getSnapshot(url, jobId, `?after=${after}`)).events.slice(0, EVENTS_PER_LEG);
  },
];

async function travel(server: Server, jobId: string, random: Random): Promise<Journey> {
  const journey: Journey = { events: [], cuts: 0 };
  while ((journey.events.at(-1)?.seq ?? 0) < HEAD) {
    const after = journey.events.at(-1)?.seq ?? 0;
    journey.events.push(...(await random.pick(LEGS)(server, jobId, after, random)));
    journey.cuts++;
  }
  return journey;
}

/** Writes the job's log at a random pace, in bursts, to its end. */
async function writeLog({ log }: Server, jobId: string, random: Random): Promise<void> {
  for (let seq = BACKLOG + 2; seq < HEAD - 1; ) {
    const burst = Math.min(1 + random.below(6), HEAD - 1 - seq);
    const writes = Array.from({ length: burst }, (_none, index) => log.append(jobId, seq + index, step(seq + index)));
    for (const { outcome } of await Promise.all(writes)) expect(outcome).toBe('appended');
    seq += burst;
    await turns(random.below(60));
  }
  await log.appendAtHead(jobId, { type: 'cancel' });
}

const step = (seq: number): Change => ({ type: 'progress', percent: seq % 100, step: seq, steps: HEAD });

describe('A reader that is cut at any moment', () => {
  it.each([1, 2, 3, 4])(
    '[P1][P2][P4] and comes back by another transport gets exactly every event, once, in order (seed %i)',
    async (seed) => {
      const random = createRandom(seed);
      const server = await startManual();
      const { id } = await postJob(server.url);
      await server.provider.nextRun();
      await Promise.all(
        Array.from({ length: BACKLOG }, (_none, index) => server.log.append(id, index + 2, step(index + 2))),
      );
      const writing = writeLog(server, id, createRandom(seed + 100));
      const journeys = await Promise.all([1, 2, 3, 4].map(() => travel(server, id, random)));
      await writing;
      const truth = await readTruth(server, id);
      for (const { events } of journeys) expect(events).toEqual(truth);
      expect(journeys.reduce((sum, { cuts }) => sum + cuts, 0)).toBeGreaterThan(50);
    },
  );
});

async function readTruth({ log }: Server, jobId: string) {
  const events: ProgressEvent[] = [];
  for (;;) {
    const batch = await log.readEvents(jobId, events.length);
    if (batch.length === 0) break;
    events.push(...batch.map(({ event }) => event));
  }
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index + 1));
  return events;
}
