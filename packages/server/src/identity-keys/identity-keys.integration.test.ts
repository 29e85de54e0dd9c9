import { randomBytes } from 'node:crypto';
import { chown, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { IdentityLinkResponse } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { AnonymousIdentities } from '../identities/anonymous/anonymous-identities.ts';
import { isStorageError } from '../storage-error.ts';
import { startManual } from '../testing/api.ts';
import { startProgram } from '../testing/child-server.ts';
import { createLineLogger } from '../testing/line-logger.ts';
import { skipReason } from '../testing/machine.ts';
import { createSharedDatabase } from '../testing/shared-postgres.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { createVisitor, type Visitor } from '../testing/visitor.ts';
import { formatIdentityKeys, type IdentityKey, newIdentityKey } from './identity-keys.ts';
import { KEY_FILE, readKeyFile, writeKeyFile } from './key-file.ts';

/** What a version before key ids had: one key, whose signatures carry no id. */
const unnamedKey = (): IdentityKey => ({ id: undefined, key: randomBytes(32).toString('base64url') });

/** A browser that an earlier version gave its cookie. */
function formerVisitor(url: string, key: IdentityKey): Visitor {
  const { cookie } = new AnonymousIdentities([key]).issue(false);
  return createVisitor(url, { cookie: cookie.split(';')[0] ?? '' });
}

const titles = async (visitor: Visitor) => (await visitor.conversations()).map(({ title }) => title);
const open = (visitor: Visitor) => visitor.ask('GET', '/', undefined, { accept: 'text/html' });

async function linkOf(visitor: Visitor): Promise<string> {
  const response = await visitor.ask('POST', '/api/identity/link', {});
  return IdentityLinkResponse.parse(await response.json()).token;
}

const adopt = async (visitor: Visitor, token: string) =>
  (await visitor.ask('POST', '/api/identity/adopt', { token })).status;

/** How often a text is in the files of a data folder that a copy of the database may consist of. */
async function occurrences(folder: string, text: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('darkroom.sqlite'));
  const files = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')));
  return files.join('').split(text).length - 1;
}

/** A data folder as an earlier version left it: the key in the database, with traces where it once was. */
async function formerFolder(key: string): Promise<string> {
  const folder = await tempFolder();
  const server = await startManual({ DATA_DIR: folder });
  await server.stop();
  await rm(join(folder, KEY_FILE));
  const file = new DatabaseSync(join(folder, 'darkroom.sqlite'));
  const insert = file.prepare('insert into settings values (?, ?)');
  for (let row = 0; row < 200; row++) insert.run(`taken:${row}`, row % 50 === 0 ? key : 'x'.repeat(100));
  insert.run('identity-key', key);
  file.exec(`delete from settings where name like 'taken:%'`);
  file.close();
  expect(await occurrences(folder, key)).toBeGreaterThan(1);
  return folder;
}

describe('A data folder of a version before key ids', () => {
  it('[R9][R12] knows its visitors and links again, and gives a page’s reader a cookie of the new key', async () => {
    const former = unnamedKey();
    const folder = await formerFolder(former.key);
    const { url } = await startManual({ DATA_DIR: folder });
    const [visitor, other] = [formerVisitor(url, former), createVisitor(url)];
    await visitor.converse('Boats');
    const before = visitor.headers['cookie'];
    const owner = before?.split('=')[1]?.split('.')[0] ?? '';
    const token = new AnonymousIdentities([former]).linksFor().sign(owner, Date.now() + 60_000);
    await open(visitor);
    const [signing] = (await readKeyFile(folder)) ?? [];
    expect(visitor.headers['cookie']).toMatch(new RegExp(`^darkroom_id=${owner}\\.${signing?.id}\\.`));
    expect(await titles(visitor)).toEqual(['Boats']);
    expect(await titles(createVisitor(url, { cookie: before ?? '' }))).toEqual(['Boats']);
    expect(await adopt(other, token)).toBe(200);
    expect(await titles(other)).toEqual(['Boats']);
  });

  it('has its key in a file from then on, no byte of it in the database or its log, and one line says so', async () => {
    const former = unnamedKey();
    const folder = await formerFolder(former.key);
    const lines: string[] = [];
    const logger = createLineLogger((line) => void lines.push(line));
    const { stop } = await startManual({ DATA_DIR: folder }, { logger });
    expect(await occurrences(folder, former.key)).toBe(0);
    const ring = await readKeyFile(folder);
    expect(ring).toEqual([{ id: expect.any(String), key: expect.any(String) }, former]);
    await stop();
    expect(await occurrences(folder, former.key)).toBe(0);
    const said = lines.filter((line) => line.includes('key that signs'));
    expect(said).toHaveLength(1);
    const again = await startManual({ DATA_DIR: folder }, { logger });
    await again.stop();
    expect(await readKeyFile(folder)).toEqual(ring);
    expect(lines.filter((line) => line.includes('key that signs'))).toEqual(said);
  });

  it('that was left between the two steps of the move has the key once, and no longer in the database', async () => {
    const former = unnamedKey();
    const folder = await formerFolder(former.key);
    const ring = [newIdentityKey(), former];
    await writeKeyFile(folder, ring);
    const { stop } = await startManual({ DATA_DIR: folder });
    await stop();
    expect(await readKeyFile(folder)).toEqual(ring);
    expect(await occurrences(folder, former.key)).toBe(0);
  });
});

describe('The file of keys', () => {
  it('[R9] is kept: visitors are known after a restart; a new data folder has no key in its database', async () => {
    const folder = await tempFolder();
    const first = await startManual({ DATA_DIR: folder });
    const { headers } = await (async () => {
      const visitor = createVisitor(first.url);
      await visitor.converse('Boats');
      return visitor;
    })();
    await first.stop();
    const [signing] = (await readKeyFile(folder)) ?? [];
    expect(await occurrences(folder, signing?.key ?? '')).toBe(0);
    const { url } = await startManual({ DATA_DIR: folder });
    expect(await titles(createVisitor(url, headers))).toEqual(['Boats']);
  });

  it('[R9][R12] after npm run rotate-key begins with a new key; cookies and links of the one before are good', async () => {
    const folder = await tempFolder();
    const first = await startManual({ DATA_DIR: folder });
    const visitor = createVisitor(first.url);
    await visitor.converse('Boats');
    const token = await linkOf(visitor);
    await first.stop();
    const before = await readKeyFile(folder);
    const program = fileURLToPath(new URL('./rotate.ts', import.meta.url));
    const { code, stdout } = await startProgram(program, [], { DATA_DIR: folder }).exited;
    const after = (await readKeyFile(folder)) ?? [];
    expect({ code, length: after.length, rest: after.slice(1) }).toEqual({ code: 0, length: 2, rest: before });
    expect(stdout).toContain(`The key ${after[0]?.id} signs`);
    for (const { key } of after) expect(stdout).not.toContain(key);
    const { url } = await startManual({ DATA_DIR: folder });
    const [back, other] = [createVisitor(url, visitor.headers), createVisitor(url)];
    await open(back);
    expect(back.headers['cookie']).toContain(`.${after[0]?.id}.`);
    expect(await titles(back)).toEqual(['Boats']);
    expect(await adopt(other, token)).toBe(200);
    expect(await titles(other)).toEqual(['Boats']);
  });

  it.each([
    ['where there is none', {}, 'with the file identity-keys'],
    ['beside a shared database', { DATABASE_URL: 'postgres://darkroom@127.0.0.1:1/none' }, 'Signing keys'],
    ['beside IDENTITY_KEYS', { IDENTITY_KEYS: formatIdentityKeys([newIdentityKey()]) }, 'Signing keys'],
  ])('is not made by npm run rotate-key %s: one line, exit 1', async (_what, environment, why) => {
    const folder = await tempFolder();
    const program = fileURLToPath(new URL('./rotate.ts', import.meta.url));
    const { code, stderr } = await startProgram(program, [], { DATA_DIR: folder, ...environment }).exited;
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^rotate-key: .*${why}.*\n$`));
    expect(await readdir(folder)).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0)('that root writes is the folder’s user’s, as whom the server runs', async () => {
    const folder = await tempFolder();
    await chown(folder, 1234, 1235);
    for (let times = 0; times < 2; times++) {
      await writeKeyFile(folder, [newIdentityKey()]);
      expect(await stat(join(folder, KEY_FILE))).toMatchObject({ uid: 1234, gid: 1235, mode: 0o100600 });
    }
  });

  it('that cannot be read stops the start, and is not replaced', async () => {
    const folder = await tempFolder();
    await writeKeyFile(folder, [unnamedKey()]);
    const text = await readFile(join(folder, KEY_FILE), 'utf8');
    const thrown = await startManual({ DATA_DIR: folder }).catch((reason: unknown) => reason);
    expect(thrown).toMatchObject({ message: expect.stringMatching(/^cannot read .*identity-keys/) });
    expect(isStorageError(thrown) && thrown.detail).toContain('must have an id');
    expect(await readFile(join(folder, KEY_FILE), 'utf8')).toBe(text);
  });
});

describe('IDENTITY_KEYS', () => {
  it('[R9] is the ring of every process that has it: the first key signs, all verify, and nothing is written', async () => {
    const [old, key] = [newIdentityKey(), newIdentityKey()];
    const folder = await tempFolder();
    const first = await startManual({ DATA_DIR: folder, IDENTITY_KEYS: formatIdentityKeys([old, key]) });
    const visitor = createVisitor(first.url);
    await visitor.converse('Boats');
    expect(visitor.headers['cookie']).toContain(`.${old.id}.`);
    expect(await readKeyFile(folder)).toBeUndefined();
    await first.stop();
    const second = await startManual({ DATA_DIR: folder, IDENTITY_KEYS: formatIdentityKeys([key, old]) });
    const back = createVisitor(second.url, visitor.headers);
    expect(await titles(back)).toEqual(['Boats']);
    await open(back);
    expect(back.headers['cookie']).toContain(`.${key.id}.`);
    await second.stop();
    const third = await startManual({ DATA_DIR: folder, IDENTITY_KEYS: formatIdentityKeys([key]) });
    expect(await titles(createVisitor(third.url, back.headers))).toEqual(['Boats']);
    expect(await titles(createVisitor(third.url, visitor.headers))).toEqual([]);
  });
});

describe.skipIf(skipReason('postgres'))('Processes that share a database', () => {
  it('[R9] have one ring, whichever started first, around the key of an earlier version', async () => {
    const DATABASE_URL = (await createSharedDatabase()).href;
    const made = await startManual({ DATABASE_URL });
    await made.stop();
    const { Client } = await import('pg');
    const former = unnamedKey();
    const client = new Client({ connectionString: DATABASE_URL });
    await client.connect();
    await client.query(`delete from settings`);
    await client.query(`insert into settings values ('identity-key', $1)`, [former.key]);
    await client.end();
    const servers = await Promise.all([startManual({ DATABASE_URL }), startManual({ DATABASE_URL })]);
    const [one, two] = servers.map(({ url }) => url);
    const visitor = createVisitor(one ?? '');
    await visitor.converse('Boats');
    expect(await titles(createVisitor(two ?? '', visitor.headers))).toEqual(['Boats']);
    await open(visitor);
    const known = formerVisitor(one ?? '', former);
    await known.converse('From before');
    expect(await titles(createVisitor(two ?? '', known.headers))).toEqual(['From before']);
    for (const { dataDir } of servers) expect(await readKeyFile(dataDir)).toBeUndefined();
  });
});
