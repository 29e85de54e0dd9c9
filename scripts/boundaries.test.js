import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** A small tree in which every boundary is broken once: rule → the file that breaks it. */
const BROKEN = {
  'protocol-alone': ['packages/protocol/src/a.ts', `import type { W } from '@darkroom/client';\nexport type A = W;`],
  'client-on-protocol': ['packages/client/src/b.ts', `export { compose } from '../../server/src/compose.ts';`],
  'server-on-protocol': ['packages/server/src/c.ts', `export const c = () => import('@darkroom/client');`],
  'web-on-client': ['packages/web/src/d.tsx', `import { compose } from '../../server/src/compose.ts';\ncompose();`],
  'core-on-ports': ['packages/server/src/jobs/e.ts', `import '../compose.ts';`],
  'ports-alone': ['packages/server/src/store.ts', `import type { C } from './compose.ts';\nexport type Store = C;`],
  'only-compose-names-stores': ['packages/server/src/http/f.ts', `import '../stores/sqlite/sqlite-store.ts';`],
  'only-metrics-knows-prometheus': ['packages/server/src/http/q.ts', `import 'prom-client';`],
  'image-files-alone': ['packages/server/src/image-files/r.ts', `import '../compose.ts';`],
  'only-image-files-decode': ['packages/server/src/http/s.ts', `import 'sharp';`],
  'adapters-apart': ['packages/server/src/stores/postgres/g.ts', `import '../sqlite/sqlite-store.ts';`],
  'features-apart': ['packages/web/src/features/job/h.tsx', `import '../history/i.tsx';`],
  'fakes-alone': ['packages/fake-backends/src/n.ts', `import '../../server/src/compose.ts';`],
  'fakes-for-tests': ['packages/server/src/o.ts', `import '@darkroom/fake-backends';`],
  'no-cycles': ['packages/web/src/ui/j.tsx', `import type { K } from './k.tsx';\nexport type J = K;`],
  resolvable: ['packages/web/src/l.tsx', `import './nowhere.tsx';`],
  declared: ['packages/web/src/m.tsx', `import 'undeclared';`],
};

/** What the broken files reach, in order itself. */
const SOUND = {
  'package.json': `{"name": "broken", "type": "module", "workspaces": ["packages/*"]}`,
  'node_modules/undeclared/package.json': `{"name": "undeclared", "exports": "./index.js"}`,
  'node_modules/undeclared/index.js': '',
  'node_modules/prom-client/package.json': `{"name": "prom-client", "exports": "./index.js"}`,
  'node_modules/prom-client/index.js': '',
  'node_modules/sharp/package.json': `{"name": "sharp", "exports": "./index.js"}`,
  'node_modules/sharp/index.js': '',
  'packages/fake-backends/src/index.ts': 'export const f = 1;',
  'packages/protocol/src/index.ts': 'export const p = 1;',
  'packages/client/src/index.ts': `import { p } from '@darkroom/protocol';\nexport type W = typeof p;`,
  'packages/server/src/compose.ts': `import './stores/sqlite/sqlite-store.ts';\nexport type C = 1;\nexport const compose = () => {};`,
  'packages/server/src/stores/sqlite/sqlite-store.ts': `import '../rows.ts';`,
  'packages/server/src/migrate/open-places.ts': `import '../stores/sqlite/sqlite-store.ts';`,
  'packages/server/src/stores/rows.ts': 'export {};',
  'packages/web/src/features/history/i.tsx': `import '@darkroom/client';`,
  'packages/web/src/ui/k.tsx': `import type { J } from './j.tsx';\nexport type K = J;`,
};

const root = resolve(import.meta.dirname, '..');
let tree;
let violations;

function write(path, text) {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

/** Runs the check as `npm run check:boundaries` does; it answers even though it exits with the number of errors. */
function cruise() {
  const args = ['--config', join(root, '.dependency-cruiser.js'), '--output-type', 'json', 'packages'];
  try {
    return JSON.parse(execFileSync(join(root, 'node_modules/.bin/depcruise'), args, { cwd: tree, encoding: 'utf8' }));
  } catch (error) {
    return JSON.parse(error.stdout);
  }
}

describe('import boundaries', () => {
  beforeAll(() => {
    tree = mkdtempSync(join(tmpdir(), 'darkroom-boundaries-'));
    for (const [path, text] of [...Object.entries(SOUND), ...Object.values(BROKEN)]) write(path, text);
    for (const name of ['protocol', 'client', 'fake-backends', 'server', 'web']) {
      const exports = { '.': './src/index.ts' };
      write(`packages/${name}/package.json`, JSON.stringify({ name: `@darkroom/${name}`, exports }));
      mkdirSync(join(tree, 'node_modules/@darkroom'), { recursive: true });
      symlinkSync(join(tree, 'packages', name), join(tree, 'node_modules/@darkroom', name));
    }
    violations = cruise().summary.violations;
  });
  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  for (const [rule, [file]] of Object.entries(BROKEN)) {
    test(`${rule} catches ${file}`, () => {
      expect(violations.filter((v) => v.rule.name === rule).map((v) => v.from)).toContain(file);
    });
  }

  test('what is in order passes', () => {
    const cycle = 'packages/web/src/ui/k.tsx';
    const blamed = new Set(violations.map((v) => v.from));
    for (const path of Object.keys(SOUND)) if (path !== cycle) expect(blamed).not.toContain(path);
  });
});
