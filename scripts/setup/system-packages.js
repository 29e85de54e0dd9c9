import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { output, run } from './processes.js';
import { SetupError, say, yellow } from './terminal.js';

/**
 * Programs some tests need, each with the files that will do and the Debian packages that bring one, best first. A test
 * asks for one by `name`. Chromium's headless shell has no windows of its own: a page costs it two thirds of the time.
 */
const PROGRAMS = [
  {
    name: 'chromium',
    files: ['chromium-headless-shell', 'chromium'],
    debian: ['chromium-headless-shell', 'chromium'],
  },
  { name: 'nginx', files: ['nginx'], debian: ['nginx-light'] },
  { name: 'postgres', files: ['postgres'], debian: ['postgresql'] },
  { name: 'redis-server', files: ['redis-server'], debian: ['redis-server'] },
  { name: 'apache2', files: ['apache2'], debian: ['apache2-bin'] },
  { name: 'haproxy', files: ['haproxy'], debian: ['haproxy'] },
];

/** No daemon of an installed package is started on this machine (a file that Debian's installer asks). */
const INSTALL = `
set -e
if [ ! -e /usr/sbin/policy-rc.d ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
  chmod +x /usr/sbin/policy-rc.d
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
for choice in "$@"; do
  for package in $choice; do
    if apt-get install -y -qq --no-install-recommends "$package" > /dev/null; then break; fi
  done
done
`;

/** Debian keeps PostgreSQL's programs in a folder for each version, outside PATH. */
function postgresFolders(root = '/usr/lib/postgresql') {
  return existsSync(root) ? readdirSync(root).map((version) => join(root, version, 'bin')) : [];
}

function isThere(program) {
  const usual = ['/usr/bin', '/usr/sbin', '/usr/local/bin', ...postgresFolders()];
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...usual];
  return folders.some((folder) => program.files.some((file) => existsSync(join(folder, file))));
}

/** The command that makes us root, as a list; undefined where we may not. */
function asRoot() {
  if (process.getuid?.() === 0) return [];
  return output('sudo', ['-n', 'true']) === undefined ? undefined : ['sudo', '-n'];
}

async function install(programs) {
  const root = asRoot();
  if (root === undefined || output('apt-get', ['--version']) === undefined) return;
  say(`Installing ${programs.map((program) => program.name).join(' and ')} with apt-get…`);
  const choices = programs.map((program) => program.debian.join(' '));
  const [command, ...args] = [...root, 'sh', '-c', INSTALL, 'install', ...choices];
  await run(command, args);
}

/**
 * Installs what the tests need of the machine, where that is allowed, and answers the names of what is to be skipped:
 * those of `unwanted`, and what is still missing. With `CI=true` to skip is a failure.
 */
export async function installSystemPackages(unwanted) {
  const absent = PROGRAMS.filter((program) => !unwanted.includes(program.name) && !isThere(program));
  if (absent.length > 0) await install(absent);
  const missing = absent.filter((program) => !isThere(program));
  const skipped = [...unwanted, ...missing.map((program) => program.name)];
  if (skipped.length === 0) return skipped;
  const packages = missing.map((program) => program.debian[0]).join(' ');
  const advice = packages && ` (could not be installed; by hand: apt-get install ${packages})`;
  const text = `Without ${skipped.join(' and ')}${advice}`;
  if (process.env.CI === 'true') throw new SetupError(`${text}: with CI=true no test may be skipped.`);
  say(yellow(`${text}: their tests are skipped.`));
  return skipped;
}
