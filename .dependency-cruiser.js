/** Import boundaries (docs/architecture.md): what may import what, and no cycles. Checked by `npm run check`; `scripts/boundaries.test.js` proves that each rule catches what it forbids. */
const ours = '^(packages|bench|chaos|fuzz|e2e)/';

/** Port files beside the folder of their adapters. */
const ports = {
  stores: 'store',
  queues: 'queue',
  relays: 'relay',
  breakers: 'breaker',
  images: 'images',
  providers: 'provider',
  identities: 'identity',
};
const portFiles = [...Object.values(ports), 'conversation-store', 'worker-store', 'tables'].join('|');

/** Everything of ours but `allowed` is forbidden to `from`. */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: '\\.test\\.tsx?$' },
  to: { path: ours, pathNot: allowed },
});

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared',
      comment: 'a package that is used is named in package.json, the own or the root one',
      severity: 'error',
      from: { path: ours },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    only('protocol-alone', '^packages/protocol/', ['^packages/protocol/'], 'protocol imports nothing of ours'),
    only('client-on-protocol', '^packages/client/', ['^packages/(client|protocol)/'], 'client imports protocol only'),
    only(
      'server-on-protocol',
      '^packages/server/',
      ['^packages/(server|protocol|painter|fake-backends)/'],
      'server imports protocol and painter only, whoever calls it',
    ),
    only(
      'fakes-alone',
      '^packages/fake-backends/',
      ['^packages/fake-backends/'],
      'a fake backend knows its protocol, and nothing of ours',
    ),
    {
      name: 'fakes-for-tests',
      comment: 'only tests, benchmarks, the chaos run and the command that starts one know the fake backends',
      severity: 'error',
      from: {
        path: ours,
        pathNot: [
          '^packages/fake-backends/',
          '\\.test\\.ts$',
          '\\.contract\\.ts$',
          '^packages/server/src/testing/',
          '^(bench|chaos|fuzz|e2e)/',
        ],
      },
      to: { path: '^packages/fake-backends/' },
    },
    only(
      'web-on-client',
      '^packages/web/',
      ['^packages/(web|client|protocol)/'],
      'web imports client and protocol only',
    ),
    only(
      'core-on-ports',
      '^packages/server/src/jobs/',
      [
        `^packages/server/src/(jobs/|image-files/|(${portFiles}|provider-error|storage-error|clock|gate)\\.ts$)`,
        '^packages/protocol/',
      ],
      'the core imports ports, image files and protocol only',
    ),
    only(
      'conversations-on-core',
      '^packages/server/src/conversations/',
      [
        `^packages/server/src/(conversations/|jobs/|(${portFiles}|provider-error|storage-error|clock)\\.ts$)`,
        '^packages/protocol/',
      ],
      'conversations import the core, ports and protocol only',
    ),
    only(
      'image-files-alone',
      '^packages/server/src/image-files/',
      ['^packages/server/src/(image-files/|(provider|clock|gate|growing-buffer)\\.ts$)', '^packages/protocol/'],
      'image files know nothing of jobs, backends and requests',
    ),
    only(
      'ports-alone',
      `^packages/server/src/(${portFiles})\\.ts$`,
      ['^packages/protocol/', `^packages/server/src/(${portFiles}|provider-error|storage-error)\\.ts$`],
      'a port knows no adapter',
    ),
    ...Object.keys(ports).map((folder) => ({
      name: `only-compose-names-${folder}`,
      comment:
        'only compose.ts names adapters, with open-storage.ts and open-sharing.ts, and migrate/open-places.ts, which opens them two at a time and without a server',
      severity: 'error',
      from: {
        path: ours,
        pathNot: [
          `^packages/server/src/${folder}/`,
          '^packages/server/src/(compose|open-storage|open-sharing|migrate/open-places)\\.ts$',
          '\\.test\\.ts$',
          '^packages/server/src/testing/',
          '^(bench|chaos|fuzz)/',
        ],
      },
      to: { path: `^packages/server/src/${folder}/` },
    })),
    {
      name: 'only-metrics-knows-prometheus',
      comment: 'everything else is asked for its figures, or tells what it does to whom compose.ts says',
      severity: 'error',
      from: { path: ours, pathNot: '^packages/server/src/metrics/' },
      to: { path: '/prom-client/' },
    },
    {
      name: 'only-image-files-decode',
      comment:
        'what decodes images does so in a process of its own; the server itself draws its placeholder, which is its own',
      severity: 'error',
      from: {
        path: '^packages/server/',
        pathNot: [
          '^packages/server/src/(image-files|http/placeholders|testing)/',
          '\\.test\\.ts$',
          '\\.contract\\.ts$',
        ],
      },
      to: { path: '/sharp/' },
    },
    {
      name: 'adapters-apart',
      comment: 'adapters never know each other; what two share lies beside their folders',
      severity: 'error',
      from: { path: `^packages/server/src/(${Object.keys(ports).join('|')})/([^/]+)/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/server/src/$1/[^/]+/', pathNot: '^packages/server/src/$1/$2/' },
    },
    {
      name: 'features-apart',
      comment: 'features of the web app never import each other; app/ composes them',
      severity: 'error',
      from: { path: '^packages/web/src/features/([^/]+)/' },
      to: { path: '^packages/web/src/features/', pathNot: '^packages/web/src/features/$1/' },
    },
  ],
  options: {
    /** TypeScript 7 has no parser that other programs could call, so swc reads the sources (and sees type-only imports too). */
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^packages/[^/]+/dist/', '/\\.cache/'] },
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.css'],
    },
  },
};
