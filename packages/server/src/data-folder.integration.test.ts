import { chmod, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isAt, postJob, untilLog } from './testing/api.ts';
import { startProgram } from './testing/child-server.ts';
import { eventually } from './testing/eventually.ts';
import { createLineLogger } from './testing/line-logger.ts';
import { createManualProvider, PNG } from './testing/manual-provider.ts';
import { tempFolder } from './testing/temp-folder.ts';
import { startDarkroom } from './testing/test-darkroom.ts';

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

/** Everything at and under a folder, with its mode: `755 path`. */
async function modesOf(folder: string): Promise<readonly string[]> {
  const entries = ['', ...(await readdir(folder, { recursive: true }))];
  return Promise.all(entries.map(async (entry) => `${await modeOf(join(folder, entry))} ${entry}`));
}

const isPrivate = (line: string) => /^[67]00 /.test(line);

/** A server whose log is kept, and a job and an upload on it, both done. */
async function serve(environment: Record<string, string>) {
  const lines: string[] = [];
  const provider = createManualProvider();
  const logger = createLineLogger((line) => void lines.push(line));
  const darkroom = await startDarkroom(environment, { providers: [provider], logger });
  const { id } = await postJob(darkroom.url);
  const run = await provider.nextRun();
  await run.step(1, PNG);
  await run.finish();
  await untilLog(darkroom.url, id, isAt('completed'));
  const headers = { 'content-type': 'image/png' };
  const upload = await fetch(`${darkroom.url}/api/uploads`, { method: 'POST', headers, body: Buffer.from(PNG.bytes) });
  expect(upload.status).toBe(201);
  return { ...darkroom, lines };
}

describe.skipIf(process.platform === 'win32')('DATA_DIR', () => {
  it('is for the server’s user alone, with the database, its log, images, uploads and keys in it', async () => {
    const folder = join(await tempFolder(), 'data');
    const { stop, lines } = await serve({ DATA_DIR: folder });
    const modes = await modesOf(folder);
    expect(modes.filter((line) => !isPrivate(line))).toEqual([]);
    for (const name of ['darkroom.sqlite', 'darkroom.sqlite-wal', 'darkroom.sqlite-shm', 'identity-keys'])
      expect(modes).toContain(`600 ${name}`);
    expect(modes).toContainEqual(expect.stringMatching(/^600 images\/uploads\/.*\.png$/));
    expect(modes).toContainEqual(expect.stringMatching(/^600 images\/.*\/images\/.*\.png$/));
    await stop();
    expect(lines.filter((line) => line.includes('DATA_DIR'))).toEqual([]);
  });

  it('of an earlier version is closed at the start, and one line says so', async () => {
    const folder = await tempFolder();
    await (await serve({ DATA_DIR: folder })).stop();
    for (const entry of ['', ...(await readdir(folder, { recursive: true }))]) {
      const path = join(folder, entry);
      await chmod(path, (await stat(path)).isDirectory() ? 0o755 : 0o644);
    }
    const opened = await modesOf(folder);
    expect(opened.filter(isPrivate)).toEqual([]);
    const { stop, lines } = await serve({ DATA_DIR: folder });
    expect((await modesOf(folder)).filter((line) => !isPrivate(line))).toEqual([]);
    await stop();
    const said = lines.filter((line) => line.includes('DATA_DIR')).map((line) => JSON.parse(line));
    expect(said).toMatchObject([{ dataDir: folder, repaired: opened.length }]);
    const again = await serve({ DATA_DIR: folder });
    await again.stop();
    expect(again.lines.filter((line) => line.includes('DATA_DIR'))).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('A folder of IMAGES_URL', () => {
  it('is made for the server’s user alone', async () => {
    const folder = join(await tempFolder(), 'shared', 'images');
    const { stop, lines } = await serve({ IMAGES_URL: pathToFileURL(folder).href });
    await stop();
    expect((await modesOf(folder)).filter((line) => !isPrivate(line))).toEqual([]);
    expect(lines.filter((line) => line.includes('IMAGES_URL'))).toEqual([]);
  });

  it('that was made for others as well stays so, with what is in it, and the log warns of it', async () => {
    const folder = join(await tempFolder(), 'images');
    await mkdir(folder);
    await chmod(folder, 0o750);
    const umask = process.umask();
    const { stop, lines } = await serve({ IMAGES_URL: pathToFileURL(folder).href });
    await stop();
    expect((await modesOf(folder)).filter((line) => !/^(?:750|640) /.test(line))).toEqual([]);
    const said = lines.filter((line) => line.includes('IMAGES_URL')).map((line) => JSON.parse(line));
    expect(said).toMatchObject([{ level: 40, folder }]);
    expect(process.umask()).toBe(umask);
  });
});

const programOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

describe.skipIf(process.platform === 'win32')('A process that keeps data', () => {
  it.skipIf(process.platform !== 'linux')('makes nothing for others: the server sets its umask', async () => {
    const environment = { PORT: '0', LOG_LEVEL: 'silent', DATA_DIR: await tempFolder() };
    const { child, output, exited } = startProgram(programOf('./main.ts'), [], environment);
    await eventually(() => output.stdout.includes('Darkroom is at'));
    expect(await readFile(`/proc/${child.pid}/status`, 'utf8')).toMatch(/^Umask:\s*0077$/m);
    child.kill();
    await exited;
  });

  it('makes nothing for others: npm run migrate', async () => {
    const [from, to] = [await tempFolder(), join(await tempFolder(), 'new')];
    await (await serve({ DATA_DIR: from })).stop();
    const { exited } = startProgram(programOf('./migrate/main.ts'), ['--from', from, '--to', to], {});
    expect(await exited).toMatchObject({ code: 0 });
    const modes = await modesOf(to);
    expect(modes.filter((line) => !isPrivate(line))).toEqual([]);
    expect(modes).toContain('600 identity-keys');
  });
});
