import type { TransportMode } from '@darkroom/protocol';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { createJob, newPrompt, readLog } from './harness/api.ts';
import { browserTest } from './harness/browser-test.ts';
import { JobPage } from './harness/job-page.ts';
import { NetworkProxy } from './harness/network-proxy.ts';
import { type ProxyRules, startNginx } from './harness/nginx.ts';
import { ServerProcess } from './harness/server-process.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

interface Network {
  readonly title: string;
  readonly rules: ProxyRules;
  readonly mode: TransportMode;
}

const NETWORKS: readonly Network[] = [
  {
    title: 'nginx as its manual says: WebSocket',
    rules: { sockets: 'forwarded', streams: 'passed' },
    mode: 'ws',
  },
  {
    title: 'nginx that refuses WebSocket upgrades: SSE',
    rules: { sockets: 'refused', streams: 'passed' },
    mode: 'sse',
  },
  {
    title: 'nginx that does not forward upgrades: SSE',
    rules: { sockets: 'upgrade-lost', streams: 'passed' },
    mode: 'sse',
  },
  {
    title: 'nginx that buffers and compresses event streams: still WebSocket',
    rules: { sockets: 'forwarded', streams: 'buffered' },
    mode: 'ws',
  },
  {
    title: 'nginx that refuses upgrades and buffers event streams: polling',
    rules: { sockets: 'refused', streams: 'buffered' },
    mode: 'poll',
  },
];

/** A wire that loses some events, repeats others and swaps neighbours, but for `last`: nothing after it would tell that it is missing. */
function brokenWire(last: string) {
  let events = 0;
  let broken = 0;
  let late: string[] = [];
  const fate = (message: string): readonly string[] => {
    if (message.includes(last)) return [...late.splice(0), message];
    if (events % 7 === 3 || events % 7 === 5) broken++;
    if (events % 7 === 3) return [];
    if (events % 7 === 5) {
      late = [message];
      return [];
    }
    return [message, ...late.splice(0), ...(events % 3 === 0 ? [message] : [])];
  };
  return {
    /** Messages that were lost or came late. On a busy machine several events travel in one, and those pass. */
    broken: () => broken,
    /** What arrives when this message is sent. */
    pass(message: string): readonly string[] {
      if (!message.startsWith('{"type":"event"')) return [message];
      events++;
      return fate(message);
    },
  };
}

describe.concurrent('[A4] through real proxies', () => {
  for (const { title, rules, mode } of NETWORKS) {
    browserTest(
      `[A4] ${title}, no event lost or shown twice`,
      async ({ visit }) => {
        const { jobId, run } = await stage.begin({ steps: 12 });
        const nginx = await startNginx(stage.url, rules);
        try {
          run.step(2);
          const job = new JobPage(await visit(`${nginx.url}/jobs/${jobId}`));
          await job.expectMode(mode);
          await job.expectState(mode === 'poll' ? 'degraded' : 'live');
          run.step(5);
          await job.expectSeq(9);
          await job.expectPicture(false);
          await job.expectMode(mode);
          run.step(5);
          run.finish();
          await job.expectState('completed');
          await job.expectPicture(true);
          await job.expectWholeLog(await readLog(stage.url, jobId));
        } finally {
          await nginx.stop();
        }
      },
      { needs: ['nginx'] },
    );
  }

  browserTest(
    '[A4] a connection cut in mid-job: the page says so, comes back live and has missed nothing',
    async ({ visit }) => {
      const { jobId, run } = await stage.begin({ steps: 20 });
      const wire = await NetworkProxy.start(stage.url);
      try {
        const job = new JobPage(await visit(`${wire.url}/jobs/${jobId}`));
        await job.expectState('live');
        run.step(4);
        await job.expectSeq(6);
        const preview = (await readLog(stage.url, jobId)).at(-1)?.previewUrl;
        await eventually(() => job.picture.getAttribute('src')).toBe(preview);

        wire.cut();
        await job.expectState('reconnecting');
        await job.expectBanner('Connection lost. Switching to polling.');
        await eventually(() => job.button('Reconnect now').isEnabled()).toBe(true);
        run.step(8);
        expect(await job.picture.getAttribute('src')).toBe(preview);
        expect(await job.lastSeq()).toBe(6);
        await eventually(async () => (await readLog(stage.url, jobId)).length).toBe(14);
        wire.mend();

        await job.expectState('live');
        await job.expectMode('ws');
        await job.expectSeq(14);
        run.step(8);
        run.finish();
        await job.expectState('completed');
        await job.expectPicture(true);
        await job.expectWholeLog(await readLog(stage.url, jobId));
      } finally {
        await wire.close();
      }
    },
  );

  browserTest('[A4] an event stream cut in mid-job goes on where it was, as a stream', async ({ prepare }) => {
    const { jobId, run } = await stage.begin();
    const wire = await NetworkProxy.start(stage.url);
    try {
      const job = new JobPage(await prepare());
      await job.page.routeWebSocket(/\/ws$/, (socket) => void socket.close({ code: 1011 }));
      await job.page.goto(`${wire.url}/jobs/${jobId}`);
      await job.expectMode('sse');
      await job.expectState('live');
      run.step(4);
      await job.expectSeq(6);
      wire.cut();
      await job.expectState('reconnecting');
      run.step(3);
      wire.mend();
      await job.expectSeq(9);
      await job.expectMode('sse');
      await job.expectState('live');
      run.step(3);
      run.finish();
      await job.expectState('completed');
      await job.expectPicture(true);
      await job.expectWholeLog(await readLog(stage.url, jobId));
    } finally {
      await wire.close();
    }
  });

  browserTest(
    '[A4] a page that comes online climbs from SSE back to WebSocket without losing an event',
    async ({ prepare }) => {
      const { jobId, run } = await stage.begin();
      const job = new JobPage(await prepare());
      const network = { blocked: true };
      await job.page.routeWebSocket(/\/ws$/, (socket) => {
        if (network.blocked) void socket.close({ code: 1011 });
        else socket.connectToServer();
      });
      await job.page.goto(`${stage.url}/jobs/${jobId}`);
      await job.expectMode('sse');
      run.step(4);
      await job.expectSeq(6);
      network.blocked = false;
      run.step(6);
      await job.page.evaluate(() => window.dispatchEvent(new Event('online')));
      await job.expectMode('ws');
      await job.expectState('live');
      run.finish();
      await job.expectState('completed');
      await job.expectWholeLog(await readLog(stage.url, jobId));
    },
  );

  browserTest(
    '[A4] messages lost, repeated and swapped on the wire are not lost, shown twice or out of order',
    async ({ prepare }) => {
      const { jobId, run } = await stage.begin({ steps: 20 });
      const job = new JobPage(await prepare());
      const wire = brokenWire('"step":20,');
      await job.page.routeWebSocket(/\/ws$/, (socket) => {
        const server = socket.connectToServer();
        server.onMessage((message) => {
          for (const arriving of wire.pass(String(message))) socket.send(arriving);
        });
      });
      await job.page.goto(`${stage.url}/jobs/${jobId}`);
      await job.expectState('live');
      await job.expectMode('ws');
      run.step(20);
      await job.expectSeq(22);
      run.finish();
      await job.expectState('completed');
      expect(wire.broken()).toBeGreaterThan(2);
      await job.expectWholeLog(await readLog(stage.url, jobId));
    },
  );

  browserTest(
    '[A4] a server killed in mid-job and started again: the job runs again, the page follows, nothing is missed',
    async ({ visit }) => {
      const server = await ServerProcess.start('sketch:');
      try {
        const { id } = await createJob(server.url, newPrompt(), { steps: 8, size: '512' });
        const job = new JobPage(await visit(`${server.url}/jobs/${id}`));
        await job.expectState('live');
        // One by one: steps that follow each other faster than 20 a second are coalesced.
        for (const seq of [3, 4, 5, 6]) {
          server.allow(1);
          await job.expectSeq(seq);
        }
        await job.expectPicture(false);

        await server.kill();
        await job.expectState('reconnecting');
        await server.start();
        await job.expectState('live');
        await job.expectMode('ws');
        await job.page.getByText('Attempt 2/3').waitFor();
        server.allow('all');

        await job.expectState('completed');
        await job.expectPicture(true);
        const log = await readLog(server.url, id);
        await job.expectWholeLog(log);
        expect(log.filter(({ stage: reached }) => reached === 'completed').length).toBe(1);
        const again = log.filter(
          ({ message }) => message === 'The server stopped while working; running again, attempt 2 of 3',
        );
        expect(again.length).toBe(1);
        await eventually(() => job.picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(512);
      } finally {
        await server.close();
      }
    },
  );
});
