import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { TestServer } from './testing/test-server.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

test('the example of the README is the example file, and it runs', async () => {
  const example = await readFile(here('./readme-example.ts'), 'utf8');
  expect(await readFile(here('../README.md'), 'utf8')).toContain(`\`\`\`ts\n${example}\`\`\``);
  const server = await TestServer.start();
  const [output] = await Promise.all([run(here('./readme-example.ts'), server.url), draw(server)]);
  await server.stop();
  expect(output.split('\n').map((line) => line.trim())).toEqual([
    '1 queued',
    '2 running 20 /p1.jpg',
    '3 running 40 /p2.jpg',
    '4 running 60 /p3.jpg',
    '5 completed',
    "[ '/result.png' ]",
    '',
  ]);
});

/** Runs the job that the example makes, once the example watches it. */
async function draw(server: TestServer): Promise<void> {
  await vi.waitFor(() => expect(server.readers('ws')).toBe(1), { timeout: 100_000, interval: 5 });
  const [job] = server.jobs.values();
  while (job !== undefined && job.head < 4)
    job.append('running', { percent: job.head * 20, previewUrl: `/p${job.head}.jpg` });
  job?.append('completed', { resultUrls: ['/result.png'] });
  server.pump();
}

/** Runs a file in a process of its own, which has to end by itself. */
function run(file: string, url: string): Promise<string> {
  const env = { PATH: process.env['PATH'], DARKROOM_URL: url, NODE_NO_WARNINGS: '1' };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [file], { env, timeout: 100_000 }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
  });
}
