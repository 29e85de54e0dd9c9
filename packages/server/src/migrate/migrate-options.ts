import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type AwsKeys, ConfigError, type Environment, readAwsKeys, readPostgresUrl } from '../config.ts';
import { withoutPassword } from '../secret-texts.ts';

/** One end of a migration: where its database and its pictures are. */
export interface End {
  /** A data folder, or the address of a PostgreSQL database. */
  readonly database: { readonly folder: string } | { readonly url: URL };
  /** Like `IMAGES_URL`, and the option or variable that said so. */
  readonly images: { readonly by: string; readonly url: URL };
}

/** Everything that `npm run migrate` was told. */
export interface MigrateOptions {
  readonly from: End;
  readonly to: End;
  /** Nothing is written. */
  readonly verify: boolean;
  readonly awsKeys: AwsKeys | undefined;
}

export const USAGE = `usage: npm run migrate -- --from <place> --to <place> [--from-images <place>] [--to-images <place>] [--verify]

Carries a Darkroom's jobs, conversations and pictures to another database and another storage, and compares both sides
in the end. Stop Darkroom first. A run that was cut off goes on when it is started again. The source stays as it is.

  --from <place>         the Darkroom to be carried: its data folder, or postgres://user@host/database
                         (default: DATA_DIR, or ./data)
  --from-images <place>  its pictures: s3://bucket?endpoint=…, or a folder (default: images/ in the data folder)
  --to <place>           where to: a database that exists and is empty, postgres://user@host/database, or a folder
                         (default: DATABASE_URL)
  --to-images <place>    where the pictures go: s3://bucket?endpoint=…, or a folder
                         (default: IMAGES_URL; images/ in the folder that --to names)
  --verify               only compare both sides: counts, digests, every picture
  --help                 this text

Options of s3:// are those of IMAGES_URL; its keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. A password can
be left out of an address: DATABASE_URL, PGPASSWORD and ~/.pgpass are read.`;

const PLACES = ['from', 'from-images', 'to', 'to-images'] as const;
const FLAGS = ['verify', 'help'] as const;

type PlaceOption = (typeof PLACES)[number];
type Flag = (typeof FLAGS)[number];

/** The command line, taken apart. */
interface Given {
  readonly places: ReadonlyMap<PlaceOption, string>;
  readonly flags: ReadonlySet<Flag>;
}

/** Node's parser only takes the line apart; what is wrong with it is said here, in one line. */
function parse(args: readonly string[]): Given {
  const options = Object.fromEntries([
    ...PLACES.map((name) => [name, { type: 'string' as const }]),
    ...FLAGS.map((name) => [name, { type: 'boolean' as const }]),
  ]);
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const places = new Map<PlaceOption, string>();
  const flags = new Set<Flag>();
  for (const token of tokens) {
    if (token.kind === 'positional')
      throw new ConfigError(`a place must follow its option; got "${withoutPassword(token.value)}" alone`);
    if (token.kind === 'option-terminator') continue;
    const { name, value } = token;
    const [place, flag] = [PLACES.find((one) => one === name), FLAGS.find((one) => one === name)];
    if (place !== undefined) {
      if (!value || value.startsWith('--')) throw new ConfigError(`--${name} must be followed by a place`);
      if (places.has(place)) throw new ConfigError(`--${name} must be given once`);
      places.set(place, value);
    } else if (flag !== undefined && value === undefined) flags.add(flag);
    else
      throw new ConfigError(`an option must be one of --${[...PLACES, ...FLAGS].join(', --')}; got "${token.rawName}"`);
  }
  return { places, flags };
}

const SCHEME = /^[a-z][a-z0-9+.-]+:/i;

/** A value and who said it. */
interface Said {
  readonly by: string;
  readonly value: string;
}

function fail({ by, value }: Said, expected: string): never {
  throw new ConfigError(`${by} must be ${expected}; got "${withoutPassword(value)}"`);
}

function toFolder(said: Said): string {
  if (!SCHEME.test(said.value)) return resolve(said.value);
  try {
    return fileURLToPath(said.value);
  } catch {
    return fail(said, 'a folder such as file:///folder');
  }
}

function readDatabase(said: Said): End['database'] {
  if (!SCHEME.test(said.value) || said.value.startsWith('file:')) return { folder: toFolder(said) };
  const url = readPostgresUrl(said.value);
  return url === undefined ? fail(said, 'a data folder or postgres://user@host:port/database') : { url };
}

function readImages(said: Said): End['images'] {
  const url = SCHEME.test(said.value) ? said.value : pathToFileURL(resolve(said.value));
  return URL.canParse(url) ? { by: said.by, url: new URL(url) } : fail(said, 's3://bucket?option=value or a folder');
}

function readEnd(option: '--from' | '--to', database: Said, images: Said | undefined): End {
  const place = readDatabase(database);
  if (images !== undefined) return { database: place, images: readImages(images) };
  if ('folder' in place)
    return { database: place, images: readImages({ by: option, value: resolve(place.folder, 'images') }) };
  throw new ConfigError(`${option}-images must say where the pictures are: s3://bucket?option=value or a folder`);
}

const isSame = (one: End['database'], other: End['database']) =>
  'folder' in one
    ? 'folder' in other && one.folder === other.folder
    : 'url' in other && one.url.host + one.url.pathname === other.url.host + other.url.pathname;

/** Reads the command line; undefined: it asks for the usage. Throws a `ConfigError` of one line. */
export function readMigrateOptions(args: readonly string[], environment: Environment): MigrateOptions | undefined {
  const { places, flags } = parse(args);
  if (flags.has('help')) return undefined;
  const said = (option: PlaceOption, variable?: string): Said | undefined => {
    const given = places.get(option);
    if (given !== undefined) return { by: `--${option}`, value: given };
    const value = variable && environment[variable]?.trim();
    return value ? { by: variable, value } : undefined;
  };
  const from = said('from', 'DATA_DIR') ?? { by: '--from', value: './data' };
  const to = said('to', 'DATABASE_URL');
  if (to === undefined)
    throw new ConfigError('--to must say where to: postgres://user@host:port/database, or a folder');
  const source = readEnd('--from', from, said('from-images'));
  const database = readDatabase(to);
  const target = readEnd('--to', to, said('to-images', 'url' in database ? 'IMAGES_URL' : undefined));
  if (isSame(source.database, database)) fail(to, 'another database than --from');
  return { from: source, to: target, verify: flags.has('verify'), awsKeys: readAwsKeys(environment) };
}
