import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StepGate } from '@darkroom/fake-backends';
import { JobListResponse } from '@darkroom/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Environment } from './config.ts';
import { getSnapshot, hasStep, isAt, postJob, readLog, startManual, untilLog } from './testing/api.ts';
import { spawnFailing, spawnFailingStarts, spawnServer, spawnSteppedServer } from './testing/child-server.ts';
import { eventually } from './testing/eventually.ts';
import { openSocket } from './testing/socket-reader.ts';
import { openSse } from './testing/sse-reader.ts';
import { steppedSketch } from './testing/stepped-sketch.ts';
import { tempFolder } from './testing/temp-folder.ts';
import { startDarkroom } from './testing/test-darkroom.ts';

describe('The process', () => {
  it('does not start with a bad variable: one line, exit 1', async () => {
    const { code, stdout, stderr } = await spawnFailing({ DATA_DIR: await tempFolder(), PORT: 'x' });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('darkroom: PORT must be a whole number from 0 to 65535; got "x"\n');
  });

  it('does not start with a bad setting: one line, exit 1, and no secret', async () => {
    const DATA_DIR = await tempFolder();
    const start = spawnFailingStarts();
    for (const [environment, message] of [
      // An unknown provider, a bad option of one, a secret file that is absent.
      [{ PROVIDERS: 'magic:' }, /^darkroom: PROVIDERS .*"magic:".*\n$/],
      [{ PROVIDERS: 'sketch:?stepMs=x' }, /^darkroom: PROVIDERS: .*stepMs.*"x"\n$/],
      [{ REDIS_URL_FILE: '/no/file' }, /^darkroom: REDIS_URL_FILE .*"\/no\/file".*\n$/],
      // An address, an unknown scheme, a bad port, a bad protocol and an option with a password.
      [{ PROVIDERS: 'sketch://user:hunter2@host' }, /^darkroom: PROVIDERS.*\n$/],
      [{ PROVIDERS: 'magic+http://user:hunter2@host' }, /^darkroom: PROVIDERS.*\n$/],
      [{ PROVIDERS: 'forge+http://user:hunter2@host:x' }, /^darkroom: PROVIDERS.*\n$/],
      [{ PROVIDERS: 'forge+ftp://user:hunter2@host' }, /^darkroom: PROVIDERS.*\n$/],
      [{ PROVIDERS: 'ai:xai/grok?baseUrl=ftp://user:hunter2@host' }, /^darkroom: PROVIDERS.*\n$/],
      // A key in the place of its variable’s name, and one without its variable.
      [{ PROVIDERS: 'openai+http://host/v1?model=x&keyFrom=sk-hunter2' }, /^darkroom: PROVIDERS.*\n$/],
      [{ PROVIDERS: 'openai+http://:hunter2@host/v1?model=x&keyFrom=NO_API_KEY' }, /^darkroom: PROVIDERS.*\n$/],
    ] as const) {
      const { code, stdout, stderr } = await start({ DATA_DIR, ...environment });
      const what = JSON.stringify(environment);
      expect({ code, stdout }, what).toEqual({ code: 1, stdout: '' });
      expect(stderr, what).toMatch(message);
      expect(stderr, what).not.toContain('hunter2');
    }
  });

  it('does not start on a port that is taken: one line that names it, exit 1', async () => {
    const { url } = await startManual();
    const { port } = new URL(url);
    const { code, stderr } = await spawnFailing({ DATA_DIR: await tempFolder(), PORT: port });
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^darkroom: .*EADDRINUSE.*${port}\n$`));
  });

  it('does not start when the data folder is none: one line that names it, exit 1', async () => {
    const file = join(await tempFolder(), 'file');
    await writeFile(file, '');
    const { code, stderr } = await spawnFailing({ DATA_DIR: file });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^darkroom: DATA_DIR .*\n$/);
    expect(stderr).toContain(file);
  });

  it('takes a secret setting from a file', async () => {
    const folder = await tempFolder();
    const [file, DATA_DIR] = [join(folder, 'database'), join(folder, 'data')];
    await writeFile(file, 'memory:\n');
    const { url } = await spawnServer({ DATA_DIR, DATABASE_URL_FILE: file });
    expect((await fetch(`${url}/api/health`)).status).toBe(200);
    expect(await readdir(folder)).toEqual(['database']);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends in good order with %s', async (signal) => {
    const server = await spawnServer({ DATA_DIR: await tempFolder() });
    expect((await fetch(`${server.url}/api/health`)).status).toBe(200);
    expect(await server.kill(signal)).toBe(0);
  });
});

const STEPS = 8;
/** Steps before the kill. */
const HALF = 4;
const PROVIDERS = 'sketch:';

/** The next server, in this process: it makes every step at once. */
async function openNext(environment: Environment) {
  const darkroom = await startDarkroom(environment, steppedSketch(new StepGate()));
  onTestFinished(() => darkroom.stop());
  return darkroom;
}

describe('A server that is killed', () => {
  it('[J5][P4] runs the job again in attempt 2, and readers with their old position get exactly the rest', async () => {
    const DATA_DIR = await tempFolder();
    const first = await spawnSteppedServer({ DATA_DIR, PROVIDERS });
    const { id } = await postJob(first.url, 'job 7', STEPS);
    const socket = await openSocket(first.url);
    socket.send({ type: 'subscribe', jobId: id });
    const stream = await openSse(`${first.url}/api/jobs/${id}/events`);
    first.allow(HALF);
    await eventually(() => [socket, stream].every(({ events }) => hasStep(HALF)(events)));
    await first.kill('SIGKILL');
    await Promise.all([socket.closed, stream.closed]);
    const [bySocket, byStream] = [socket.events, stream.events];

    const second = await openNext({ DATA_DIR, PROVIDERS });
    const back = await openSocket(second.url);
    back.send({ type: 'subscribe', jobId: id, afterSeq: bySocket.length });
    const streamBack = await openSse(`${second.url}/api/jobs/${id}/events`, {
      'last-event-id': String(byStream.length),
    });
    const { head, status } = await back.next('end', id);
    await streamBack.closed;
    expect(status).toBe('completed');
    const truth = await readLog(second.url, id);
    expect(truth.map(({ seq }) => seq)).toEqual(Array.from({ length: head }, (_none, index) => index + 1));
    expect([...bySocket, ...back.events]).toEqual(truth);
    expect([...byStream, ...streamBack.events]).toEqual(truth);
    expect((await getSnapshot(second.url, id)).job).toMatchObject({ status: 'completed', attempt: 2 });
    expect(truth.filter(({ attempt, message }) => attempt === 2 && message?.includes('running again'))).toHaveLength(1);
    for (const url of truth.flatMap(({ previewUrl }) => previewUrl ?? []))
      expect((await fetch(`${second.url}${url}`)).status).toBe(200);
  });

  it('[J5] has every job that was acknowledged', async () => {
    const DATA_DIR = await tempFolder();
    const first = await spawnSteppedServer({ DATA_DIR, PROVIDERS });
    const acknowledged: string[] = [];
    const posts = Array.from({ length: 40 }, async (_none, index) => {
      const job = await postJob(first.url, `job ${index}`).catch(() => undefined);
      if (job !== undefined) acknowledged.push(job.id);
    });
    await eventually(() => acknowledged.length >= 10);
    await first.kill('SIGKILL');
    await Promise.all(posts);
    const second = await startManual({ DATA_DIR });
    const { jobs } = JobListResponse.parse(await (await fetch(`${second.url}/api/jobs?limit=100`)).json());
    expect(jobs.map(({ id }) => id)).toEqual(expect.arrayContaining(acknowledged));
  });

  it('[J3] with SIGTERM keeps the attempt', async () => {
    const DATA_DIR = await tempFolder();
    const first = await spawnSteppedServer({ DATA_DIR, PROVIDERS });
    const { id } = await postJob(first.url, 'job 7', STEPS);
    first.allow(HALF);
    await untilLog(first.url, id, hasStep(HALF));
    expect(await first.kill('SIGTERM')).toBe(0);
    const second = await openNext({ DATA_DIR, PROVIDERS });
    await untilLog(second.url, id, isAt('completed'));
    expect((await getSnapshot(second.url, id)).job.attempt).toBe(1);
  });
});
