import { createHash } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { fingerprint } from '../setup/fingerprint.js';
import { inRoot, ROOT } from '../setup/project.js';

const SERVER = inRoot('packages', 'server', 'src');
const BUNDLES = inRoot('.cache', 'programs');
const KEPT_MS = 24 * 3_600_000;
/** Programs that integration tests start often. */
const PROGRAMS = [
  'main.ts',
  'migrate/main.ts',
  'testing/failing-starts.ts',
  'testing/main-on-command.ts',
  'testing/main-with-clock.ts',
];
/** Threads that they start: files whose names end in `-worker`. */
const WORKERS = [inRoot('packages', 'painter', 'src', 'studio', 'studio-worker.ts')];
const SOURCES = [
  'packages/server',
  'packages/protocol',
  'packages/painter',
  'packages/fake-backends',
  'scripts/vitest/bundle-programs.js',
  'package-lock.json',
];
/** Packages that find files of their own beside their code, or that a server loads only where it is told to. */
const SEPARATE = ['sharp', 'pino', 'pg', 'ioredis', 'bullmq', '@aws-sdk/client-s3', '@aws-sdk/s3-request-presigner'];

/** The address of a thread, or another use of the file's own address. */
const ADDRESS = /'\.\/(?<worker>[\w-]+-worker)\.ts', import\.meta\.url|import\.meta\.url/g;

/**
 * What a source file finds beside itself, such as the program of a worker process, it finds from the bundle as well. Threads
 * are bundled, one folder above what is loaded lazily.
 */
const ownAddress = {
  name: 'own-address',
  enforce: 'pre',
  transform: {
    filter: { id: { include: /\.ts$/, exclude: /[/\\]node_modules[/\\]/ } },
    handler: (code, id) =>
      code.replace(ADDRESS, (_whole, worker) =>
        worker === undefined ? JSON.stringify(pathToFileURL(id).href) : `import.meta.resolve('../${worker}.js')`,
      ),
  },
};

async function bundle(outDir) {
  await build({
    configFile: false,
    root: SERVER,
    logLevel: 'error',
    plugins: [ownAddress],
    ssr: { noExternal: true, external: SEPARATE },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: true,
      minify: false,
      target: 'esnext',
      rolldownOptions: {
        input: {
          ...Object.fromEntries(PROGRAMS.map((path) => [path.slice(0, -'.ts'.length), join(SERVER, path)])),
          ...Object.fromEntries(WORKERS.map((path) => [basename(path, '.ts'), path])),
        },
        output: { entryFileNames: '[name].js' },
      },
    },
  });
}

/** Bundles name files by their absolute paths: those of a project that was moved since are not its bundles. */
function bundleFolder() {
  const sources = fingerprint(SOURCES.map((path) => inRoot(path)));
  return join(BUNDLES, createHash('sha256').update(`${ROOT}\0${sources}`).digest('hex'));
}

/** Removes bundles of earlier sources, but none that another run may be using. */
function removeOld() {
  for (const name of readdirSync(BUNDLES)) {
    const folder = join(BUNDLES, name);
    if (Date.now() - statSync(folder).mtimeMs > KEPT_MS) rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Vitest global setup: makes one file of each program with the packages it needs, in the folder that
 * `DARKROOM_TEST_PROGRAMS` names (`programFile`). A process loads that in half the CPU time of its 1,350 modules, which
 * is most of what a start costs. Made again only when a source has changed.
 */
export async function setup() {
  const folder = bundleFolder();
  if (!existsSync(folder)) {
    const unfinished = `${folder}-${process.pid}`;
    await bundle(unfinished);
    removeOld();
    // Another run may have been faster.
    if (existsSync(folder)) rmSync(unfinished, { recursive: true, force: true });
    else renameSync(unfinished, folder);
  }
  process.env.DARKROOM_TEST_PROGRAMS = folder;
}
