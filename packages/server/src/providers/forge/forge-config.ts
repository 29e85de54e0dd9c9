import { type CommonConfig, parseHttpAddress, parseUrlOptions } from '../provider-url.ts';

/** Settings of a Forge or AUTOMATIC1111 backend. */
export interface ForgeConfig extends CommonConfig {
  /** Where it listens, `--subpath` included. */
  readonly base: URL;
  /** Header for `--api-auth`. */
  readonly authorization: string | undefined;
  /** Milliseconds between two looks at the progress; default 1000, as its own web page does. */
  readonly pollMs?: number;
  /** How long work is looked for whose connection broke, in milliseconds; default 30000. */
  readonly graceMs?: number;
}

/** Reads `forge+http://[user:password@]host:port[/subpath]?timeoutMs=180000`. Throws an `Error` of one line that names the bad part. */
export function parseForgeConfig(url: URL): ForgeConfig {
  const address = parseHttpAddress(url, 'forge');
  const common = parseUrlOptions(url, {
    kind: 'forge',
    defaults: { concurrency: 1, timeoutMs: 180_000 },
    shape: {},
    expected: {},
  });
  if (common.concurrency !== 1)
    throw new Error(
      `forge: concurrency must be 1, got "${common.concurrency}": a Forge makes one picture at a time; list a second one for two at once`,
    );
  return Object.freeze({ ...common, ...address });
}
