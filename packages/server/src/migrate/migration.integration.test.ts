import { cp, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readKeyFile } from '../identity-keys/key-file.ts';
import type { Images } from '../images.ts';
import { SqliteStore } from '../stores/sqlite/sqlite-store.ts';
import type { Tables } from '../tables.ts';
import { makeSampleDarkroom } from '../testing/sample-darkroom.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { startDarkroom } from '../testing/test-darkroom.ts';
import { readMigrateOptions } from './migrate-options.ts';
import { compare, type MigrationReport, migrate } from './migration.ts';
import { openPlaces } from './open-places.ts';
import type { Route } from './place.ts';

const QUIET = { begin: () => {}, add: () => {} };

/** One run of the command: both ends are open for as long as it takes. */
async function during<T>(from: string, to: string, work: (route: Route) => Promise<T>): Promise<T> {
  const options = readMigrateOptions(['--from', from, '--to', to], {});
  if (options === undefined) throw new Error('these are options');
  const route = await openPlaces(options);
  try {
    return await work(route);
  } finally {
    await route.close();
  }
}

const carry = (from: string, to: string) => during(from, to, (route) => migrate(route, QUIET));
const check = (from: string, to: string) => during(from, to, (route) => compare(route, QUIET));

/** What is not the same, by name. */
const differences = async (from: string, to: string) => (await check(from, to)).differences.named;

async function copyOf(folder: string): Promise<string> {
  const copy = await tempFolder();
  await cp(folder, copy, { recursive: true });
  return copy;
}

/** Changes a database behind everybody's back. */
function tamper(folder: string, statement: string): void {
  const file = new DatabaseSync(join(folder, 'darkroom.sqlite'));
  file.exec(statement);
  file.close();
}

/** Picture files with the time of their last change, so that one that is written again is another one. */
async function pictureFiles(folder: string): Promise<readonly string[]> {
  const images = join(folder, 'images');
  const paths = (await readdir(images, { recursive: true })).filter((path) => /\.(jpg|png)$/.test(path)).sort();
  return Promise.all(paths.map(async (path) => `${path} ${(await stat(join(images, path))).mtimeMs}`));
}

const filesOf = async (folder: string) =>
  (await pictureFiles(folder)).map((line) => join(folder, 'images', line.split(' ')[0] ?? ''));

/** A process that dies at its `n`th word to the target. What it has begun before that still happens. */
class Death {
  #left: number;
  readonly #begun: Promise<unknown>[] = [];
  /** Pictures that it stored. */
  stored = 0;

  constructor(words: number) {
    this.#left = words;
  }

  async say<T>(work: () => Promise<T>): Promise<T> {
    if (this.#left-- <= 0) throw new Error('killed');
    const begun = work();
    this.#begun.push(begun);
    return begun;
  }

  images(images: Images): Images {
    return {
      ...images,
      get: (key) => images.get(key),
      put: (key, image) => {
        return this.say(() => {
          this.stored++;
          return images.put(key, image);
        });
      },
    };
  }

  tables(tables: Tables): Tables {
    return {
      name: tables.name,
      count: (table) => tables.count(table),
      read: (table, span, limit) => tables.read(table, span, limit),
      readCounters: () => tables.readCounters(),
      checkUnused: () => tables.checkUnused(),
      close: () => tables.close(),
      insert: (table, rows) => this.say(() => tables.insert(table, rows)),
      remove: (table, rows) => this.say(() => tables.remove(table, rows)),
      raiseCounters: (counters) => this.say(() => tables.raiseCounters(counters)),
      transaction: (work) =>
        this.say(() =>
          tables.transaction(async (inner) => {
            const value = await work(this.tables(inner));
            await this.say(async () => {});
            return value;
          }),
        ),
    };
  }

  /** A run that dies of it; undefined: it did not. */
  async strike(from: string, to: string): Promise<{ readonly jobs: number } | undefined> {
    return during(from, to, async ({ source, target }) => {
      const doomed = { tables: this.tables(target.tables), images: this.images(target.images) };
      const outcome = await migrate({ source, target: doomed }, QUIET).catch((thrown: unknown) => thrown);
      await Promise.allSettled(this.#begun);
      if (outcome instanceof Error && outcome.message !== 'killed') throw outcome;
      return outcome instanceof Error ? { jobs: await target.tables.count('jobs') } : undefined;
    });
  }
}

describe('A migration', () => {
  let source: string;
  beforeAll(async () => {
    source = await mkdtemp(join(tmpdir(), 'darkroom-sample-'));
    await makeSampleDarkroom(source);
  });
  afterAll(() => rm(source, { recursive: true, force: true }));

  it('carries everything, and says how much', async () => {
    const target = join(await tempFolder(), 'new');
    const report = await carry(source, target);
    const pictures = await pictureFiles(source);
    expect(report).toMatchObject({ differences: { count: 0 }, lost: { count: 0 } });
    expect(report.written).toEqual({ rows: rowsIn(report), pictures: pictures.length });
    expect(report.pictures.target).toEqual(report.pictures.source);
    expect(report.tables?.jobs.target).toMatchObject({ count: 6 });
    expect(await differences(source, target)).toEqual([]);
    expect(await readKeyFile(target)).toEqual(await readKeyFile(source));
  });

  it('that is run again changes nothing and says so', async () => {
    const target = await tempFolder();
    await carry(source, target);
    const before = await pictureFiles(target);
    const report = await carry(source, target);
    expect(report).toMatchObject({ written: { rows: 0, pictures: 0 }, differences: { count: 0 } });
    expect(report.pictures.target.count).toBe(before.length);
    expect(await pictureFiles(target)).toEqual(before);
  });

  it('that is killed at any moment is gone on with, does no work twice, and ends with the same', async () => {
    const { length: pictures } = await pictureFiles(source);
    // One picture is like another: of those moments every fifth will do.
    for (let words = 0; ; words += words + 5 < pictures ? 5 : 1) {
      const target = await tempFolder();
      const death = new Death(words);
      const corpse = await death.strike(source, target);
      if (corpse === undefined) break;
      expect(corpse).toEqual({ jobs: 0 });
      const end = await during(source, target, async (route) => [
        await migrate(route, QUIET),
        await compare(route, QUIET),
      ]);
      for (const { differences } of end) expect(differences.named).toEqual([]);
      expect(death.stored + (end[0]?.written.pictures ?? 0)).toBe(pictures);
    }
  });

  it('goes on although the source has changed meanwhile', async () => {
    const changed = await copyOf(source);
    const target = await tempFolder();
    const { length } = await filesOf(changed);
    expect(await new Death(length + 2).strike(changed, target)).toEqual({ jobs: 0 });
    const store = await SqliteStore.open(join(changed, 'darkroom.sqlite'));
    const [gone] = (await store.listJobs(1)).jobs;
    await store.deleteJob(gone?.id ?? '');
    await store.close();
    await carry(changed, target);
    expect(await differences(changed, target)).toEqual([]);
  });

  it('names rows and pictures that are not the same', async () => {
    const target = await tempFolder();
    await carry(source, target);
    const [first = '', second = ''] = await filesOf(target);
    await writeFile(first, 'something else');
    await rm(second);
    tamper(target, `update events set event = replace(event, 'Queued', 'queued') where seq = 1`);
    tamper(target, `delete from messages where id = 2`);
    tamper(target, `insert into settings values ('other', 'x')`);
    const named = await differences(source, target);
    expect(named.filter((name) => /^event [\w-]{22}\.1 is not the same in the target$/.test(name))).toHaveLength(6);
    expect(named).toContain('message 2 is missing in the target');
    expect(named).toContain('setting other is in the target only');
    expect(named).toContainEqual(expect.stringMatching(/^picture \/api\/\S+ is not the same in the target$/));
    expect(named).toContainEqual(expect.stringMatching(/^picture \/api\/\S+ is missing in the target$/));
    await expect(carry(source, target)).rejects.toThrow(/holds other data.*\(differences: 8; event /);
  });

  it('sends pictures again that are gone or broken', async () => {
    const target = await tempFolder();
    await carry(source, target);
    const [first = '', second = ''] = await filesOf(target);
    await writeFile(first, 'something else');
    await rm(second);
    expect((await carry(source, target)).written).toEqual({ rows: 0, pictures: 2 });
    expect(await differences(source, target)).toEqual([]);
  });

  it('leaves a target alone that holds other data', async () => {
    const target = await tempFolder();
    await carry(source, target);
    tamper(target, `update jobs set ticket = ticket + 100`);
    const before = await pictureFiles(target);
    await expect(carry(source, target)).rejects.toThrow(/holds other data, and only an empty database can be filled/);
    expect(await pictureFiles(target)).toEqual(before);
    expect((await check(source, target)).differences.count).toBe(6);
  });

  it('fills a target where a Darkroom was only started: its visitors’ cookies are the source’s', async () => {
    const target = await tempFolder();
    await (await startDarkroom({ DATA_DIR: target })).stop();
    await carry(source, target);
    expect(await differences(source, target)).toEqual([]);
  });

  it('tells of pictures that the source itself has lost, and carries the rest', async () => {
    const damaged = await copyOf(source);
    const target = await tempFolder();
    const [lost = ''] = await filesOf(damaged);
    await rm(lost);
    const report = await carry(damaged, target);
    expect(report).toMatchObject({ lost: { count: 1 }, differences: { count: 0 } });
    expect(lost).toContain(report.lost.named[0]?.split('/').at(-1));
    expect(await differences(damaged, target)).toEqual([]);
  });

  it('does not carry jobs without any of their pictures: the option is wrong', async () => {
    const damaged = await copyOf(source);
    const target = await tempFolder();
    await rm(join(damaged, 'images'), { recursive: true });
    await expect(carry(damaged, target)).rejects.toThrow(
      /^--from-images must be where the pictures are: none of the \d+ /,
    );
    expect(await during(damaged, target, (route) => route.target.tables.count('jobs'))).toBe(0);
  });

  it('gives new jobs and messages numbers above those that were carried', async () => {
    const target = await tempFolder();
    const last = 4_711;
    const counted = await copyOf(source);
    tamper(counted, `update sqlite_sequence set seq = ${last} where name = 'messages'`);
    await carry(counted, target);
    await during(counted, target, async (route) => {
      const numbers = await route.source.tables.readCounters();
      expect(numbers.messageId).toBe(last);
      expect(await route.target.tables.readCounters()).toEqual(numbers);
    });
  });

  it('does not begin while a Darkroom runs on either end, and none begins meanwhile', async () => {
    const target = await tempFolder();
    const darkroom = await startDarkroom({ DATA_DIR: target });
    onTestFinished(() => darkroom.stop());
    const inUse = /darkroom\.sqlite is in use: stop the Darkroom on it$/;
    await expect(carry(source, target)).rejects.toThrow(inUse);
    await expect(carry(target, await tempFolder())).rejects.toThrow(inUse);
    await darkroom.stop();
    await during(source, target, async () => {
      await expect(SqliteStore.open(join(source, 'darkroom.sqlite'))).rejects.toThrow('another process is using it');
    });
  });
});

function rowsIn({ tables }: MigrationReport): number {
  return Object.values(tables ?? {}).reduce((sum, { source }) => sum + source.count, 0);
}
