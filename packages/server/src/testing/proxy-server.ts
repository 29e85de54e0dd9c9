import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { pathOf } from './machine.ts';
import { tempFolder } from './temp-folder.ts';

/** A proxy as its administrator would set it up, in front of one server. */
interface ProxyKind {
  readonly program: 'apache2' | 'haproxy' | 'nginx';
  /** `target`: host and port of the server. */
  readonly configure: (folder: string, port: number, target: string) => string;
  readonly args: (folder: string, file: string) => readonly string[];
}

const README = fileURLToPath(new URL('../../../../README.md', import.meta.url));

/** The block of README.md's “Behind nginx”, and the `map` that a comment in it names. */
export function readmeNginx(): { readonly block: string; readonly map: string; readonly text: string } {
  const [, text = ''] = readFileSync(README, 'utf8').split('## Behind nginx\n');
  const block = /```nginx\n(.*?)```/s.exec(text)?.[1];
  const map = /# (map .*\})/.exec(block ?? '')?.[1];
  if (block === undefined || map === undefined) throw new Error('README.md has no block for nginx');
  return { block, map, text };
}

/** Whatever nginx writes, it writes in `folder`. */
const NGINX_FOLDERS = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** The block of README.md verbatim, but for the address of the server. */
const nginx: ProxyKind = {
  program: 'nginx',
  configure(folder, port, target) {
    const { block, map } = readmeNginx();
    return `daemon off; master_process off; pid ${folder}/nginx.pid;
events { worker_connections 2048; }
http {
  access_log off;
  ${NGINX_FOLDERS.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
  ${map}
  server {
    listen 127.0.0.1:${port};
    ${block.replace('127.0.0.1:8787', target)}
  }
}
`;
  },
  args: (folder, file) => ['-p', folder, '-c', file, '-e', join(folder, 'error.log')],
};

/** `ProxyPass`, which appends to `X-Forwarded-For` by default. */
const apache: ProxyKind = {
  program: 'apache2',
  configure: (folder, port, target) => `ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/apache2.pid
ErrorLog ${folder}/error.log
ServerName localhost
Listen 127.0.0.1:${port}
${['mpm_event', 'authz_core', 'proxy', 'proxy_http'].map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
<IfModule unixd_module>
  User www-data
  Group www-data
</IfModule>
ProxyPass / http://${target}/ upgrade=websocket
`,
  args: (folder, file) => ['-d', folder, '-f', file, '-D', 'FOREGROUND'],
};

/** `option forwardfor`, which adds a second `X-Forwarded-For` after the client's. */
const haproxy: ProxyKind = {
  program: 'haproxy',
  configure: (_folder, port, target) => `defaults
  mode http
  option forwardfor
  timeout connect 60s
  timeout client 600s
  timeout server 600s
frontend people
  bind 127.0.0.1:${port}
  default_backend darkroom
backend darkroom
  server darkroom ${target}
`,
  args: (_folder, file) => ['-f', file, '-db'],
};

const KINDS = { nginx, apache2: apache, haproxy };

/** Starts a proxy in front of the server at `target` until the test ends; resolves with its address once it answers. */
export async function startProxy(program: keyof typeof KINDS, target: string): Promise<string> {
  const { configure, args } = KINDS[program];
  const folder = await tempFolder();
  const port = await freePort();
  const file = join(folder, 'proxy.conf');
  await writeFile(file, configure(folder, port, new URL(target).host));
  const child = spawn(pathOf(program), args(folder, file), { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const exit = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await exit;
  });
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}: ${said}`);
    // Not counted by RATE_LIMIT, and not answered through a proxy.
    return fetch(`${url}/metrics`).then(
      ({ status }) => status === 404,
      () => false,
    );
  });
  return url;
}
