import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { HealthResponse, ProvidersResponse } from '@darkroom/protocol';
import { Client } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import * as z from 'zod/mini';
import { isAt, postJson, startManual, untilLog } from '../testing/api.ts';
import { startProgram } from '../testing/child-server.ts';
import { eventually } from '../testing/eventually.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { createLineLogger } from '../testing/line-logger.ts';
import { skipReason } from '../testing/machine.ts';
import { createManualProvider } from '../testing/manual-provider.ts';
import { startPostgres } from '../testing/postgres-server.ts';
import { startRedis } from '../testing/redis-server.ts';
import { socketUrl } from '../testing/socket-reader.ts';
import { openSse } from '../testing/sse-reader.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { createVisitor, type Visitor } from '../testing/visitor.ts';

/** Is in every name, path and secret that a test makes up, and nowhere else. */
const MARK = 'l3ak';
/** A machine of which nothing is known but its address: nothing listens there. */
const GONE = '127.83.61.17';
/** Text of drivers, Node and SQL, and the paths of the server's code. */
const INSIDE = [
  ...['ECONNREFUSED', 'ENOTFOUND', 'ENOTDIR', 'EEXIST', 'ENOENT', 'SQLITE', 'no such table', 'does not exist'],
  ...['insert into', 'from "settings"', 'node:internal', 'node_modules', '    at ', process.cwd(), 'upstreamAt'],
];

const OpenApi = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });
/** What the API's document does not name. */
const HIDDEN = [
  '/',
  '/chat',
  '/chat/{id}',
  '/history',
  '/status',
  '/docs',
  '/link',
  '/jobs/{jobId}',
  '/metrics',
  '/ws',
];
const UNKNOWN = ['/nothing', '/api/nothing', '/api/jobs/%00', '/assets/nothing.js'];

/** A job failed, or cannot be read. */
const OVER = /"stage":"failed"|"type":"error"|event: (?:error|bye)/;

/** Everything that a server answered, however it was asked. */
class Answers {
  readonly texts: string[] = [];
  readonly #url: string;
  readonly #ends: boolean;

  /** `ends`: every job does by itself. */
  constructor(url: string, { ends }: { readonly ends: boolean }) {
    this.#url = url;
    this.#ends = ends;
  }

  async take(path: string, response: Response): Promise<void> {
    const headers = [...response.headers].map((header) => header.join(': ')).join('\n');
    this.texts.push(`${path} ${response.status}\n${headers}\n${await response.text()}`);
  }

  /** Asks every GET route of the API's document, and all others. */
  async walk(visitor: Visitor, jobId: string, id: string): Promise<void> {
    const document = OpenApi.parse(await (await fetch(`${this.#url}/api/openapi.json`)).json());
    const listed = Object.entries(document.paths).flatMap(([path, methods]) => ('get' in methods ? [path] : []));
    expect(listed.length).toBeGreaterThan(10);
    for (const path of ['/api/openapi.json', ...listed, ...HIDDEN, ...UNKNOWN]) {
      // Streams of jobs that may be retried, or whose backend does nothing by itself, never end.
      if (path.endsWith('/events') || (path === '/api/generate' && !this.#ends)) continue;
      const filled = path
        .replace('{jobId}', jobId)
        .replace('{job_id}', jobId)
        .replace('{id}', id)
        .replace(/\{.*?\}/g, 'x'.repeat(22));
      const query = path === '/api/generate' ? '?prompt=a+boat&steps=1' : '';
      for (const accept of ['text/html', '*/*'])
        await this.take(path, await visitor.ask('GET', filled + query, undefined, { accept }));
    }
  }

  /** What a socket, a stream and polls say of jobs, from their beginning to their failure, or to the reason why they cannot be read. */
  async watch(jobIds: readonly string[]): Promise<void> {
    const ws = new WebSocket(socketUrl(this.#url));
    onTestFinished(() => ws.terminate());
    const said: string[] = [];
    ws.on('message', (data) => void said.push(`socket ${data}`));
    await new Promise((resolve) => ws.once('open', resolve));
    for (const jobId of jobIds) ws.send(JSON.stringify({ type: 'subscribe', jobId }));
    for (const jobId of jobIds) await eventually(() => said.some((text) => text.includes(jobId) && OVER.test(text)));
    ws.close();
    this.texts.push(...said);
    for (const jobId of jobIds) {
      const stream = await openSse(`${this.#url}/api/jobs/${jobId}/events`);
      await eventually(() => stream.status !== 200 || OVER.test(stream.text));
      stream.cut();
      this.texts.push(`stream ${JSON.stringify(stream.headers)} ${stream.text}`);
      for (const path of [`/api/jobs/${jobId}`, `/api/jobs/${jobId}?after=0`])
        await this.take(path, await fetch(`${this.#url}${path}`));
    }
  }

  /** Fails for each answer that has one of these words, and says where. */
  expectWithout(words: readonly string[]): void {
    for (const word of words)
      for (const text of this.texts) {
        const at = text.toLowerCase().indexOf(word.toLowerCase());
        const around = text.slice(Math.max(0, at - 100), at + 100);
        expect(at, `“${word}” in ${text.split('\n')[0]}: …${around}…`).toBe(-1);
      }
  }
}

/** A backend that answers every request with an error that describes its inside, and quotes the key it received. */
async function startTalker(): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    const words = `${MARK} refused ${request.headers.authorization} in /srv/${MARK}/model.py: select * from ${MARK}`;
    const error = { message: words, type: words, code: words, param: words };
    const body = JSON.stringify({ error, detail: words, errors: words, message: words, node_errors: { 3: words } });
    response.writeHead(500, { 'content-type': 'application/json', 'x-machine': MARK }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `127.0.0.1:${address.port}`;
}

const SECRETS = {
  XAI_API_KEY: `${MARK}-xai-key`,
  SPARE_API_KEY: `${MARK}-spare-key`,
  REPLICATE_API_TOKEN: `${MARK}-replicate-token`,
  FAL_KEY: `${MARK}-fal:key`,
  AWS_ACCESS_KEY_ID: `${MARK}-aws-id`,
  AWS_SECRET_ACCESS_KEY: `${MARK}-aws-secret`,
  IDENTITY_KEYS: `${MARK}:${`${MARK}-identity-key-`.padEnd(43, 'k')}`,
};
const PASSWORD = `${MARK}-password`;

/** Every kind of backend at an address, under the names `<kind>-<name>`. */
function backendsAt(host: string, name: string): readonly string[] {
  const base = `http://${host}/${MARK}-path`;
  return [
    `forge+http://${MARK}user:${PASSWORD}-forge@${host}/${MARK}-path?name=forge-${name}`,
    `comfyui+http://${MARK}user:${PASSWORD}-comfyui@${host}/${MARK}-path?name=comfyui-${name}`,
    `sdcpp+http://${host}/${MARK}-path?name=sdcpp-${name}`,
    `openai+http://:${PASSWORD}-openai@${host}/${MARK}-path/v1?model=x&name=openai-${name}`,
    `openai+http://${host}/${MARK}-path/v1?model=x&keyFrom=SPARE_API_KEY&name=spare-${name}`,
    `ai:xai/grok?baseUrl=${base}&name=ai-${name}`,
    `replicate:owner/model?baseUrl=${base}&name=replicate-${name}`,
    `fal:fal-ai/flux?baseUrl=${base}&name=fal-${name}`,
  ];
}

/** A PostgreSQL database and a Redis with recognisable names and passwords. */
async function startShared() {
  const [postgres, redis] = [await startPostgres(), await startRedis()];
  onTestFinished(() => postgres.remove());
  onTestFinished(() => redis.stop());
  const database = await postgres.createDatabase();
  const client = new Client({ connectionString: database.href });
  await client.connect();
  await client.query(`create role ${MARK}_role superuser login`);
  await client.query(`create database ${MARK}_base`);
  await client.end();
  Object.assign(database, { username: `${MARK}_role`, password: `${PASSWORD}-postgres`, pathname: `/${MARK}_base` });
  return {
    environment: { DATABASE_URL: database.href, REDIS_URL: redis.url.replace('//', `//:${PASSWORD}-redis@`) },
    ports: [String(postgres.port), new URL(redis.url).port],
    crash: () => Promise.all([postgres.crash(), redis.kill()]),
  };
}

const missing = skipReason('postgres') ?? skipReason('redis-server');

describe.skipIf(missing !== undefined)(missing ?? 'A server of which everything fails', () => {
  it('[R6][R8] answers without addresses, driver texts and secrets; its log has all but the secrets', async () => {
    const shared = await startShared();
    const talker = await startTalker();
    const dataDir = join(await tempFolder(), `${MARK}-data`);
    const { child, output, exited } = startProgram(fileURLToPath(new URL('../main.ts', import.meta.url)), [], {
      ...SECRETS,
      ...shared.environment,
      PORT: '0',
      LOG_LEVEL: 'trace',
      DATA_DIR: dataDir,
      IMAGES_URL: `s3://${MARK}-bucket?endpoint=http://${GONE}:4599&prefix=${MARK}-prefix`,
      PROVIDERS: [...backendsAt(`${GONE}:4567`, 'gone'), ...backendsAt(talker, 'talker')].join(','),
      RETRY_DELAYS: 'never',
      BREAKER_FAILURES: '1000',
    });
    await eventually(() => /Darkroom is at \S+/.test(output.stdout));
    const url = /Darkroom is at (\S+)/.exec(output.stdout)?.[1] ?? '';
    const [answers, visitor] = [new Answers(url, { ends: true }), createVisitor(url)];

    const { providers } = ProvidersResponse.parse(await (await fetch(`${url}/api/providers`)).json());
    expect(providers).toHaveLength(16);
    const failed: string[] = [];
    for (const { name } of providers) {
      const made = await postJson(`${url}/api/jobs`, { prompt: 'a boat', options: { provider: name } });
      const { job } = z.parse(z.object({ job: z.object({ id: z.string() }) }), await made.json());
      await untilLog(url, job.id, isAt('failed'));
      failed.push(job.id);
    }
    const { id } = await visitor.converse();
    await visitor.say(id, { content: 'draw a boat' });
    await answers.walk(visitor, failed[0] ?? '', id);
    await answers.watch(failed);

    await shared.crash();
    const healthOf = async () => HealthResponse.parse(await (await fetch(`${url}/api/health`)).json());
    // Database and images are gone one after the other, and health remembers for 2 s.
    await eventually(async () => {
      const { storage } = await healthOf();
      return !storage.ok && output.stdout.includes('The database does not answer.');
    });
    for (const method of ['POST', 'PATCH', 'DELETE'])
      for (const path of [
        '/api/jobs',
        `/api/jobs/${failed[0]}/retry`,
        '/api/conversations',
        `/api/conversations/${id}`,
      ])
        await answers.take(path, await visitor.ask(method, path, { prompt: 'a boat' }));
    await answers.walk(visitor, failed[0] ?? '', id);
    await answers.watch([...failed, 'x'.repeat(22)]);
    child.kill('SIGKILL');
    await exited;

    const ports = [...shared.ports, '4567', '4599', new URL(`http://${talker}`).port].map((port) => `:${port}`);
    answers.expectWithout([MARK, GONE, ...ports, ...INSIDE]);
    const log = output.stdout + output.stderr;
    const secrets = [...Object.values(SECRETS), PASSWORD, 'k'.repeat(20)];
    for (const secret of secrets.flatMap((one) => [one, encodeURIComponent(one)])) expect(log).not.toContain(secret);
    for (const [user, backend] of [
      [`${MARK}user`, 'forge'],
      [`${MARK}user`, 'comfyui'],
    ])
      expect(log).not.toContain(Buffer.from(`${user}:${PASSWORD}-${backend}`).toString('base64'));
    expect(log).toContain(GONE);
    expect(log.match(/"msg":"The database does not answer\."/g)).toHaveLength(1);
  });
});

describe('An embedded server of which everything fails', () => {
  it('[R6][R8] answers without paths, and without the text of SQLite and of what a backend threw; its log has them', async () => {
    const dataDir = join(await tempFolder(), `${MARK}-data`);
    const [clock, provider, lines] = [new FakeClock(), createManualProvider(), [] as string[]];
    const logger = createLineLogger((line) => void lines.push(line));
    provider.health = () => Promise.reject(new TypeError(`${MARK} is undefined at ${GONE}`));
    const { url } = await startManual({ DATA_DIR: dataDir }, { providers: [provider], clock, logger });
    const [answers, visitor] = [new Answers(url, { ends: false }), createVisitor(url)];
    const { id } = await visitor.converse();
    const jobs: string[] = [];
    const make = async () => {
      const { job } = await visitor.say(id, { content: 'draw a boat' });
      jobs.push(job?.id ?? '');
      return { jobId: job?.id ?? '', run: await provider.nextRun() };
    };
    const untilFailed = (jobId: string) =>
      eventually(async () => {
        clock.advance(5_000);
        const answer = await fetch(`${url}/api/jobs/${jobId}`);
        return (
          z.parse(z.object({ job: z.object({ status: z.string() }) }), await answer.json()).job.status === 'failed'
        );
      });
    const thrown = await make();
    await thrown.run.say({ type: 'accepted', upstreamId: 'u-1' });
    thrown.run.end(new TypeError(`${MARK} is undefined at ${GONE}`));
    await untilFailed(thrown.jobId);
    const unstored = await make();
    const images = join(dataDir, 'images');
    await rm(images, { recursive: true, force: true });
    await writeFile(images, 'a file where the folder should be');
    void unstored.run.finish();
    await untilFailed(unstored.jobId);
    await answers.walk(visitor, unstored.jobId, id);
    await answers.watch(jobs);

    const file = new DatabaseSync(join(dataDir, 'darkroom.sqlite'));
    for (const table of ['events', 'jobs', 'messages', 'conversations', 'settings']) file.exec(`drop table ${table}`);
    file.close();
    await answers.walk(visitor, 'x'.repeat(22), id);
    for (const path of ['/api/jobs', '/api/conversations'])
      await answers.take(path, await visitor.ask('POST', path, path === '/api/jobs' ? { prompt: 'a boat' } : {}));

    // Refused requests are logged together.
    clock.advance(10_000);
    answers.expectWithout([MARK, GONE, ...INSIDE]);
    const log = lines.join('');
    for (const word of [MARK, GONE, images, 'no such table']) expect(log).toContain(word);
  });
});
