import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './folders.ts';
import { type Nginx, runNginx } from './nginx.ts';

const readDeployed = (name: string) => readFileSync(join(ROOT, 'deploy', 'nginx', name), 'utf8');

/**
 * `deploy/nginx/nginx.conf` for this machine: the gateways are the servers of `hosts`, in order, and nothing is
 * written outside of `folder`. `resolve` and `resolver` are left out: they need Docker's name server and nginx 1.27.3.
 */
function configure(hosts: readonly string[], folder: string, port: number): string {
  const text = readDeployed('nginx.conf')
    .replaceAll('/tmp/', `${folder}/`)
    .replace('error_log stderr', `error_log ${folder}/error.log`)
    .replace('listen 8080;', `listen 127.0.0.1:${port};`)
    .replace(/^\s*resolver .*$/m, '')
    .replace(/gateway-(\d):8787 resolve/g, (_all, number) => String(hosts[Number(number) - 1]));
  return `daemon off;\nmaster_process off;\n${text}`;
}

/** Where `deploy/nginx/tls.conf` finds its certificate, and where it listens. */
export interface Tls {
  readonly certificate: string;
  readonly key: string;
  readonly port: number;
  /** Plain HTTP, which leads to TLS. */
  readonly redirectPort: number;
}

/** With TLS, as `deploy/compose.tls.yaml` brings it. `http2` is left out: it needs nginx 1.25.1. */
function withTls(configuration: string, tls: Tls): string {
  const text = readDeployed('tls.conf')
    .replace('http2 on;', '')
    .replace('/run/secrets/tls_certificate', tls.certificate)
    .replace('/run/secrets/tls_key', tls.key)
    .replace('listen 8443', `listen 127.0.0.1:${tls.port}`)
    .replace('listen 8081', `listen 127.0.0.1:${tls.redirectPort}`)
    .replace('= 8081', `= ${tls.redirectPort}`);
  return configuration.replace('include /etc/nginx/tls/*.conf;', text);
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

/** The same, where it ends TLS. */
export function startTlsNginx(hosts: readonly string[], tls: Tls): Promise<Nginx> {
  return runNginx((folder, port) => withTls(configure(hosts, folder, port), tls));
}
