import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../config.ts';
import { readMigrateOptions } from './migrate-options.ts';

const POSTGRES = 'postgres://me:hunter2@host/database';
const S3 = 's3://bucket?endpoint=http://objects:9000';
const UP = ['--from', './old', '--to', POSTGRES, '--to-images', S3];

const folder = (path: string) => ({ folder: resolve(path) });
const file = (path: string) => `file://${resolve(path)}`;

/** Where both ends are, without who said so. */
function read(args: readonly string[], environment = {}) {
  const options = readMigrateOptions(args, environment);
  return options && [options.from, options.to].map(({ database, images }) => [database, images.url.href]);
}

describe('the options of a migration', () => {
  it('name both ends', () => {
    const url = new URL(POSTGRES);
    const up = [
      [folder('old'), file('old/images')],
      [{ url }, S3],
    ];
    expect(read(UP)).toEqual(up);
    expect(read(['--from', file('old'), '--to', POSTGRES, '--to-images', S3])).toEqual(up);
    expect(read(['--from=./old', `--to=${POSTGRES}`, `--to-images=${S3}`])).toEqual(up);
    expect(readMigrateOptions(UP, {})).toMatchObject({ verify: false, awsKeys: undefined });
    expect(readMigrateOptions(['--verify', ...UP], {})).toMatchObject({ verify: true });
  });

  it('are what the server’s environment says where they are missing', () => {
    const environment = { DATA_DIR: './old', DATABASE_URL: POSTGRES, IMAGES_URL: S3 };
    expect(read([], environment)).toEqual(read(UP));
    expect(read([], { ...environment, DATA_DIR: ' ' })?.[0]).toEqual([folder('data'), file('data/images')]);
    const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
    expect(readMigrateOptions(UP, keys)?.awsKeys).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret' });
  });

  it('take the pictures of a folder from the folder, whatever the environment says, unless they name others', () => {
    const down = ['--from', POSTGRES, '--from-images', S3, '--to', './new'];
    expect(read(down, { IMAGES_URL: S3 })?.[1]).toEqual([folder('new'), file('new/images')]);
    expect(read([...down, '--to-images', './shared'])?.[1]).toEqual([folder('new'), file('shared')]);
  });

  it('may ask for the usage, whatever else they say', () => {
    expect(readMigrateOptions(['--help'], {})).toBeUndefined();
    expect(readMigrateOptions(['--from', 'x', '--help'], {})).toBeUndefined();
  });

  it.each([
    [
      ['--form', 'x'],
      'an option must be one of --from, --from-images, --to, --to-images, --verify, --help; got "--form"',
    ],
    [['x'], 'a place must follow its option; got "x" alone'],
    [['--to'], '--to must be followed by a place'],
    [['--from', '--to', 'x'], '--from must be followed by a place'],
    [['--to', POSTGRES, '--to', S3], '--to must be given once'],
    [
      ['--verify=yes'],
      'an option must be one of --from, --from-images, --to, --to-images, --verify, --help; got "--verify"',
    ],
    [[], '--to must say where to: postgres://user@host:port/database, or a folder'],
    [['--to', S3], `--to must be a data folder or postgres://user@host:port/database; got "${S3}"`],
    [
      ['--to', 'postgres://host'],
      '--to must be a data folder or postgres://user@host:port/database; got "postgres://host"',
    ],
    [['--from', 'file://host/x', '--to', 'y'], '--from must be a folder such as file:///folder; got "file://host/x"'],
    [
      ['--from', POSTGRES, '--to', 'y'],
      '--from-images must say where the pictures are: s3://bucket?option=value or a folder',
    ],
    [['--to', POSTGRES], '--to-images must say where the pictures are: s3://bucket?option=value or a folder'],
    [['--to', 'y', '--to-images', 's3://['], '--to-images must be s3://bucket?option=value or a folder; got "s3://["'],
    [['--from', './x', '--to', 'x/'], '--to must be another database than --from; got "x/"'],
    [
      ['--from', POSTGRES, '--from-images', S3, '--to', 'postgres://you@host/database', '--to-images', S3],
      '--to must be another database than --from; got "postgres://…@host/database"',
    ],
  ])('%j are refused in one line', (args, message) => {
    expect(() => readMigrateOptions(args, {})).toThrow(new ConfigError(message));
  });

  it('name the variable where that is what is wrong, and never what is secret', () => {
    const bad = { DATABASE_URL: 'mysql://me:hunter2@host/database' };
    expect(() => readMigrateOptions([], bad)).toThrow(
      'DATABASE_URL must be a data folder or postgres://user@host:port/database; got "mysql://…@host/database"',
    );
  });
});
