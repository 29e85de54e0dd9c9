import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataFolder } from './data-folder.ts';
import { tempFolder } from './testing/temp-folder.ts';

const modeOf = async (path: string) => ((await stat(path)).mode & 0o7777).toString(8);

/** A data folder as an earlier version left it, with something else in it. */
async function openFolder(mode = 0o755) {
  const folder = await tempFolder();
  const kind = join(folder, 'images', 'ab', 'abc', 'images');
  await mkdir(kind, { recursive: true });
  const files = ['darkroom.sqlite', 'darkroom.sqlite-wal', 'darkroom.sqlite-shm', 'identity-keys'].map((name) =>
    join(folder, name),
  );
  files.push(join(kind, '1-0123456789ab.png'));
  const other = join(folder, 'notes.txt');
  for (const path of [...files, other]) {
    await writeFile(path, '');
    await chmod(path, 0o644);
  }
  const folders = [
    folder,
    join(folder, 'images'),
    join(folder, 'images', 'ab'),
    join(folder, 'images', 'ab', 'abc'),
    kind,
  ];
  for (const path of folders) await chmod(path, 0o755);
  await chmod(folder, mode);
  return { folder, files, folders, other };
}

describe.skipIf(process.platform === 'win32')('A data folder', () => {
  it('is made for its user alone', async () => {
    const folder = join(await tempFolder(), 'new', 'data');
    expect(await openDataFolder(folder)).toEqual({ repaired: 0, open: [] });
    expect(await modeOf(folder)).toBe('700');
  });

  it('that was open is closed, with all that is Darkroom’s in it, and nothing else', async () => {
    const { folder, files, folders, other } = await openFolder();
    expect(await openDataFolder(folder)).toEqual({ repaired: files.length + folders.length, open: [] });
    for (const path of folders) expect(await modeOf(path), path).toBe('700');
    for (const path of files) expect(await modeOf(path), path).toBe('600');
    expect(await modeOf(other)).toBe('644');
    expect(await openDataFolder(folder)).toEqual({ repaired: 0, open: [] });
  });

  it.each([
    ['is empty', []],
    ['is the root of a disk', ['lost+found']],
    ['is empty but for hidden files', ['.gitkeep', '.DS_Store']],
    ['was made by Darkroom, and holds other files as well', ['notes.txt', 'images']],
  ])('that is open and %s is closed', async (_what, names) => {
    const folder = await tempFolder();
    for (const name of names) await mkdir(join(folder, name));
    await chmod(folder, 0o755);
    await openDataFolder(folder);
    expect(await modeOf(folder)).toBe('700');
  });

  it('of other files that others may read is refused, and stays as it is', async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, 'notes.txt'), '');
    await chmod(folder, 0o755);
    await expect(openDataFolder(folder)).rejects.toThrow('name a folder of its own');
    expect(await modeOf(folder)).toBe('755');
    await chmod(folder, 0o700);
    expect(await openDataFolder(folder)).toEqual({ repaired: 0, open: [] });
  });

  it('may be named by a symbolic link', async () => {
    const { folder } = await openFolder();
    const link = join(await tempFolder(), 'data');
    await symlink(folder, link);
    expect(await openDataFolder(link)).toMatchObject({ open: [] });
    expect(await modeOf(folder)).toBe('700');
  });

  it('that is closed has its files closed', async () => {
    const { folder, files } = await openFolder(0o700);
    const [database = ''] = files;
    await openDataFolder(folder);
    expect(await modeOf(database)).toBe('600');
  });

  it('that is everyone’s, as /tmp is, stays so and is reported; what is Darkroom’s in it is closed', async () => {
    const { folder, files } = await openFolder(0o1777);
    expect(await openDataFolder(folder)).toMatchObject({ open: [folder] });
    expect(await modeOf(folder)).toBe('1777');
    for (const path of files) expect(await modeOf(path), path).toBe('600');
  });

  it('leaves alone what its symbolic links lead to', async () => {
    const elsewhere = await openFolder();
    const folder = await tempFolder();
    await symlink(join(elsewhere.folder, 'images'), join(folder, 'images'));
    await symlink(join(elsewhere.folder, 'darkroom.sqlite'), join(folder, 'darkroom.sqlite'));
    await openDataFolder(folder);
    expect(await modeOf(join(elsewhere.folder, 'images'))).toBe('755');
    expect(await modeOf(join(elsewhere.folder, 'darkroom.sqlite'))).toBe('644');
  });
});
