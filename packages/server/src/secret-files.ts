import { readFileSync } from 'node:fs';
import { BACKEND_KEY, ConfigError, type Environment } from './config.ts';

const SUFFIX = '_FILE';

/** Settings that hold a password or a key, beside the keys of backends. */
const SECRETS: readonly string[] = [
  'DATABASE_URL',
  'REDIS_URL',
  'PROVIDERS',
  'IDENTITY_KEYS',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
];

const isSecret = (name: string) => SECRETS.includes(name) || BACKEND_KEY.test(name);

/** The message of a file system error is its code: the path is in the sentence already. */
const reasonOf = (thrown: unknown) =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);

function readSecret(variable: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (thrown) {
    throw new ConfigError(`${variable} must be a file that can be read; got "${path}" (${reasonOf(thrown)})`);
  }
  // The content is not repeated. Several lines are another file than the one that was meant, a private key for example.
  if (text === '' || /[\r\n]/.test(text))
    throw new ConfigError(`${variable} must be a file with one line, the value; "${path}" has none or several`);
  return text;
}

/**
 * The environment with the settings whose value is in a file: `NAME_FILE=/path` sets `NAME`, for every setting that holds
 * a password or a key. Files keep secrets out of the process list, of `docker inspect` and of child processes. Throws a
 * `ConfigError` where a file cannot be used, or `NAME` is set as well.
 */
export function readSecretFiles(environment: Environment): Environment {
  const secrets = Object.entries(environment).flatMap(([variable, value]): [string, string][] => {
    const name = variable.slice(0, -SUFFIX.length);
    const path = value?.trim() ?? '';
    if (!variable.endsWith(SUFFIX) || !isSecret(name) || path === '') return [];
    if ((environment[name]?.trim() ?? '') !== '') throw new ConfigError(`${name} and ${variable} must not both be set`);
    return [[name, readSecret(variable, path)]];
  });
  return { ...environment, ...Object.fromEntries(secrets) };
}
