import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from './project.js';

const IGNORED = /(^|[/\\])(node_modules|dist|\.cache)([/\\]|$)|\.test\.[jt]sx?$/;

/** Every file at or under `path`, in a fixed order; no build outputs, packages or tests. */
function filesUnder(path) {
  if (IGNORED.test(relative(ROOT, path))) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}

/** A hash that changes when a file among `paths` (files and folders) does. */
export function fingerprint(paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap(filesUnder)) hash.update(`${relative(ROOT, file)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}
