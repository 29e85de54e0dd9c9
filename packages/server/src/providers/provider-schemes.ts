import { ConfigError } from '../config.ts';
import type { Provider } from '../provider.ts';
import type { Secrets } from './provider-url.ts';

/** Makes a provider from its URL. Throws an `Error` of one line that names the bad part. */
type ProviderFactory = (url: URL, secrets: Secrets) => Promise<Provider>;

/** One per adapter, by the first part of its URLs' schemes. Only what is configured is loaded. */
const FACTORIES: Readonly<Record<string, ProviderFactory>> = {
  sketch: async (url) => {
    const { parseSketchConfig } = await import('./sketch/sketch-config.ts');
    const { createSketchProvider } = await import('./sketch/sketch-provider.ts');
    return createSketchProvider(parseSketchConfig(url));
  },
  forge: async (url) => {
    const { parseForgeConfig } = await import('./forge/forge-config.ts');
    const { createForgeProvider } = await import('./forge/forge-provider.ts');
    return createForgeProvider(parseForgeConfig(url));
  },
  comfyui: async (url) => {
    const { parseComfyuiConfig } = await import('./comfyui/comfyui-config.ts');
    const { createComfyuiProvider } = await import('./comfyui/comfyui-provider.ts');
    return createComfyuiProvider(parseComfyuiConfig(url));
  },
  sdcpp: async (url) => {
    const { parseSdcppConfig } = await import('./sdcpp/sdcpp-config.ts');
    const { createSdcppProvider } = await import('./sdcpp/sdcpp-provider.ts');
    return createSdcppProvider(parseSdcppConfig(url));
  },
  openai: async (url, secrets) => {
    const { parseOpenaiConfig } = await import('./openai/openai-config.ts');
    const { createOpenaiProvider } = await import('./openai/openai-provider.ts');
    return createOpenaiProvider(parseOpenaiConfig(url, secrets));
  },
  replicate: async (url, secrets) => {
    const { parseReplicateConfig } = await import('./replicate/replicate-config.ts');
    const { createReplicateProvider } = await import('./replicate/replicate-provider.ts');
    return createReplicateProvider(parseReplicateConfig(url, secrets));
  },
  fal: async (url, secrets) => {
    const { parseFalConfig } = await import('./fal/fal-config.ts');
    const { createFalProvider } = await import('./fal/fal-provider.ts');
    return createFalProvider(parseFalConfig(url, secrets));
  },
  ai: async (url, secrets) => {
    const { parseAiConfig } = await import('./ai/ai-config.ts');
    const { createAiProvider } = await import('./ai/ai-provider.ts');
    return createAiProvider(parseAiConfig(url, secrets));
  },
};

/** Schemes of adapters that reach a server of one's own. */
const OVER_HTTP = ['forge', 'comfyui', 'sdcpp', 'openai'];
const SCHEMES = Object.keys(FACTORIES).flatMap((kind) =>
  OVER_HTTP.includes(kind)
    ? [...(kind === 'openai' ? ['openai:'] : []), `${kind}+http:`, `${kind}+https:`]
    : [`${kind}:`],
);

const kindOf = (url: URL) => url.protocol.replace(/[+:].*$/, '');

/** The same URLs with a name each: what they say, or else their adapter's, with a number from the second on. */
export function nameProviders(urls: readonly URL[]): readonly URL[] {
  const taken = new Set<string>();
  return urls.map((url) => {
    const wanted = url.searchParams.get('name') ?? kindOf(url);
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`;
    taken.add(name);
    const named = new URL(url);
    if (name !== wanted) named.searchParams.set('name', name);
    return named;
  });
}

/** Makes a provider from its URL in `PROVIDERS`. Throws a `ConfigError`. */
export async function createProvider(url: URL, secrets: Secrets): Promise<Provider> {
  const create = SCHEMES.includes(url.protocol) ? FACTORIES[kindOf(url)] : undefined;
  if (create === undefined)
    throw new ConfigError(`PROVIDERS names the unknown scheme "${url.protocol}"; known: ${SCHEMES.join(', ')}`);
  try {
    return await create(url, secrets);
  } catch (thrown) {
    throw new ConfigError(`PROVIDERS: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}
