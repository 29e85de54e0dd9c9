/** `npm run fake -- NAME [--port N] [--step-ms N]`: runs one fake backend until it is stopped, and says how to use it. */
import { parseArgs } from 'node:util';
import { FAKE_KINDS, type FakeBackend, type FakeKind, type FakeOptions } from './fake-backend.ts';

interface FakeCommand {
  readonly start: (options: FakeOptions) => Promise<FakeBackend>;
  /** The real one's port, or a fixed one where that is a service on the internet. */
  readonly port: number;
  /** Environment with which a server uses it. */
  readonly environment: (url: string) => string;
}

const PICTURE_STEP_MS = 300;

const COMMANDS: Readonly<Record<FakeKind, FakeCommand>> = {
  forge: {
    start: async (options) => (await import('./forge/fake-forge.ts')).startFakeForge(options),
    port: 7860,
    environment: (url) => `PROVIDERS='forge+${url}'`,
  },
  comfyui: {
    start: async (options) => (await import('./comfyui/fake-comfyui.ts')).startFakeComfyui(options),
    port: 8188,
    environment: (url) => `PROVIDERS='comfyui+${url}'`,
  },
  openai: {
    start: async (options) => (await import('./openai/fake-openai.ts')).startFakeOpenai(options),
    port: 8801,
    environment: (url) => `OPENAI_API_KEY=fake PROVIDERS='openai:gpt-image-2?baseUrl=${url}/v1'`,
  },
  sdcpp: {
    start: async (options) => (await import('./sdcpp/fake-sdcpp.ts')).startFakeSdcpp(options),
    port: 1234,
    environment: (url) => `PROVIDERS='sdcpp+${url}'`,
  },
  replicate: {
    start: async (options) => (await import('./replicate/fake-replicate.ts')).startFakeReplicate(options),
    port: 8802,
    environment: (url) => `REPLICATE_API_TOKEN=fake PROVIDERS='replicate:black-forest-labs/flux-dev?baseUrl=${url}/v1'`,
  },
  fal: {
    start: async (options) => (await import('./fal/fake-fal.ts')).startFakeFal(options),
    port: 8803,
    environment: (url) => `FAL_KEY=fake:fake PROVIDERS='fal:fal-ai/flux/dev?baseUrl=${url}'`,
  },
};

const USAGE = `usage: npm run fake -- ${FAKE_KINDS.join('|')} [--port N] [--step-ms N]`;

/** A mistake of whoever typed the command. */
class UsageError extends Error {}

function wholeNumber(option: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  throw new UsageError(`${option} must be a whole number from 0 to ${most}, got "${text}"`);
}

function readArguments(): { readonly kind: FakeKind; readonly port: number | undefined; readonly stepMs: number } {
  const options = { port: { type: 'string' }, 'step-ms': { type: 'string' } } as const;
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown));
  }
  const [name, ...more] = parsed.positionals;
  const kind = FAKE_KINDS.find((known) => known === name);
  if (name === undefined) throw new UsageError('which backend?');
  if (kind === undefined) throw new UsageError(`there is no fake of "${name}"`);
  if (more.length > 0) throw new UsageError(`one backend at a time, got "${more.join(' ')}" too`);
  const port = wholeNumber('--port', parsed.values.port, 65_535);
  return { kind, port, stepMs: wholeNumber('--step-ms', parsed.values['step-ms'], 600_000) ?? PICTURE_STEP_MS };
}

function explain(thrown: unknown): string {
  if (thrown instanceof UsageError) return `${thrown.message}\n${USAGE}`;
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE')
    return 'the port is taken: is the real one running? Choose another with --port, or 0 for any free one';
  throw thrown;
}

async function main(): Promise<void> {
  const { kind, port, stepMs } = readArguments();
  const command = COMMANDS[kind];
  const backend = await command.start({ port: port ?? command.port, stepMs });
  console.log(`fake ${kind} at ${backend.url}, ${stepMs} ms a step; Ctrl-C stops it`);
  console.log(`use it with:  ${command.environment(backend.url)} npm start`);
  const stop = () => backend.close().then(() => process.exit());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
}

try {
  await main();
} catch (thrown) {
  console.error(explain(thrown));
  process.exitCode = 1;
}
