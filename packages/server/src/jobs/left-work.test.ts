import type { Job } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { ProviderError } from '../provider-error.ts';
import { setUpCore } from '../testing/core.ts';
import { eventually } from '../testing/eventually.ts';
import { createManualProvider } from '../testing/manual-provider.ts';
import { firstEvent, sampleJob } from '../testing/sample-job.ts';
import { endLeftWork } from './left-work.ts';
import type { Change } from './transition.ts';

const AGAIN_MS = 1_000;
const UNREACHABLE = new ProviderError('NETWORK_DISCONNECTED');

const START: Change = { type: 'start', provider: 'one' };
const UPLOADED: Change = { type: 'upload' };
const FAILED: Change = { type: 'fail', error: { code: 'SERVER_ERROR', message: 'It failed.', retryable: true } };
const RETRIED: Change = { type: 'retry' };
const ENDED: Change = { type: 'rescue', left: 'ended' };

/** Backend `one` has taken work, under this id and at this address. */
const accepted = (upstreamId: string, upstreamAt?: string): Change => ({
  type: 'accept',
  upstreamId,
  ...(upstreamAt !== undefined && { upstreamAt }),
});

/** What one question to the backend comes to: nothing, or what it throws. */
type Answer = (signal: AbortSignal) => Promise<void>;

/** A job with this history, and a backend `one` that is asked to end what it has; by default it does. */
async function setUp(changes: readonly Change[], answer: Answer = async () => {}) {
  const asked: string[] = [];
  const provider = createManualProvider({
    name: 'one',
    stopLeft: (upstreamId, signal) => {
      asked.push(upstreamId);
      return answer(signal);
    },
  });
  const other = createManualProvider({ name: 'other' });
  const core = await setUpCore({ providers: [provider, other] });
  const created = sampleJob();
  await core.store.createJob(created, 'epoch-1', firstEvent(created));
  // Written in one turn: each builds on the one before.
  const written = changes.map((change, index) => core.log.append(created.id, index + 1, change));
  for (const { outcome } of await Promise.all(written)) expect(outcome).toBe('appended');
  const job = (await core.log.load(created.id))?.job ?? created;
  const stop = new AbortController();
  const end = (fields: Partial<Job> = {}) => endLeftWork({ ...job, ...fields }, { ...core, signal: stop.signal });
  return { ...core, job, asked, stop, end };
}

describe('endLeftWork', () => {
  it.each<{ what: string; changes: readonly Change[]; ended: readonly string[] }>([
    { what: 'nothing, if nothing was begun', changes: [START], ended: [] },
    { what: 'the work of the last run', changes: [START, accepted('u-1'), ENDED], ended: ['u-1'] },
    { what: 'only the newest work', changes: [START, accepted('u-1'), accepted('u-2')], ended: ['u-2'] },
    {
      what: 'no work whose picture is stored',
      changes: [START, accepted('u-1'), { type: 'picture', resultUrls: ['/1'] }],
      ended: [],
    },
    {
      what: 'the work on the picture after that',
      changes: [START, accepted('u-1'), { type: 'picture', resultUrls: ['/1'] }, accepted('u-2')],
      ended: ['u-2'],
    },
    {
      what: 'work that a failed attempt left, before a retry',
      changes: [START, accepted('u-1'), UPLOADED, FAILED, RETRIED],
      ended: ['u-1'],
    },
    { what: 'work at the address of a backend', changes: [START, accepted('u-1', 'one')], ended: ['u-1'] },
    { what: 'no work at an address that is not here', changes: [START, accepted('u-1', 'two')], ended: [] },
  ])('[J3] ends $what', async ({ changes, ended }) => {
    const { end, asked } = await setUp(changes);
    await end();
    expect(asked).toEqual(ended);
  });

  it('[J3] finds it in a long log', async () => {
    const steps = Array.from({ length: 250 }, (): Change => ({ type: 'progress', percent: 1 }));
    const { end, asked } = await setUp([START, accepted('u-1'), ...steps, accepted('u-2'), ENDED]);
    await end();
    expect(asked).toEqual(['u-2']);
  });

  it('does not wait for the log of a job that is deleted', async () => {
    const { end, asked, log, job } = await setUp([START, accepted('u-1')]);
    await log.delete(job.id);
    await end();
    expect(asked).toEqual([]);
  });

  it.each([
    ['the backend failed over', { tried: ['one'] }, []],
    ['another one failed over', { tried: ['other'] }, ['u-1']],
  ])('[J3] asks only where work may be left: %s', async (_what, fields, ended) => {
    const { end, asked } = await setUp([START, accepted('u-1'), ENDED]);
    await end(fields);
    expect(asked).toEqual(ended);
  });

  it('asks no backend that cannot end work', async () => {
    const { end, asked } = await setUp([{ type: 'start', provider: 'other' }, accepted('u-1'), ENDED]);
    await end();
    expect(asked).toEqual([]);
  });

  it('[J3] asks a backend that is out of reach every second', async () => {
    let failures = 2;
    const { end, asked, clock } = await setUp([START, accepted('u-1'), ENDED], async () => {
      if (failures-- > 0) throw UNREACHABLE;
    });
    const ended = end();
    for (let times = 1; times <= 2; times++) {
      await eventually(() => asked.length === times && clock.pending === 1);
      clock.advance(AGAIN_MS - 1);
      expect(clock.pending).toBe(1);
      clock.advance(1);
    }
    await ended;
    expect(asked).toHaveLength(3);
  });

  it.each<{ what: string; changes: readonly Change[]; rejects: boolean }>([
    { what: 'does not begin the job again by itself', changes: [START, accepted('u-1'), ENDED], rejects: true },
    {
      what: 'begins a job again that a person retried',
      changes: [START, accepted('u-1'), FAILED, RETRIED],
      rejects: false,
    },
  ])('[J3] half a minute out of reach: $what', async ({ changes, rejects }) => {
    const { end, asked, clock } = await setUp(changes, async () => {
      throw UNREACHABLE;
    });
    let isOver = false;
    const outcome = end()
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      .finally(() => {
        isOver = true;
      });
    await eventually(() => {
      clock.advance(AGAIN_MS);
      return isOver;
    });
    expect(asked.length).toBeGreaterThan(1);
    const expected = { code: 'SERVER_ERROR', mayStillRun: true, message: expect.stringContaining('while one was') };
    expect(await outcome).toEqual(rejects ? expect.objectContaining(expected) : undefined);
  });

  it('asks once if the failure is not one of the backend', async () => {
    const { end, asked, clock } = await setUp([START, accepted('u-1'), ENDED], async () => {
      throw new TypeError('x is undefined');
    });
    await expect(end()).rejects.toMatchObject({ code: 'SERVER_ERROR', mayStillRun: true });
    expect([asked, clock.pending]).toEqual([['u-1'], 0]);
  });

  it('[J3] throws the reason of a stop, during a question and between two', async () => {
    const reason = new Error('cancelled');
    const hangs: Answer = (signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(UNREACHABLE)));
    const during = await setUp([START, accepted('u-1'), ENDED], hangs);
    const ending = during.end();
    await eventually(() => during.asked.length === 1);
    during.stop.abort(reason);
    await expect(ending).rejects.toBe(reason);

    const between = await setUp([START, accepted('u-1'), ENDED], async () => {
      throw UNREACHABLE;
    });
    const waiting = between.end();
    await eventually(() => between.clock.pending === 1);
    between.stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});
