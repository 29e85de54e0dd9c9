import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder, wherever the command was called from. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** A path inside the repository. */
export const inRoot = (...parts) => join(ROOT, ...parts);

/** Commands that the installed packages bring along. */
export const BIN = inRoot('node_modules', '.bin');

/** The text of a file, or undefined where there is none. */
export const readIfThere = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

/** The environment for our own tools: `runtime` is the `node` they find, then the installed commands, then the machine's. */
export function toolEnv(runtime, extra = {}) {
  return { ...process.env, PATH: [dirname(runtime), BIN, process.env.PATH].join(delimiter), ...extra };
}

/** The environment for npm itself: the machine's own Node, since an install replaces the one in `node_modules`. */
export function machineEnv() {
  const { NODE: _, npm_node_execpath: __, ...env } = process.env;
  const path = (env.PATH ?? '').split(delimiter).filter((folder) => !folder.startsWith(inRoot('node_modules')));
  return { ...env, PATH: path.join(delimiter) };
}
