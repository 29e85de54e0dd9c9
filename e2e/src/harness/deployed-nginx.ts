import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './folders.ts';
import { type Nginx, ownFolders, ownProcess, runNginx } from './nginx.ts';

/**
 * `deploy/nginx/nginx.conf` for this machine: the gateways are the servers of `hosts`, in order, and nothing is
 * written outside of `folder`. `resolve` and `resolver` are left out: they need Docker's name server and nginx 1.27.3.
 */
function configure(hosts: readonly string[], folder: string, port: number): string {
  const text = readFileSync(join(ROOT, 'deploy', 'nginx', 'nginx.conf'), 'utf8');
  return [
    ownProcess(folder),
    text
      .replace('http {', `http {\n${ownFolders(folder)}`)
      .replace('listen 80;', `listen 127.0.0.1:${port};`)
      .replace(/^\s*resolver .*$/m, '')
      .replace(/gateway-(\d):8787 resolve/g, (_all, number) => String(hosts[Number(number) - 1])),
  ].join('\n');
}

/** With the lines that ask for a name: everybody's password is `secret`. */
function withUsers(configuration: string, users: readonly string[], folder: string): string {
  const file = join(folder, 'darkroom.htpasswd');
  writeFileSync(file, users.map((user) => `${user}:{PLAIN}secret\n`).join(''));
  return configuration
    .replace(/#(auth_basic|proxy_set_header Remote-User)/g, '$1')
    .replace('/etc/nginx/darkroom.htpasswd', file);
}

/** Starts nginx as it is deployed, in front of the gateways at `hosts`; `users`: with the lines that ask who it is. */
export function startDeployedNginx(hosts: readonly string[], users?: readonly string[]): Promise<Nginx> {
  return runNginx((folder, port) => {
    const plain = configure(hosts, folder, port);
    return users === undefined ? plain : withUsers(plain, users, folder);
  });
}
