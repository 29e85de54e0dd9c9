import { CancelMineResponse, type Job, JobListResponse, JobResponse, MoveJobResponse } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { expectError, getSnapshot, postAction, startManual } from '../../testing/api.ts';
import { eventually } from '../../testing/eventually.ts';
import { openSocket } from '../../testing/socket-reader.ts';
import { createVisitor, type Visitor } from '../../testing/visitor.ts';

async function submit(visitor: Visitor, prompt = 'a lighthouse'): Promise<Job> {
  const response = await visitor.ask('POST', '/api/jobs', { prompt, options: { steps: 5 } });
  expect(response.status).toBe(201);
  return JobResponse.parse(await response.json()).job;
}

/** One's own active jobs, all pages: ids, newest first, and the places of those that wait. */
async function active(visitor: Visitor) {
  const ids: string[] = [];
  const places = new Map<string, number>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const response = await visitor.ask('GET', `/api/jobs?mine=true&state=active&limit=100${after}`);
    const page = JobListResponse.parse(await response.json());
    ids.push(...page.jobs.map(({ id }) => id));
    for (const [jobId, { position }] of Object.entries(page.queue ?? {})) places.set(jobId, position);
    cursor = page.nextCursor;
  }
  return { ids, places };
}

/** Who owns what this visitor makes. */
const ownerOf = ({ headers }: Visitor) => /=([\w-]{22})\./.exec(headers['cookie'] ?? '')?.[1] ?? 'no cookie';

const upTo = (count: number) => Array.from({ length: count }, (_none, index) => index + 1);
const sorted = (places: ReadonlyMap<string, number>) => [...places.values()].sort((a, b) => a - b);

async function start() {
  const server = await startManual();
  const [ada, bob] = [createVisitor(server.url), createVisitor(server.url)];
  // Both have their cookie before they do several things at once.
  for (const visitor of [ada, bob]) await visitor.converse();
  return { ...server, ada, bob };
}

describe('One’s own jobs', () => {
  it('[R10] are listed apart from everybody else’s', async () => {
    const { ada, bob, provider, url } = await start();
    const running = await submit(ada);
    await provider.nextRun();
    const [first, theirs, second] = [await submit(ada), await submit(bob), await submit(ada)];
    expect(await active(ada)).toEqual({
      ids: [second.id, first.id, running.id],
      places: new Map([
        [first.id, 1],
        [second.id, 3],
      ]),
    });
    expect((await active(bob)).places).toEqual(new Map([[theirs.id, 2]]));
    await postAction(url, first.id, 'cancel');
    expect((await active(ada)).ids).toEqual([second.id, running.id]);
    const mine = JobListResponse.parse(await (await ada.ask('GET', '/api/jobs?mine=true')).json());
    expect(mine.jobs).toHaveLength(3);
    expect((await active(createVisitor(url))).ids).toEqual([]);
    await expectError(await ada.ask('GET', '/api/jobs?state=active'), 'INVALID_REQUEST', 'state');
    await expectError(await ada.ask('GET', '/api/jobs?mine=maybe'), 'INVALID_REQUEST', 'mine');
  });

  it('[R9] nobody is told whose a job is', async () => {
    const { ada, url } = await start();
    const { id } = await submit(ada);
    for (const path of ['/api/jobs', `/api/jobs/${id}?after=0`, `/image/job/${id}/status`])
      expect(await (await fetch(`${url}${path}`)).text()).not.toContain(ownerOf(ada));
  });

  it('[R10] cancel-mine stops what waits and what runs, and nobody else’s', async () => {
    const { ada, bob, provider, url } = await start();
    const mine = [await submit(ada)];
    const run = await provider.nextRun();
    mine.push(await submit(ada), await submit(ada));
    const theirs = await submit(bob);
    mine.push(await submit(ada));
    const answer = CancelMineResponse.parse(await (await ada.ask('POST', '/api/jobs/cancel-mine')).json());
    expect([...answer.cancelled].sort()).toEqual(mine.map(({ id }) => id).sort());
    await run.released;
    for (const { id } of mine) expect((await getSnapshot(url, id)).job.status).toBe('cancelled');
    expect((await provider.nextRun()).signal.aborted).toBe(false);
    expect((await getSnapshot(url, theirs.id)).job.status).toBe('running');
    expect((await active(ada)).ids).toEqual([]);
    const again = CancelMineResponse.parse(await (await ada.ask('POST', '/api/jobs/cancel-mine')).json());
    expect(again.cancelled).toEqual([]);
  });

  it('[R11] change places among themselves; everybody else keeps theirs, and the new order is what is served', async () => {
    const { ada, bob, provider, log } = await start();
    await submit(bob);
    const first = await provider.nextRun();
    const [a, x, b, c] = [
      await submit(ada, 'ada 1'),
      await submit(bob, 'bob'),
      await submit(ada, 'ada 2'),
      await submit(ada, 'ada 3'),
    ];
    const move = async (job: Job, before: Job | null) =>
      MoveJobResponse.parse(
        await (await ada.ask('POST', `/api/jobs/${job.id}/move`, { before: before?.id ?? null })).json(),
      ).waiting.map(({ jobId, position }) => [jobId, position]);
    expect(await move(c, a)).toEqual([
      [c.id, 1],
      [a.id, 3],
      [b.id, 4],
    ]);
    expect((await active(bob)).places).toEqual(new Map([[x.id, 2]]));
    // What is in memory has the new tickets too: a job that is put back in line keeps its place.
    expect([c, x, a, b].map(({ id }) => log.peek(id)?.ticket)).toEqual([2, 3, 4, 5]);
    expect(await move(a, null)).toEqual([
      [c.id, 1],
      [b.id, 3],
      [a.id, 4],
    ]);
    const served = [];
    for (let run = first; served.length < 4; ) {
      await run.finish();
      run = await provider.nextRun();
      served.push(run.request.prompt);
    }
    expect(served).toEqual(['ada 3', 'bob', 'ada 2', 'ada 1']);
  });

  it('[R11] only those that wait are moved, and only by their owner', async () => {
    const { ada, bob, provider } = await start();
    const running = await submit(ada);
    await provider.nextRun();
    const [mine, theirs] = [await submit(ada), await submit(bob)];
    const move = (jobId: string, before: unknown) => ada.ask('POST', `/api/jobs/${jobId}/move`, { before });
    await expectError(await move(theirs.id, null), 'NOT_FOUND', 'jobId');
    await expectError(await move('nothing', null), 'NOT_FOUND', 'jobId');
    await expectError(await move(running.id, null), 'WRONG_STATE');
    await expectError(await move(mine.id, theirs.id), 'WRONG_STATE');
    await expectError(await move(mine.id, 7), 'INVALID_REQUEST', 'before');
    expect((await move(mine.id, null)).status).toBe(200);
  });
});

describe('Places in line', () => {
  it('[C4] are unique and gapless after 1,000 submissions at the same time, and after cancelling in the middle', async () => {
    const { ada, provider, url, jobs } = await start();
    // Not over HTTP: so many connections at once may wait longer than a server lets a request take to arrive.
    const owner = ownerOf(ada);
    const made = await Promise.all(
      upTo(1_000).map((index) => jobs.create({ prompt: `picture ${index}`, options: { steps: 5 } }, { owner })),
    );
    await provider.nextRun();
    const before = await active(ada);
    expect(new Set(before.ids)).toEqual(new Set(made.map((result) => (result.ok ? result.job.id : result.reason))));
    await eventually(async () => (await active(ada)).places.size === 999);
    const { places } = await active(ada);
    expect(sorted(places)).toEqual(upTo(999));
    const order = [...places].sort(([, one], [, other]) => one - other).map(([jobId]) => jobId);
    const cancelled = order.filter((_jobId, index) => index % 3 === 1);
    await Promise.all(cancelled.map((jobId) => jobs.cancel(jobId)));
    const left = order.filter((jobId) => !cancelled.includes(jobId));
    await eventually(async () => {
      const now = (await active(ada)).places;
      return now.size === left.length && left.every((jobId, index) => now.get(jobId) === index + 1);
    });
    const last = left.at(-1) ?? '';
    expect((await getSnapshot(url, last)).queue?.position).toBe(left.length);
  });

  it('[C4][W7] everybody who waits hears of every move; whose turn it is hears 0, and the log stands still', async () => {
    const { ada, provider, url } = await start();
    const jobs = [await submit(ada)];
    const first = await provider.nextRun();
    for (let index = 0; index < 4; index++) jobs.push(await submit(ada));
    const waiting = jobs.slice(1).map(({ id }) => id);
    const [second, third, fourth] = waiting;
    const socket = await openSocket(url);
    for (const jobId of waiting) socket.send({ type: 'subscribe', jobId });
    const places = () => {
      const told = new Map<string, number[]>();
      for (const message of socket.inbox.all)
        if (message.type === 'queue') told.set(message.jobId, [...(told.get(message.jobId) ?? []), message.position]);
      return told;
    };
    await eventually(() => places().size === 4);
    await postAction(url, third ?? '', 'cancel');
    await eventually(
      () =>
        places()
          .get(waiting[3] ?? '')
          ?.at(-1) === 3,
    );
    await first.finish();
    await eventually(
      () =>
        places()
          .get(second ?? '')
          ?.at(-1) === 0,
    );
    await eventually(
      () =>
        places()
          .get(fourth ?? '')
          ?.at(-1) === 1,
    );
    expect(Object.fromEntries(places())).toEqual({
      [second ?? '']: [1, 0],
      [third ?? '']: [2],
      [fourth ?? '']: [3, 2, 1],
      [waiting[3] ?? '']: [4, 3, 2],
    });
    const { head, events } = await getSnapshot(url, second ?? '', '?after=0');
    expect(events.map(({ seq }) => seq)).toEqual(upTo(head));
  });
});
