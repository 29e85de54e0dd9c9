import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UploadResponse } from '@darkroom/protocol';
import { skipReason } from '@darkroom/server/src/testing/machine.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJob, newPrompt } from './harness/api.ts';
import { ROOT } from './harness/folders.ts';
import { freePort } from './harness/free-port.ts';
import { type Nginx, ownFolders, ownProcess, runNginx } from './harness/nginx.ts';
import { picture } from './harness/pictures.ts';
import { type Stage, startStage } from './harness/stage.ts';

const MIB = 1024 * 1024;
let stage: Stage;
let nginx: Nginx;

/**
 * `deploy/nginx/nginx.conf` for this machine: the gateways are the servers of `hosts`, in order, and nothing is
 * written outside of `folder`. `resolve` and `resolver` are left out: they need Docker's name server and nginx 1.27.3.
 */
function configure(hosts: readonly string[], folder: string, port: number): string {
  const text = readFileSync(join(ROOT, 'deploy', 'nginx', 'nginx.conf'), 'utf8');
  return [
    ownProcess(folder),
    text
      .replace('http {', `http {\n${ownFolders(folder)}`)
      .replace('listen 80;', `listen 127.0.0.1:${port};`)
      .replace(/^\s*resolver .*$/m, '')
      .replace(/gateway-(\d):8787 resolve/g, (_all, number) => String(hosts[Number(number) - 1])),
  ].join('\n');
}

describe.skipIf(skipReason('nginx') !== undefined)('deploy/nginx/nginx.conf', () => {
  beforeAll(async () => {
    stage = await startStage();
    const hosts = [`127.0.0.1:${await freePort()}`, new URL(stage.url).host];
    nginx = await runNginx((folder, port) => configure(hosts, folder, port));
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
