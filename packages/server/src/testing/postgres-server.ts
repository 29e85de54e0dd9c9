import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { freePort } from './free-port.ts';
import { pathOf } from './machine.ts';

/** A PostgreSQL server of the tests' own, in a temporary folder, on a free port. */
export interface PostgresServer {
  readonly port: number;
  /** An empty database's address. It goes away with the server. */
  createDatabase(): Promise<URL>;
  /** Ends the server as a power cut would: connections break, what was committed is there when it starts again. */
  crash(): Promise<void>;
  /** On the same port as before. */
  start(): Promise<void>;
  /** Ends the server and removes its folder. */
  remove(): Promise<void>;
}

/** PostgreSQL refuses to run as root. */
function asUser(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Resolves once it takes connections. */
function untilReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    server.stderr?.on('data', (chunk) => {
      said += chunk;
      if (said.includes('database system is ready to accept connections')) resolve();
    });
    server.once('exit', (code) => reject(new Error(`postgres ended with ${code}: ${said}`)));
  });
}

async function query(url: URL, ...texts: readonly string[]): Promise<unknown[]> {
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    let rows: unknown[] = [];
    for (const text of texts) ({ rows } = await client.query(text));
    return rows;
  } finally {
    await client.end();
  }
}

const addressOf = (port: number, database: string) =>
  new URL(`postgres://darkroom:hunter2@127.0.0.1:${port}/${database}`);

/** Makes an empty database on the server at this port; resolves with its address. */
export async function createDatabase(port: number, name: string): Promise<URL> {
  await query(addressOf(port, 'postgres'), `create database ${name}`);
  return addressOf(port, name);
}

const OTHERS = 'select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';

/** Empties a database, which takes a tenth of the CPU time of a new one. Resolves with false if it has other connections. */
export async function emptyDatabase(url: URL): Promise<boolean> {
  if ((await query(url, OTHERS)).length > 0) return false;
  await query(url, 'drop schema public cascade', 'create schema public');
  return true;
}

/** Starts one; `settings` are PostgreSQL's own, for example `{ fsync: 'on' }`. */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const initdb = join(dirname(pathOf('postgres')), 'initdb');
  const user = asUser();
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-postgres-'));
  if (user.uid !== undefined && user.gid !== undefined) await chown(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const init = ['--pgdata', data, '--username', 'darkroom', '--auth', 'trust', '--encoding', 'UTF8', '--no-sync'];
  execFileSync(initdb, init, { ...user, stdio: 'ignore', cwd: folder });
  const port = await freePort();
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off', ...settings };
  const args = [
    '-D',
    data,
    '-p',
    `${port}`,
    ...Object.entries(all).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ];
  let running: ChildProcess | undefined;
  let databases = 0;

  const server: PostgresServer = {
    port,
    createDatabase: () => createDatabase(port, `test${++databases}`),
    start: async () => {
      running = spawn(join(dirname(initdb), 'postgres'), args, {
        ...user,
        stdio: ['ignore', 'ignore', 'pipe'],
        cwd: folder,
      });
      await untilReady(running);
    },
    crash: async () => {
      const ending = running;
      running = undefined;
      if (ending === undefined) return;
      const ended = new Promise((resolve) => ending.once('exit', resolve));
      ending.kill('SIGQUIT');
      await ended;
    },
    remove: async () => {
      await server.crash();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}
