import assert from 'node:assert/strict';
import { apiError, type ServerMessage } from '@darkroom/protocol';
import { describe, expect, test } from 'vitest';
import { FakeSession, type OpenLink } from '../testing/fake-session.ts';
import { TestJob } from '../testing/test-job.ts';
import { linkOf } from './lane.ts';
import { nextDeadline } from './settle.ts';

/** A generator of numbers in [0, 1) that a seed repeats (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const JOBS = ['AAAAAAAAAAAAAAAAAAAAAA', 'BBBBBBBBBBBBBBBBBBBBBB', 'CCCCCCCCCCCCCCCCCCCCCC'];

/** A page, a world that treats it badly, and what must hold whatever happens. */
class Walk {
  readonly page = new FakeSession();
  readonly jobs = JOBS.map((id) => new TestJob(id));
  readonly #random: () => number;
  #epochs = 1;

  constructor(seed: number) {
    this.#random = seeded(seed);
    for (const job of this.jobs) this.page.give({ type: 'watch', jobId: job.id });
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #job(): TestJob {
    const job = this.jobs[this.#below(this.jobs.length)];
    if (job === undefined) throw new Error('no job');
    return job;
  }

  #link(): OpenLink | undefined {
    return [...this.page.open.values()][this.#below(this.page.open.size)];
  }

  step(): void {
    this.page.random = this.#random();
    const choice = this.#below(100);
    if (choice < 25) this.page.pass(this.#below(this.#below(10) === 0 ? 700_000 : 6_000));
    else if (choice < 30) this.page.now += this.#below(90_000);
    else if (choice < 45) this.#write();
    else if (choice < 80) this.#speak();
    else if (choice < 90) this.#break();
    else this.#disturb();
    this.check();
  }

  #write(): void {
    const job = this.#job();
    if (job.job.status === 'completed') return;
    if (this.#below(40) === 0) {
      this.#epochs += 1;
      job.restore(`e${this.#epochs}`, 1 + this.#below(job.head));
    } else if (this.#below(60) === 0) job.append('completed', { resultUrls: ['/x.png'] });
    else job.append('running');
  }

  /** A server says something: often what it should, sometimes twice, out of order, or with a hole in it. */
  #speak(): void {
    const open = this.#link();
    if (open === undefined) return;
    const job = open.kind === 'ws' ? this.#job() : this.jobs.find(({ id }) => id === open.jobId);
    if (job === undefined) return;
    const held = this.page.state.watches.get(job.id)?.log;
    const foreign = held?.epoch !== undefined && held.epoch !== job.epoch;
    const messages: ServerMessage[] = [];
    const { now } = this.page;
    if (open.kind === 'ws')
      messages.push({ type: 'hello', connectionId: 'c', heartbeatMs: 1, maxSubscriptions: 64, now });
    if (this.#below(3) > 0 || foreign || open.kind === 'poll')
      messages.push({ type: foreign ? 'reset' : 'subscribed', reason: 'epoch', jobId: job.id, ...job.snapshot() });
    const from = this.#below(3) === 0 ? this.#below(job.head) : foreign ? 0 : (held?.seq ?? 0);
    messages.push({ type: 'events', jobId: job.id, events: job.events.slice(from, from + this.#below(5)) });
    if (this.#below(3) === 0) messages.push({ type: 'ping', now: now - this.#below(9_000) });
    if (this.#below(8) === 0) messages.push({ type: 'end', jobId: job.id, head: job.head, status: job.job.status });
    this.page.give({ type: 'messages', link: open.link, messages });
    if (open.kind === 'poll' && this.page.open.delete(open.link))
      this.page.give({ type: 'ended', link: open.link, ending: { kind: 'done' } });
  }

  #break(): void {
    const open = this.#link();
    if (open === undefined) return;
    this.page.open.delete(open.link);
    const error = apiError('NETWORK_DISCONNECTED');
    const clean = this.#below(3) === 0;
    this.page.give({ type: 'ended', link: open.link, ending: clean ? { kind: 'done' } : { kind: 'failed', error } });
  }

  #disturb(): void {
    const signals = [
      'online',
      'visible',
      'pagehide',
      'pageshow',
      'reconnect',
      'choose-polling',
      'reconnect',
      'pageshow',
    ] as const;
    const type = signals[this.#below(signals.length)];
    if (type !== undefined) this.page.give({ type });
  }

  /** What must hold after every step. `assert` and not `expect`: it is asked a hundred thousand times. */
  check(): void {
    const { page } = this;
    for (const job of this.jobs) this.#checkWatch(job);
    const due = nextDeadline(page.state);
    page.give({ type: 'tick' });
    const after = nextDeadline(page.state);
    if (due !== undefined && after !== undefined)
      assert.ok(after > page.now, `a deadline is left in the past: ${after} at ${page.now}`);
    if (page.state.hidden) assert.equal(page.open.size, 0, 'a hidden page has something open');
    assert.deepEqual([...page.open.keys()].sort(), this.#links().sort(), 'what is open is not what the session holds');
  }

  /** The connections that the session believes to be open. */
  #links(): number[] {
    const { socket, watches } = this.page.state;
    const ofWatches = [...watches.values()].flatMap(({ stream, poll }) => [linkOf(stream), poll.link]);
    return [linkOf(socket), ...ofWatches].filter((link) => link !== undefined);
  }

  #checkWatch(job: TestJob): void {
    const { page } = this;
    const watch = page.state.watches.get(job.id);
    assert.ok(watch !== undefined, 'a watch is gone');
    const { log, done } = watch;
    assert.ok(
      log.events.every(({ seq }, index) => seq === index + 1),
      'the events have a gap',
    );
    assert.equal(log.seq, log.events.length);
    const open = [...page.open.values()].filter(({ jobId }) => jobId === job.id);
    if (done) assert.equal(open.length, 0, 'a watch that is done has something open');
    const { phase, reconnectAttempt } = page.view(job);
    if (phase === 'reconnecting') assert.ok(reconnectAttempt >= 0);
  }

  /** The world gets well: every server answer is the truth from here on. */
  recover(): void {
    const { page } = this;
    for (const job of this.jobs)
      if (job.job.status !== 'completed') job.append('completed', { resultUrls: ['/x.png'] });
    page.give({ type: 'pageshow' });
    for (let round = 0; round < 300 && page.open.size + page.state.watches.size > 0; round += 1) {
      for (const open of [...page.open.values()]) if (open.kind === 'poll') this.#answer(open);
      page.pass(2_000);
    }
  }

  #answer({ link, jobId, after, epoch }: OpenLink): void {
    const job = this.jobs.find(({ id }) => id === jobId);
    if (job === undefined || !this.page.open.has(link)) return;
    const wrong = (epoch !== undefined && epoch !== job.epoch) || after > job.head;
    const position = { jobId: job.id, ...job.snapshot() };
    const messages: ServerMessage[] = [
      wrong ? { type: 'reset', reason: 'epoch', ...position } : { type: 'subscribed', ...position },
      { type: 'events', jobId: job.id, events: job.events.slice(wrong ? 0 : after) },
    ];
    this.page.give({ type: 'messages', link, messages });
    if (this.page.open.delete(link)) this.page.give({ type: 'ended', link, ending: { kind: 'done' } });
  }
}

describe('whatever happens', () => {
  test.each(Array.from({ length: 60 }, (_, seed) => seed + 1))(
    '[P4] the events held are exactly 1…n, and in the end 1…head (seed %i)',
    (seed) => {
      const walk = new Walk(seed);
      for (let step = 0; step < 400; step += 1) walk.step();
      walk.recover();
      for (const job of walk.jobs) {
        expect(walk.page.view(job).phase).toBe('ended');
        expect(walk.page.view(job).events).toEqual(job.events);
      }
      expect(walk.page.open.size).toBe(0);
      expect(nextDeadline(walk.page.state)).toBeUndefined();
    },
  );
});
