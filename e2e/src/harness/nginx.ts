import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@darkroom/server/src/testing/free-port.ts';
import { pathOf } from '@darkroom/server/src/testing/machine.ts';
import { untilAnswering } from './until-answering.ts';

/** How a proxy treats WebSockets: as its manual says, as it does unless told otherwise, or not at all. */
export type SocketPolicy = 'forwarded' | 'upgrade-lost' | 'refused';

/** How it treats event streams: passed on as they come, or kept back until they are whole, and compressed. */
export type StreamPolicy = 'passed' | 'buffered';

export interface ProxyRules {
  readonly sockets: SocketPolicy;
  readonly streams: StreamPolicy;
}

/** A running nginx in front of a server. */
export interface Nginx {
  readonly url: string;
  stop(): Promise<void>;
}

const SOCKETS: Readonly<Record<SocketPolicy, string>> = {
  forwarded: `proxy_pass http://darkroom;
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection "upgrade";`,
  'upgrade-lost': 'proxy_pass http://darkroom; proxy_set_header Host $http_host;',
  refused: 'return 403;',
};

const STREAMS: Readonly<Record<StreamPolicy, string>> = {
  passed: '',
  buffered: `proxy_buffering on;
        proxy_ignore_headers X-Accel-Buffering;
        gzip on;
        gzip_proxied any;
        gzip_types text/event-stream;`,
};

/** One process that this one starts and stops. */
const ownProcess = (folder: string) => `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;`;

/** Everything nginx writes, in `folder`. */
const ownFolders = (folder: string) =>
  ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n');

function configuration(folder: string, port: number, target: string, rules: ProxyRules): string {
  return `${ownProcess(folder)}
events { worker_connections 256; }
http {
    access_log off;
    ${ownFolders(folder)}
    upstream darkroom { server ${new URL(target).host}; }
    server {
      listen 127.0.0.1:${port};
      location = /ws {
        ${SOCKETS[rules.sockets]}
      }
      location / {
        proxy_pass http://darkroom;
        proxy_set_header Host $http_host;
        ${STREAMS[rules.streams]}
      }
    }
}
`;
}

/** Starts nginx on a free port in front of the server at `target`. */
export function startNginx(target: string, rules: ProxyRules): Promise<Nginx> {
  return runNginx((folder, port) => configuration(folder, port, target, rules));
}

/** Starts nginx with the configuration that `configure` makes for a folder of its own and a free port of this machine. */
export async function runNginx(configure: (folder: string, port: number) => string): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-nginx-'));
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  await writeFile(file, configure(folder, port));
  const child = spawn(pathOf('nginx'), ['-p', folder, '-c', file, '-e', join(folder, 'error.log')], {
    stdio: 'ignore',
  });
  const exit = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const early = exit.then(async ([code]) => {
    throw new Error(`nginx ended with ${code}: ${await readFile(join(folder, 'error.log'), 'utf8')}`);
  });
  await Promise.race([untilAnswering(url), early]);
  early.catch(() => {});
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await exit;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
