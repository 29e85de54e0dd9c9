import { describe, expect, test } from 'vitest';
import {
  beat,
  deliver,
  grace,
  greet,
  hasten,
  hear,
  isBelow,
  isFresh,
  type Lane,
  type LaneState,
  type LiveLane,
  type Loss,
  laneDue,
  linkOf,
  loseLane,
  newLane,
  openLane,
  overdue,
  rest,
  shouldOpen,
} from './lane.ts';

const NOW = 1_000_000;
const MOMENT = { now: NOW, random: 0.5 };

const OFF: LaneState = { at: 'off' };
const OPENING: LaneState = { at: 'opening', link: 7, since: NOW, probe: false };
const PROBE: LaneState = { ...OPENING, probe: true };
const WAITING: LaneState = { at: 'waiting', until: NOW + 450 };
const DEMOTED: LaneState = { at: 'demoted', probeAt: NOW + 30_000 };
const STOPPED: LaneState = { at: 'demoted', probeAt: Number.POSITIVE_INFINITY };
const LIVE: LiveLane = {
  at: 'live',
  link: 7,
  since: NOW,
  heardAt: NOW,
  delivered: false,
  minLag: Number.POSITIVE_INFINITY,
  clumps: 0,
  clumpAt: Number.NEGATIVE_INFINITY,
  graceUntil: NOW,
};

const lane = (state: LaneState, patch: Partial<Lane> = {}): Lane => ({ ...newLane(), state, ...patch });
const live = (patch: Partial<LiveLane> = {}, history: Partial<Lane> = {}): Lane => lane({ ...LIVE, ...patch }, history);
const STATES = { off: OFF, opening: OPENING, probe: PROBE, waiting: WAITING, demoted: DEMOTED, stopped: STOPPED };
const NOT_LIVE = Object.entries(STATES).map(([name, state]) => ({ name, state }));

describe('a new lane', () => {
  test('is off, with nothing known against it', () => {
    expect(newLane()).toEqual({
      state: OFF,
      attempt: 0,
      fails: 0,
      strikes: 0,
      probes: 0,
      proven: false,
      cause: undefined,
    });
  });

  test('[C8] is demoted as blocked where that is remembered', () => {
    expect(newLane(NOW)).toMatchObject({ state: { at: 'demoted', probeAt: NOW }, cause: 'blocked' });
  });
});

describe('what is read off a lane', () => {
  test.each([
    { name: 'off', at: lane(OFF), link: undefined, below: false, fresh: true, due: undefined, opens: true },
    {
      name: 'opening',
      at: lane(OPENING),
      link: 7,
      below: false,
      fresh: true,
      due: NOW + 5_000,
      opens: false,
    },
    { name: 'a probe', at: lane(PROBE), link: 7, below: true, fresh: false, due: NOW + 5_000, opens: false },
    { name: 'live', at: live(), link: 7, below: false, fresh: false, due: NOW + 25_000, opens: false },
    { name: 'waiting', at: lane(WAITING), link: undefined, below: false, fresh: false, due: NOW + 450, opens: false },
    {
      name: 'demoted',
      at: lane(DEMOTED),
      link: undefined,
      below: true,
      fresh: false,
      due: NOW + 30_000,
      opens: false,
    },
    { name: 'stopped', at: lane(STOPPED), link: undefined, below: true, fresh: false, due: undefined, opens: false },
  ])('$name', ({ at, link, below, fresh, due, opens }) => {
    expect(linkOf(at)).toBe(link);
    expect(isBelow(at)).toBe(below);
    expect(isFresh(at)).toBe(fresh);
    expect(laneDue(at)).toBe(due);
    expect(shouldOpen(at, NOW)).toBe(opens);
  });

  test('after a failed try nothing is fresh', () => {
    expect(isFresh(lane(OFF, { attempt: 1 }))).toBe(false);
    expect(isFresh(lane(OPENING, { attempt: 1 }))).toBe(false);
  });

  test('a grace puts the silence off', () => {
    expect(laneDue(live({ graceUntil: NOW + 26_000 }))).toBe(NOW + 26_000);
  });

  test.each([
    { name: 'waiting', state: WAITING, due: NOW + 450 },
    { name: 'demoted', state: DEMOTED, due: NOW + 30_000 },
  ])('a lane that is $name opens when its time has come, not before', ({ state, due }) => {
    expect(shouldOpen(lane(state), due - 1)).toBe(false);
    expect(shouldOpen(lane(state), due)).toBe(true);
    expect(shouldOpen(lane(state), due + 1)).toBe(true);
  });
});

describe('opening and greeting', () => {
  test.each(NOT_LIVE)('a lane that is $name opens; a try from below is a probe', ({ state }) => {
    const opened = openLane(lane(state, { attempt: 3 }), 9, NOW);
    expect(opened).toEqual(lane({ at: 'opening', link: 9, since: NOW, probe: state.at === 'demoted' }, { attempt: 3 }));
  });

  test('the greeting proves the lane and keeps its backoff', () => {
    const greeted = greet(lane(OPENING, { attempt: 2, fails: 2, strikes: 1, probes: 4 }), NOW + 3);
    expect(greeted).toEqual(
      live(
        { since: NOW + 3, heardAt: NOW + 3, graceUntil: NOW + 3 },
        { attempt: 2, fails: 0, strikes: 1, probes: 4, proven: true },
      ),
    );
  });

  test('only an opening is greeted', () => {
    for (const at of [lane(OFF), lane(WAITING), lane(DEMOTED), live({ heardAt: NOW - 9 })])
      expect(greet(at, NOW)).toBe(at);
  });
});

describe('messages', () => {
  test.each(NOT_LIVE)('a lane that is $name is not changed by what arrives', ({ state }) => {
    const at = lane(state, { strikes: 1 });
    expect(hear(at, NOW)).toBe(at);
    expect(deliver(at)).toBe(at);
    expect(beat(at, NOW, NOW)).toBe(at);
    expect(grace(at, NOW)).toBe(at);
  });

  test('[C2] anything that arrives puts the silence off', () => {
    expect(hear(live(), NOW + 25_000)).toEqual(live({ heardAt: NOW + 25_000 }));
  });

  test('[C3] after a sleep, lateness proves nothing for a second', () => {
    expect(hear(live(), NOW + 25_001)).toEqual(live({ heardAt: NOW + 25_001, graceUntil: NOW + 26_001 }));
  });

  test('[C2] a durable event is progress', () => {
    expect(deliver(live({}, { strikes: 1 }))).toEqual(live({ delivered: true }));
  });

  test('a grace lasts a second', () => {
    expect(grace(live({}, { strikes: 1 }), NOW)).toEqual(live({ graceUntil: NOW + 1_000 }, { strikes: 1 }));
  });
});

describe('heartbeats', () => {
  test('[C3] the quickest one is the measure, in whatever clock', () => {
    const ahead = beat(live(), NOW + 9_000, NOW);
    expect(ahead).toEqual(live({ minLag: -9_000 }));
    expect(beat(ahead, NOW, NOW + 10)).toEqual(live({ minLag: -9_000, clumps: 1, clumpAt: NOW + 10 }));
    expect(beat(live({ minLag: 50 }), NOW - 20, NOW)).toEqual(live({ minLag: 20 }));
  });

  test.each([
    { title: 'more than 5 s late', late: 5_001, clumps: 1 },
    { title: '5 s late', late: 5_000, clumps: 0 },
    { title: 'late within the grace', late: 6_000, at: NOW, clumps: 0 },
    { title: 'late a second after the last late one', late: 6_000, clumpAt: NOW - 990, clumps: 0 },
    { title: 'late more than a second after the last late one', late: 6_000, clumpAt: NOW - 991, clumps: 1 },
  ])('[C3] $title: $clumps', ({ late, at = NOW + 10, clumpAt = Number.NEGATIVE_INFINITY, clumps }) => {
    const after = beat(live({ minLag: 100, clumpAt }), at - 100 - late, at);
    expect(after).toEqual(live({ minLag: 100, clumps, clumpAt: clumps === 1 ? at : clumpAt }));
  });

  test('[C2] heartbeats for longer than the silence are progress', () => {
    const at = live({ minLag: 0 }, { strikes: 1 });
    expect(beat(at, NOW + 25_000, NOW + 25_000).strikes).toBe(1);
    expect(beat(at, NOW + 25_001, NOW + 25_001).strikes).toBe(0);
  });
});

describe('what time makes of a lane', () => {
  const late = NOW + 26_000;

  test.each<{ title: string; at: Lane; now: number; expected: Loss | 'grace' | undefined }>([
    { title: 'an opening in time', at: lane(OPENING), now: NOW + 4_999, expected: undefined },
    { title: 'an opening after 5 s', at: lane(OPENING), now: NOW + 5_000, expected: { kind: 'timeout' } },
    { title: 'nothing open', at: lane(OFF), now: late, expected: undefined },
    { title: 'waiting', at: lane(WAITING), now: late, expected: undefined },
    { title: 'demoted', at: lane(DEMOTED), now: late, expected: undefined },
    { title: 'one late clump', at: live({ clumps: 1 }), now: NOW, expected: undefined },
    { title: 'two late clumps', at: live({ clumps: 2 }), now: NOW, expected: { kind: 'buffered' } },
    { title: 'a quiet live lane', at: live(), now: NOW + 24_999, expected: undefined },
    { title: 'a silent live lane', at: live(), now: NOW + 25_000, expected: { kind: 'silent' } },
    { title: 'a timer that is hardly late', at: live(), now: NOW + 25_999, expected: { kind: 'silent' } },
    { title: 'a timer a second late', at: live(), now: late, expected: 'grace' },
    {
      title: 'a grace that is not over',
      at: live({ graceUntil: late + 1_000 }),
      now: late + 999,
      expected: undefined,
    },
    {
      title: 'a grace that is over, with a late timer',
      at: live({ graceUntil: late + 1_000 }),
      now: late + 9_000,
      expected: { kind: 'silent' },
    },
  ])('[C1] [C2] $title', ({ at, now, expected }) => {
    expect(overdue(at, now)).toEqual(expected);
  });
});

describe('a loss', () => {
  const waits = (ms: number) => ({ at: 'waiting', until: NOW + ms });
  const demoted = (ms: number) => ({ at: 'demoted', probeAt: NOW + ms });

  test.each<{ title: string; at: Lane; loss: Loss; state: object; cause?: string | undefined }>([
    { title: 'a first opening that fails', at: lane(OPENING), loss: { kind: 'failed' }, state: demoted(30_000) },
    { title: 'an opening without a greeting', at: lane(OPENING), loss: { kind: 'timeout' }, state: demoted(30_000) },
    {
      title: 'a proven lane without a greeting',
      at: lane(OPENING, { proven: true }),
      loss: { kind: 'timeout' },
      state: demoted(30_000),
      cause: 'lost',
    },
    { title: 'a buffered lane', at: live(), loss: { kind: 'buffered' }, state: demoted(30_000) },
    {
      title: 'a proven lane that is buffered',
      at: live({}, { proven: true }),
      loss: { kind: 'buffered' },
      state: demoted(30_000),
    },
    {
      title: 'a stop',
      at: live({}, { proven: true }),
      loss: { kind: 'stopped' },
      state: demoted(Number.POSITIVE_INFINITY),
      cause: 'lost',
    },
    {
      title: 'a second silence',
      at: live({}, { strikes: 1, proven: true }),
      loss: { kind: 'silent' },
      state: demoted(30_000),
      cause: 'lost',
    },
    {
      title: 'a third failure of a proven lane',
      at: lane(OPENING, { fails: 2, proven: true }),
      loss: { kind: 'failed' },
      state: demoted(30_000),
      cause: 'lost',
    },
    {
      title: 'a third failure though the server asked to wait',
      at: lane(OPENING, { fails: 2 }),
      loss: { kind: 'failed', afterMs: 9 },
      state: demoted(30_000),
    },
    {
      title: 'a failed second probe',
      at: lane(PROBE, { probes: 1, proven: true, cause: 'blocked' }),
      loss: { kind: 'closed' },
      state: demoted(120_000),
      cause: 'blocked',
    },
    {
      title: 'another cause than before, in an opening that is no probe',
      at: lane(OPENING, { fails: 2, proven: true, cause: 'blocked' }),
      loss: { kind: 'failed' },
      state: demoted(30_000),
      cause: 'lost',
    },
    { title: 'a probe without a known cause', at: lane(PROBE), loss: { kind: 'failed' }, state: demoted(30_000) },
    {
      title: 'another cause than before, where it was no probe',
      at: live({}, { probes: 2, proven: true, cause: 'blocked', strikes: 1 }),
      loss: { kind: 'silent' },
      state: demoted(600_000),
      cause: 'lost',
    },
    {
      title: 'a probe after many',
      at: lane(PROBE, { probes: 9, cause: 'lost' }),
      loss: { kind: 'failed' },
      state: demoted(600_000),
      cause: 'lost',
    },
  ])('[C1] [C3] [C7] $title gives the lane up', ({ at, loss, state, cause = 'blocked' }) => {
    const { probes } = at;
    expect(loseLane({ ...at, attempt: 5 }, loss, MOMENT)).toEqual({
      ...at,
      ...{ attempt: 0, fails: 0, strikes: 0, probes: probes + 1 },
      cause,
      state,
    });
  });

  test.each<{ title: string; at: Lane; loss: Loss; state: object; counts?: Partial<Lane> }>([
    { title: 'a clean end', at: live(), loss: { kind: 'closed' }, state: waits(450) },
    { title: 'a first silence', at: live(), loss: { kind: 'silent' }, state: waits(450), counts: { strikes: 1 } },
    {
      title: 'a clean end after failures',
      at: live({}, { fails: 5, strikes: 5 }),
      loss: { kind: 'closed' },
      state: waits(450),
    },
    {
      title: 'a second failure of a proven lane',
      at: lane(OPENING, { fails: 1, proven: true }),
      loss: { kind: 'failed' },
      state: waits(450),
      counts: { fails: 2 },
    },
    {
      title: 'a failure where the server asked to wait',
      at: lane(OPENING),
      loss: { kind: 'failed', afterMs: 3 },
      state: waits(3),
      counts: { fails: 1 },
    },
    { title: 'a wait that was asked for', at: live(), loss: { kind: 'closed', afterMs: 0 }, state: waits(0) },
    {
      title: 'a wait that was asked for, over a floor',
      at: live(),
      loss: { kind: 'closed', afterMs: 100, floorMs: 700 },
      state: waits(100),
    },
    { title: 'too long a wait', at: live(), loss: { kind: 'closed', afterMs: 1e9 }, state: waits(600_000) },
    { title: 'a floor below the backoff', at: live(), loss: { kind: 'closed', floorMs: 449 }, state: waits(450) },
    { title: 'a floor above the backoff', at: live(), loss: { kind: 'closed', floorMs: 451 }, state: waits(451) },
    { title: 'too high a floor', at: live(), loss: { kind: 'closed', floorMs: 1e9 }, state: waits(600_000) },
  ])('[C2] [C4] [C5] $title opens the lane again', ({ at, loss, state, counts = {} }) => {
    expect(loseLane(at, loss, MOMENT)).toEqual({ ...at, attempt: 1, ...counts, state });
  });

  test.each([
    { title: 'delivered and lived 10 s', patch: { delivered: true, since: NOW - 10_000 }, worked: true },
    { title: 'delivered and lived less', patch: { delivered: true, since: NOW - 9_999 }, worked: false },
    { title: 'lived and delivered nothing', patch: { delivered: false, since: NOW - 60_000 }, worked: false },
  ])('[C5] a connection that $title: the backoff starts over = $worked', ({ patch, worked }) => {
    const lost = loseLane(live(patch, { attempt: 3, probes: 2 }), { kind: 'closed' }, MOMENT);
    expect(lost).toMatchObject({ attempt: worked ? 1 : 4, probes: worked ? 0 : 2 });
    expect(lost.state).toEqual(worked ? waits(450) : waits(200 + 2_000));
  });
});

describe('hasten', () => {
  test.each([
    { name: 'waiting', state: WAITING, now: NOW, expected: { at: 'waiting', until: NOW } },
    { name: 'waiting, due', state: WAITING, now: NOW + 900, expected: WAITING },
    { name: 'demoted', state: DEMOTED, now: NOW, expected: { at: 'demoted', probeAt: NOW } },
    { name: 'demoted, due', state: DEMOTED, now: NOW + 90_000, expected: DEMOTED },
    { name: 'stopped', state: STOPPED, now: NOW, expected: STOPPED },
    { name: 'off', state: OFF, now: NOW, expected: OFF },
    { name: 'opening', state: OPENING, now: NOW, expected: OPENING },
    { name: 'live', state: LIVE, now: NOW, expected: LIVE },
  ])('[C7] a lane that is $name', ({ state, now, expected }) => {
    expect(hasten(lane(state, { attempt: 2 }), now)).toEqual({ ...lane(OFF, { attempt: 2 }), state: expected });
  });
});

describe('rest', () => {
  test.each([
    { name: 'off', state: OFF, expected: OFF },
    { name: 'opening', state: OPENING, expected: OFF },
    { name: 'live', state: LIVE, expected: OFF },
    { name: 'waiting', state: WAITING, expected: OFF },
    { name: 'demoted', state: DEMOTED, expected: DEMOTED },
    { name: 'stopped', state: STOPPED, expected: STOPPED },
    { name: 'a probe', state: PROBE, expected: DEMOTED },
  ])('a lane that is $name closes; a demotion stays one', ({ state, expected }) => {
    expect(rest(lane(state, { attempt: 2 }), NOW)).toEqual(lane(expected, { attempt: 2 }));
  });
});
