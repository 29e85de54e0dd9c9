import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.ts';
import { readSecretFiles } from './secret-files.ts';
import { tempFolder } from './testing/temp-folder.ts';

async function fileWith(text: string): Promise<string> {
  const path = join(await tempFolder(), 'secret');
  await writeFile(path, text);
  return path;
}

describe('readSecretFiles', () => {
  it.each([
    'DATABASE_URL',
    'REDIS_URL',
    'PROVIDERS',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'OPENAI_API_KEY',
    'REPLICATE_API_TOKEN',
    'FAL_KEY',
  ])('sets %s to the line in the file that its _FILE names', async (name) => {
    const path = await fileWith(' hunter2 \r\n');
    expect(readSecretFiles({ PORT: '1', [`${name}_FILE`]: path })).toMatchObject({ PORT: '1', [name]: 'hunter2' });
  });

  it('leaves settings alone that have no file', async () => {
    const environment = { DATABASE_URL: 'memory:', DATABASE_URL_FILE: ' ', OPENAI_API_KEY: 'sk-1' };
    expect(readSecretFiles(environment)).toEqual(environment);
  });

  it.each(['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_CONFIG_FILE', 'PORT_FILE', '_FILE'])(
    'does not read the file that %s names: it is no setting of ours',
    (name) => {
      expect(readSecretFiles({ [name]: '/does/not/exist' })).toEqual({ [name]: '/does/not/exist' });
    },
  );

  it('feeds the configuration', async () => {
    const environment = readSecretFiles({
      DATABASE_URL_FILE: await fileWith('postgres://u:p@db/darkroom\n'),
      REDIS_URL_FILE: await fileWith('redis://:p@redis\n'),
      AWS_ACCESS_KEY_ID_FILE: await fileWith('id\n'),
      AWS_SECRET_ACCESS_KEY_FILE: await fileWith('secret\n'),
      OPENAI_API_KEY_FILE: await fileWith('sk-1\n'),
    });
    expect(readConfig(environment)).toMatchObject({
      database: new URL('postgres://u:p@db/darkroom'),
      redisUrl: new URL('redis://:p@redis'),
      awsKeys: { accessKeyId: 'id', secretAccessKey: 'secret' },
      secrets: { OPENAI_API_KEY: 'sk-1' },
    });
  });

  it('refuses a setting that is in the environment and in a file', async () => {
    const environment = { FAL_KEY: 'hunter2', FAL_KEY_FILE: await fileWith('hunter2') };
    const read = () => readSecretFiles(environment);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow('FAL_KEY and FAL_KEY_FILE must not both be set');
  });

  it('refuses a file that cannot be read, with its path and the reason', async () => {
    const folder = await tempFolder();
    for (const [path, reason] of [
      [join(folder, 'absent'), 'ENOENT'],
      [folder, 'EISDIR'],
    ] as const) {
      const read = () => readSecretFiles({ DATABASE_URL_FILE: path });
      expect(read).toThrow(ConfigError);
      expect(read).toThrow(`DATABASE_URL_FILE must be a file that can be read; got "${path}" (${reason})`);
    }
  });

  it.each([
    ['is empty', ' \n'],
    ['has several lines', 'hunter2\nDATABASE_URL=hunter2\n'],
  ])('refuses a file that %s, and does not repeat what is in it', async (_what, text) => {
    const path = await fileWith(text);
    const read = () => readSecretFiles({ DATABASE_URL_FILE: path });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(`DATABASE_URL_FILE must be a file with one line, the value; "${path}" has none or several`);
    expect(read).not.toThrow('hunter2');
  });
});
