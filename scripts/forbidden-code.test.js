import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inRoot, ROOT } from './setup/project.js';

/** Sources that are deployed: no tests, and nothing that only tests use. */
function sourcesOf(folder) {
  const files = globSync(`${folder}/**/*.{ts,tsx,js}`, { cwd: ROOT });
  return files.filter((file) => !/\.(?:test|contract)\.|\/testing\/|\/dist\/|node_modules/.test(file));
}

const SERVER = ['packages/server/src', 'packages/protocol/src', 'packages/painter/src'];
const WEB = ['packages/web/src', 'packages/client/src'];

describe('Deployed code', () => {
  it.each([
    ['starts no shell', SERVER, /import\s*\{[^}]*\bexec(?:Sync)?\b[^}]*\}\s*from 'node:child_process'|\bshell:/],
    ['runs no text as code', [...SERVER, ...WEB], /(?:[=(,;!]|return|await)\s*eval\(|new Function\(|node:vm/],
    ['never accepts a certificate unchecked', SERVER, /rejectUnauthorized|checkServerIdentity|NODE_TLS_REJECT/],
    ['writes no HTML into the page', WEB, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySet/],
  ])('%s', (_what, folders, pattern) => {
    const files = folders.flatMap(sourcesOf);
    expect(files.length).toBeGreaterThan(50);
    expect(files.filter((file) => pattern.test(readFileSync(inRoot(file), 'utf8')))).toEqual([]);
  });
});
