import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLOSE, JobListResponse } from '@darkroom/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ProviderError } from '../../provider-error.ts';
import { expectError, getSnapshot, postAction, postJob, startManual } from '../../testing/api.ts';
import { eventually, eventuallyEqual } from '../../testing/eventually.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { createManualProvider } from '../../testing/manual-provider.ts';
import { readFigures, readMetrics } from '../../testing/metrics-reader.ts';
import { openSocket, refusedUpgrade } from '../../testing/socket-reader.ts';
import { openSse } from '../../testing/sse-reader.ts';
import { tempFolder } from '../../testing/temp-folder.ts';
import { startDarkroom } from '../../testing/test-darkroom.ts';
import { createVisitor } from '../../testing/visitor.ts';

/** A server whose heart does not beat: nothing is delivered but what the test makes. */
const start = (environment = {}) => startManual(environment, { clock: new FakeClock() });

/** What `/metrics` tells when what is under way is done. */
const untilFigures = (url: string, prefix: string, expected: Record<string, number>) =>
  eventuallyEqual(() => readFigures(url, prefix), expected);

describe('[C8] GET /metrics', () => {
  it('counts what was delivered over each transport, to the byte', async () => {
    const { url, provider } = await start();
    const { id } = await postJob(url);
    const run = await provider.nextRun();
    const sockets = [await openSocket(url), await openSocket(url)];
    for (const socket of sockets) {
      socket.send({ type: 'subscribe', jobId: id, afterSeq: 0 });
      await socket.next('subscribed', id);
    }
    const stream = await openSse(`${url}/api/jobs/${id}/events`);
    await stream.next('job');
    const reading = await readFigures(url, 'live_');
    expect(reading).toMatchObject({
      'live_connections{transport="ws"}': 2,
      'live_connections{transport="sse"}': 1,
      live_subscriptions: 3,
    });
    for (let step = 1; step <= 3; step++) await run.step(step);
    await run.finish();
    for (const socket of sockets) await socket.next('end', id);
    expect(await stream.closed).toBe('ended');
    const polled = await getSnapshot(url, id, '?after=2');
    await getSnapshot(url, id, '?after=2');

    const metrics = await readFigures(url, 'live_');
    const events = sockets.flatMap((socket) => socket.events).length;
    expect(events).toBe(2 * polled.head);
    expect(metrics).toMatchObject({
      'live_connections_opened_total{transport="ws"}': 2,
      'live_connections_opened_total{transport="sse"}': 1,
      'live_connections_closed_total{transport="sse",reason="ended"}': 1,
      'live_events_delivered_total{transport="ws"}': events,
      'live_events_delivered_total{transport="sse"}': polled.head,
      'live_messages_delivered_total{transport="ws"}': sockets.flatMap(({ inbox }) => inbox.all).length,
      'live_written_bytes_total{transport="sse"}': Buffer.byteLength(
        stream.text.slice(stream.text.indexOf('event: job')),
      ),
      live_polled_events_total: 2 * (polled.head - 2),
    });
    expect(metrics).not.toHaveProperty('live_subscriptions');
    expect(metrics).not.toHaveProperty('live_connections{transport="sse"}');
    expect(metrics['live_writes_total{transport="ws"}']).toBeLessThanOrEqual(
      metrics['live_messages_delivered_total{transport="ws"}'] ?? 0,
    );
  });

  it('counts why connections end, and those that are refused', async () => {
    const { url } = await start();
    const [cut, flooding] = [await openSocket(url), await openSocket(url)];
    for (let count = 0; count < 150; count++) flooding.send({ type: 'ping' });
    expect((await flooding.closed).code).toBe(CLOSE.flood);
    cut.cut();
    await refusedUpgrade(`${url.replace('http', 'ws')}/api/jobs`);
    await untilFigures(url, 'live_connections', {
      'live_connections_opened_total{transport="ws"}': 2,
      'live_connections_closed_total{transport="ws",reason="flood"}': 1,
      'live_connections_closed_total{transport="ws",reason="gone"}': 1,
      'live_connections_refused_total{transport="ws",code="NOT_FOUND"}': 1,
    });
  });

  it('counts news of conversations, and the notices that tell them', async () => {
    const { url, provider } = await start();
    const visitor = createVisitor(url);
    const { id } = await visitor.converse();
    const sockets = [await openSocket(url, visitor.headers), await openSocket(url, visitor.headers)];
    for (const socket of sockets) await socket.next('hello');
    await visitor.say(id, { content: 'draw a red boat' });
    await (await provider.nextRun()).finish();
    const [job] = JobListResponse.parse(await (await fetch(`${url}/api/jobs`)).json()).jobs;
    const snapshot = () => getSnapshot(url, job?.id ?? '');
    await eventually(async () => (await snapshot()).job.status === 'completed');
    const news = () => sockets.flatMap(({ inbox }) => inbox.all.filter(({ type }) => type === 'conversation')).length;
    const delivered = async () => (await readMetrics(url)).get('darkroom_live_conversation_news_delivered_total');
    await eventually(async () => news() > 0 && (await delivered()) === news());
    // A job's first event needs no notice, for nobody knows it yet; the conversation's came before the sockets did.
    const notices = { job: (await snapshot()).head - 1, conversation: 1 + news() / sockets.length };
    expect(await readFigures(url, 'relay_')).toEqual({
      'relay_published_notices_total{kind="job"}': notices.job,
      'relay_heard_notices_total{kind="job"}': notices.job,
      'relay_published_notices_total{kind="conversation"}': notices.conversation,
      'relay_heard_notices_total{kind="conversation"}': notices.conversation,
      relay_up: 1,
    });
  });

  it('counts jobs: made, waiting, running, and how they ended', async () => {
    const { url, provider } = await start();
    const first = await postJob(url);
    const run = await provider.nextRun();
    const [second, third] = [await postJob(url), await postJob(url)];
    const backend = '{backend="scripted"}';
    expect(await readFigures(url, 'jobs_')).toEqual({ jobs_made_total: 3, jobs_waiting: 2 });
    expect(await readFigures(url, 'backend_')).toEqual({
      [`backend_running_jobs${backend}`]: 1,
      'backend_breaker_state{backend="scripted",state="closed"}': 1,
    });
    await run.finish();
    await postAction(url, third.id, 'cancel');
    (await provider.nextRun()).end(new ProviderError('PROVIDER_TIMEOUT'));
    await eventually(async () => (await getSnapshot(url, second.id)).job.status === 'failed');
    await postAction(url, second.id, 'retry');
    await (await provider.nextRun()).finish();
    await eventually(async () => (await getSnapshot(url, second.id)).job.status === 'completed');
    expect((await getSnapshot(url, first.id)).job.status).toBe('completed');
    await untilFigures(url, 'backend_running', {});
    expect(await readFigures(url, 'jobs_')).toEqual({
      jobs_made_total: 3,
      'jobs_ended_total{status="completed",code=""}': 2,
      'jobs_ended_total{status="cancelled",code=""}': 1,
      'jobs_ended_total{status="failed",code="PROVIDER_TIMEOUT"}': 1,
    });
    expect(await readFigures(url, 'backend_picture')).toEqual({ [`backend_picture_seconds_count${backend}`]: 2 });
  });

  it('tells how long a picture took, without its wait at the backend', async () => {
    const clock = new FakeClock();
    const { url, provider } = await startManual({}, { clock });
    await postJob(url);
    const run = await provider.nextRun();
    await run.say({ type: 'waiting', position: 1 });
    clock.advance(60_000);
    await run.step(1);
    clock.advance(3_000);
    await run.finish();
    await untilFigures(url, 'backend_picture', { 'backend_picture_seconds_count{backend="scripted"}': 1 });
    const metrics = await readMetrics(url);
    const seconds = (labels: string) => metrics.get(`darkroom_backend_picture_seconds_${labels}`);
    expect(seconds('sum{backend="scripted"}')).toBe(3);
    expect(seconds('bucket{le="2",backend="scripted"}')).toBe(0);
    expect(seconds('bucket{le="5",backend="scripted"}')).toBe(1);
  });

  it('counts retries, failovers and breakers by backend', async () => {
    const [one, other] = [createManualProvider({ name: 'one' }), createManualProvider({ name: 'other' })];
    const settings = { RETRY_DELAYS: '1ms', BREAKER_FAILURES: '2' };
    const { url, stop } = await startDarkroom(settings, { providers: [one, other] });
    onTestFinished(stop);
    const { id } = await postJob(url);
    for (let tries = 0; tries < 2; tries++) (await one.nextRun()).end(new ProviderError('SERVER_ERROR'));
    await (await other.nextRun()).finish();
    await eventually(async () => (await getSnapshot(url, id)).job.status === 'completed');
    await untilFigures(url, 'backend_running', {});
    expect(await readFigures(url, 'backend_')).toEqual({
      'backend_retries_total{backend="one"}': 1,
      'backend_failovers_total{backend="one"}': 1,
      'backend_breaker_state{backend="one",state="open"}': 1,
      'backend_breaker_state{backend="other",state="closed"}': 1,
      'backend_picture_seconds_count{backend="other"}': 1,
    });
  });

  it('counts requests by method, route and status, never by address', async () => {
    const { url } = await start();
    const { id } = await postJob(url);
    for (let polls = 0; polls < 3; polls++) await getSnapshot(url, id);
    for (const path of ['/api/jobs/unknown', '/nowhere', '/nowhere/else']) await fetch(url + path);
    const count = (labels: string) => `http_request_duration_seconds_count{${labels}}`;
    await eventuallyEqual(() => readFigures(url, 'http_'), {
      [count('method="POST",route="/api/jobs",status="201"')]: 1,
      [count('method="GET",route="/api/jobs/:jobId",status="200"')]: 3,
      [count('method="GET",route="/api/jobs/:jobId",status="404"')]: 1,
      [count('method="GET",route="unknown",status="404"')]: 2,
    });
    const text = await (await fetch(`${url}/metrics`)).text();
    for (const secret of [id, 'nowhere', 'lighthouse', '127.0.0.1']) expect(text).not.toContain(secret);
  });

  it('counts the files of the web app as one', async () => {
    const webRoot = await tempFolder();
    await mkdir(join(webRoot, 'assets'));
    for (const file of ['index.html', 'assets/app-1a2b.js', 'assets/app-3c4d.css'])
      await writeFile(join(webRoot, file), '');
    const { url } = await startManual({}, { webRoot });
    for (const file of ['app-1a2b.js', 'app-3c4d.css', 'app-none.js']) await fetch(`${url}/assets/${file}`);
    const count = (labels: string) => `http_request_duration_seconds_count{method="GET",${labels}}`;
    await eventuallyEqual(() => readFigures(url, 'http_'), {
      [count('route="/assets/*",status="200"')]: 2,
      [count('route="unknown",status="404"')]: 1,
    });
    expect(await (await fetch(`${url}/metrics`)).text()).not.toContain('app-');
  });

  it('tells of the process too, is not kept, and is not limited', async () => {
    const { url } = await start({ RATE_LIMIT: '2/minute' });
    for (let asked = 0; asked < 5; asked++) await readMetrics(url);
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const metrics = await readMetrics(url);
    expect(metrics.get('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(metrics.has('nodejs_eventloop_lag_seconds')).toBe(true);
  });

  it.each(['x-forwarded-for', 'forwarded'])('is not there for who comes through a proxy (%s)', async (header) => {
    for (const trust of ['true', 'false']) {
      const { url } = await start({ TRUST_PROXY: trust });
      const response = await fetch(`${url}/metrics`, { headers: { [header]: 'for=127.0.0.1' } });
      expect(response.status).toBe(404);
      await expectError(response, 'NOT_FOUND');
    }
  });

  it('is no part of the public API', async () => {
    const { url } = await start();
    const document = await (await fetch(`${url}/api/openapi.json`)).text();
    expect(document).toContain('/api/health');
    expect(document).not.toContain('/metrics');
  });
});
