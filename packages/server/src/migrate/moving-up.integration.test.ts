import type { ChildProcess } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobResponse } from '@darkroom/protocol';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Environment } from '../config.ts';
import { parseImageUrl } from '../jobs/image-address.ts';
import { getSnapshot, postJob, startManual } from '../testing/api.ts';
import { spawnSteppedServer, startProgram } from '../testing/child-server.ts';
import { eventually } from '../testing/eventually.ts';
import { skipReason } from '../testing/machine.ts';
import { type PostgresServer, startPostgres } from '../testing/postgres-server.ts';
import { programFile } from '../testing/program-file.ts';
import {
  KNOWN_KEY,
  KNOWN_REQUEST,
  makeSampleDarkroom,
  observe,
  type SampleDarkroom,
} from '../testing/sample-darkroom.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { useS3Server } from '../testing/use-s3-server.ts';
import { createVisitor } from '../testing/visitor.ts';
import { readMigrateOptions } from './migrate-options.ts';
import { compare, migrate } from './migration.ts';
import { openPlaces } from './open-places.ts';
import type { Route } from './place.ts';
import type { Progress } from './progress.ts';

const MAIN = programFile('migrate/main.ts');
const reason = skipReason('postgres');

/** More than one page of them. */
const JOBS = 60;
/** The storage stops answering when it has so much of all pictures. */
const SHARE = 0.9;

/** The command, as a person runs it. */
const start = (args: readonly string[], environment: Environment) => startProgram(MAIN, args, environment);
const run = (args: readonly string[], environment: Environment) => start(args, environment).exited;

/** The same in this process. */
async function during<T>(
  args: readonly string[],
  environment: Environment,
  work: (route: Route, progress: Progress) => Promise<T>,
): Promise<T> {
  const options = readMigrateOptions(args, environment);
  if (options === undefined) throw new Error('these are options');
  const route = await openPlaces(options);
  try {
    return await work(route, { begin: () => {}, add: () => {} });
  } finally {
    await route.close();
  }
}

describe.skipIf(reason !== undefined)(reason ?? 'npm run migrate', () => {
  const s3 = useS3Server();
  let postgres: PostgresServer;
  let sample: SampleDarkroom;
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'darkroom-sample-'));
    [postgres, sample] = await Promise.all([startPostgres(), makeSampleDarkroom(folder, JOBS)]);
  });
  afterAll(async () => {
    await postgres?.remove();
    if (sample !== undefined) await rm(sample.dataDir, { recursive: true, force: true });
  });

  /** An empty database and an empty bucket: the environment of the new Darkroom, and the options that name it. */
  async function newPlace() {
    const database = await postgres.createDatabase();
    const settings: Environment = { ...(await s3().settings()), DATABASE_URL: database.href };
    return { settings, to: ['--to', database.href], database };
  }

  async function query(database: URL, text: string) {
    const client = new Client({ connectionString: database.href });
    await client.connect();
    const { rows } = await client.query(text).finally(() => client.end());
    return rows;
  }

  it('carries an embedded Darkroom to PostgreSQL and S3, where it goes on as if nothing had happened', async () => {
    const { settings, to } = await newPlace();
    const dataDir = await tempFolder();
    await cp(sample.dataDir, dataDir, { recursive: true });
    // A process dies with one job under way and one that waits.
    const dying = await spawnSteppedServer({ DATA_DIR: dataDir, PROVIDERS: 'sketch:?concurrency=1' });
    const [running, waiting] = [await postJob(dying.url, 'was under way'), await postJob(dying.url, 'waited')];
    await eventually(async () => (await getSnapshot(dying.url, running.id)).job.status === 'running');
    await dying.kill('SIGKILL');

    const { code, stdout, stderr } = await run(['--from', dataDir, ...to], settings);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/\nCarried \d[\d,]* rows and \d+ pictures; both sides are the same \(/);
    expect(stdout).not.toContain('hunter2');

    const { url, provider } = await startManual(settings);
    const visitor = createVisitor(url, sample.visitor);
    expect(await observe(url, visitor, { ...sample, ...sample.seen })).toEqual(sample.seen);

    const again = await visitor.ask('POST', '/api/jobs', KNOWN_REQUEST, KNOWN_KEY);
    expect(again.status).toBe(200);
    expect(sample.seen.mine).toContain(JobResponse.parse(await again.json()).job.id);
    const said = await visitor.say(sample.conversationId, { content: 'hello again' });
    const before = sample.seen.messages.map(({ id }) => id);
    for (const { id } of said.messages) expect(id).toBeGreaterThan(Math.max(...before));

    const newest = await postJob(url, 'is new');
    const done = [];
    for (let count = 0; count < 3; count++) {
      const next = await provider.nextRun();
      done.push(next.request.prompt);
      await next.finish();
    }
    // The one that was under way is missed once its worker has been silent.
    expect(done.toSorted()).toEqual(['is new', 'waited', 'was under way']);
    expect(done.indexOf('waited')).toBeLessThan(done.indexOf('is new'));
    for (const { id } of [running, waiting, newest])
      await eventually(async () => (await getSnapshot(url, id)).job.status === 'completed');
    expect((await getSnapshot(url, running.id)).job.attempt).toBe(2);
  });

  const interruptions = {
    'is killed': {
      strike: async (child: ChildProcess) => void child.kill('SIGKILL'),
      recover: async () => {},
      said: /^$/,
    },
    'loses the storage': {
      strike: () => s3().pause(),
      recover: () => s3().resume(),
      said: /^migrate: cannot (store|read) the picture: the object storage .*; run this again to go on\n$/,
    },
    'loses the database': {
      strike: () => postgres.crash(),
      recover: () => postgres.start(),
      said: /^migrate: cannot (read|write to) postgres:\/\/darkroom@\S+: .*; run this again to go on\n$/,
    },
  };

  it.each(Object.entries(interruptions))(
    'that %s goes on when it is started again',
    async (_how, { strike, recover, said }) => {
      const { settings, to, database } = await newPlace();
      const args = ['--from', sample.dataDir, ...to];
      const { length: pictures } = Object.keys(sample.seen.pictures);
      const hold = s3().holdAfter(Math.floor(SHARE * pictures));
      const { child, exited } = start(args, settings);
      await hold.reached;
      await strike(child);
      hold.release();
      const { code, stderr } = await exited;
      expect(code).not.toBe(0);
      expect(stderr).toMatch(said);
      await recover();
      expect(await query(database, 'select id from jobs')).toEqual([]);

      const second = await run(args, settings);
      expect(second).toMatchObject({ code: 0, stderr: '' });
      const [, sent] = /and (\d+) pictures; both sides are the same/.exec(second.stdout) ?? [];
      expect(Number(sent)).toBeLessThan(pictures / 2);
      const third = await during([...args], settings, migrate);
      expect(third).toMatchObject({ written: { rows: 0, pictures: 0 }, differences: { count: 0 }, lost: { count: 0 } });
      expect(third.pictures.target).toEqual(third.pictures.source);
      expect(third.pictures.source.count).toBe(pictures);
    },
  );

  it('--verify finds what is not the same on both sides, names it, and ends with 1', async () => {
    const { settings, to, database } = await newPlace();
    const args = ['--from', sample.dataDir, ...to];
    const [picture = ''] = Object.keys(sample.seen.pictures);
    const key = parseImageUrl(picture);
    await during(args, settings, async (route, progress) => {
      await migrate(route, progress);
      if (key !== undefined) await route.target.images.put(key, { bytes: Buffer.from('other'), type: 'image/jpeg' });
    });
    const [job] = sample.seen.jobs;
    await query(database, `update jobs set job = job || ' ' where id = '${job?.id}'`);
    await query(database, `delete from events where job_id = '${job?.id}' and seq = 2`);
    const { code, stdout } = await run([...args, '--verify'], settings);
    expect(code).toBe(1);
    expect(stdout).toContain(`\n  job ${job?.id} is not the same in the target\n`);
    expect(stdout).toContain(`\n  event ${job?.id}.2 is missing in the target\n`);
    expect(stdout).toContain(`\n  picture ${picture} is not the same in the target\n`);
    expect(stdout).toMatch(/\nSource and target are not the same \([^)]*\)\.\n$/);
  });

  it('carries it back down into a folder as it was', async () => {
    const { settings, to, database } = await newPlace();
    const folder = join(await tempFolder(), 'down');
    await during(['--from', sample.dataDir, ...to], settings, migrate);
    const down = ['--from', database.href, '--from-images', settings['IMAGES_URL'] ?? '', '--to', folder];
    await during(down, settings, migrate);
    const report = await during(['--from', sample.dataDir, '--to', folder], {}, compare);
    expect(report).toMatchObject({ differences: { count: 0 }, lost: { count: 0 } });
    expect(report.tables?.jobs.target.count).toBe(sample.seen.jobs.length);
  });

  it('does not begin while a Darkroom runs on the database', async () => {
    const { settings, to } = await newPlace();
    const darkroom = await startManual(settings);
    const args = ['--from', sample.dataDir, ...to];
    await expect(during(args, settings, migrate)).rejects.toThrow(
      /^postgres:\/\/darkroom@\S+ is in use \(connections of Darkroom: \d+\): stop every Darkroom on it$/,
    );
    await darkroom.stop();
    expect(await during(args, settings, migrate)).toMatchObject({ differences: { count: 0 } });
  });

  it('says in one line what is wrong with an option, without what is secret', async () => {
    const { code, stdout, stderr } = await run(['--to', 'mysql://me:hunter2@host/database'], {});
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'migrate: --to must be a data folder or postgres://user@host:port/database; got "mysql://…@host/database"\n',
    );
  });

  it('reads secrets from files, as the server does', async () => {
    const { code, stdout, stderr } = await run(['--from', './x'], { DATABASE_URL_FILE: '/does/not/exist' });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('migrate: DATABASE_URL_FILE must be a file that can be read; got "/does/not/exist" (ENOENT)\n');
  });

  it('--help tells the options', async () => {
    const { code, stdout, stderr } = await run(['--help'], {});
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^usage: npm run migrate -- --from <place> --to <place>/);
  });
});
