import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startManual } from './testing/api.ts';
import { startProgram } from './testing/child-server.ts';
import { eventually } from './testing/eventually.ts';
import { tempFolder } from './testing/temp-folder.ts';

const SCRIPT = fileURLToPath(new URL('../../../deploy/healthcheck.js', import.meta.url));
const check = (environment: Record<string, string>) => startProgram(SCRIPT, [], environment).exited;

describe('deploy/healthcheck.js', () => {
  it.each(['127.0.0.1', '0.0.0.0', '::', 'localhost'])('passes a server that listens on %s', async (HOST) => {
    const { url } = await startManual({ HOST });
    expect(await check({ HOST, PORT: new URL(url).port })).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('says why a server cannot store', async () => {
    const DATA_DIR = join(await tempFolder(), 'data');
    const { url } = await startManual({ DATA_DIR });
    // A file where the folder of the images was: nothing can be written there, not even by root.
    await rm(join(DATA_DIR, 'images'), { recursive: true, force: true });
    await writeFile(join(DATA_DIR, 'images'), '');
    const { port } = new URL(url);
    await eventually(async () => (await check({ PORT: port })).code === 1);
    expect((await check({ PORT: port })).stderr).toMatch(/^.+\n$/);
  });

  it('fails where no server answers', async () => {
    const { code, stderr } = await check({ PORT: '9' });
    expect(code).toBe(1);
    expect(stderr).toContain('ECONNREFUSED');
  });
});
