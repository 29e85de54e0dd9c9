import { UploadResponse } from '@darkroom/protocol';
import { freePort } from '@darkroom/server/src/testing/free-port.ts';
import { skipReason } from '@darkroom/server/src/testing/machine.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJob, newPrompt } from './harness/api.ts';
import { startDeployedNginx } from './harness/deployed-nginx.ts';
import type { Nginx } from './harness/nginx.ts';
import { picture } from './harness/pictures.ts';
import { type Stage, startStage } from './harness/stage.ts';

const MIB = 1024 * 1024;
let stage: Stage;
let nginx: Nginx;

describe.skipIf(skipReason('nginx') !== undefined)('deploy/nginx/nginx.conf', () => {
  beforeAll(async () => {
    stage = await startStage();
    const hosts = [`127.0.0.1:${await freePort()}`, new URL(stage.url).host];
    nginx = await startDeployedNginx(hosts);
  });
  afterAll(async () => {
    await nginx.stop();
    await stage.close();
  });

  it('[B12] asks another gateway when one is gone', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => fetch(nginx.url)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect((await createJob(nginx.url, newPrompt())).status).toBe('queued');
  });

  it('[B12][A4] passes event streams on as they come', async () => {
    const { jobId } = await stage.begin();
    const abort = new AbortController();
    const response = await fetch(`${nginx.url}/api/jobs/${jobId}/events`, { signal: abort.signal });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    // The run stands still: a proxy that holds the stream back would never let its beginning through.
    let received = '';
    for await (const chunk of response.body ?? []) {
      received += Buffer.from(chunk).toString();
      if (received.includes('event: job')) break;
    }
    expect(received).toContain('event: job');
    abort.abort();
  });

  it('[B12][A4] passes WebSockets on', async () => {
    const socket = new WebSocket(`${nginx.url.replace('http', 'ws')}/ws`);
    const message = await new Promise<MessageEvent>((resolve, reject) => {
      socket.addEventListener('message', resolve);
      socket.addEventListener('error', () => reject(new Error('no WebSocket')));
    });
    socket.close();
    expect(String(message.data)).toContain('"type":"hello"');
  });

  it('[C8] keeps the figures to itself, however they are asked for', async () => {
    expect((await fetch(`${stage.url}/metrics`)).status).toBe(200);
    for (const path of ['/metrics', '/metrics?x=1', '//metrics', '/%6detrics', '/api/../metrics', '/metrics/']) {
      const response = await fetch(nginx.url + path);
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain('darkroom_');
    }
  });

  it('[B12][R7] takes uploads as large as Darkroom does, and refuses larger ones', async () => {
    const send = (bytes: number) =>
      fetch(`${nginx.url}/api/uploads`, {
        method: 'POST',
        headers: { 'content-type': 'image/png' },
        body: Buffer.concat([picture(0).bytes, Buffer.alloc(bytes)]),
      });
    const taken = await send(19 * MIB);
    expect(taken.status).toBe(201);
    expect(UploadResponse.parse(await taken.json()).upload.url).toMatch(/^\/api\/uploads\//);
    expect((await send(22 * MIB)).status).toBe(413);
  });
});
