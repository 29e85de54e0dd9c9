import type { Stats } from 'node:fs';
import { chmod, lstat, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Mode of a folder that only its user may enter. */
export const PRIVATE_FOLDER = 0o700;
/** Mode of a file that only its user may read. */
export const PRIVATE_FILE = 0o600;
/** What others may do, the group included. */
const OTHERS = 0o077;
/** Anyone may put files into such a folder: it is no one's own. */
const STICKY = 0o1000;
/** The folder of images and uploads in a data folder. */
export const IMAGES = 'images';
/** What else Darkroom keeps there: the database with its log, and the key ring. */
const OUR_FILES = /^(?:darkroom\.sqlite|identity-keys)/;

/** What an empty disk or folder has in it. */
const NOTHING = /^(?:lost\+found$|\.)/;

/** What was open to other users of the machine. */
export interface Repair {
  /** Folders and files that are private now. */
  readonly repaired: number;
  /** Those that are not: they belong to another user, the folder is everyone's, or the file system has no such modes. */
  readonly open: readonly string[];
}

/** What this process makes is for its user alone. For a process that keeps data, before it makes anything. */
export function keepFilesPrivate(): void {
  process.umask(OTHERS);
}

/** Whether the mode lets other users of the machine in. */
export const isOpen = (mode: number): boolean => (mode & OTHERS) !== 0;

class Repairs implements Repair {
  repaired = 0;
  readonly open: string[] = [];

  async close(path: string, { mode }: Pick<Stats, 'mode'>, wanted: number): Promise<void> {
    if (!isOpen(mode)) return;
    // Another user's file cannot be changed, and some file systems ignore the change.
    await chmod(path, wanted).catch(() => {});
    if (isOpen((await stat(path)).mode)) this.open.push(path);
    else this.repaired++;
  }

  async closeFile(path: string): Promise<void> {
    await this.close(path, await lstat(path), PRIVATE_FILE);
  }

  /** A folder with all that is in it. A symbolic link leads to what the operator keeps elsewhere. */
  async closeTree(folder: string): Promise<void> {
    await this.close(folder, await lstat(folder), PRIVATE_FOLDER);
    const entries = await readdir(folder, { withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    await Promise.all(files.map(({ name }) => this.closeFile(join(folder, name))));
    for (const entry of entries) if (entry.isDirectory()) await this.closeTree(join(folder, entry.name));
  }
}

/** Whether a folder with these entries was made for something else. */
function isForeign(names: readonly string[]): boolean {
  const isOurs = names.some((name) => name === IMAGES || OUR_FILES.test(name));
  return !isOurs && names.some((name) => !NOTHING.test(name));
}

/**
 * Makes a folder that only this process's user may read, or makes one that is there so: 0700, its files 0600. What is in a
 * folder of images is looked at only if that or the data folder was open: under closed ones nothing can be reached.
 * A folder that others use for other things is not closed to them, so it is refused. Windows has no such modes: its folders
 * are left as they are. Throws the system's error if the folder cannot be made.
 */
export async function openDataFolder(folder: string): Promise<Repair> {
  const repairs = new Repairs();
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
  if (process.platform === 'win32') return repairs;
  const info = await stat(folder);
  const entries = await readdir(folder, { withFileTypes: true });
  if ((info.mode & STICKY) !== 0) repairs.open.push(folder);
  else if (isOpen(info.mode) && isForeign(entries.map(({ name }) => name)))
    throw new Error('other users may read it, and it holds files that are not Darkroom’s: name a folder of its own');
  else await repairs.close(folder, info, PRIVATE_FOLDER);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isFile() && OUR_FILES.test(entry.name)) await repairs.closeFile(path);
    if (!entry.isDirectory() || entry.name !== IMAGES) continue;
    if (isOpen(info.mode) || isOpen((await lstat(path)).mode)) await repairs.closeTree(path);
  }
  return repairs;
}
