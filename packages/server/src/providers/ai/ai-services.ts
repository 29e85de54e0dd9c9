import type { ImageModel } from 'ai';

/** What a service's package is given. */
export interface ServiceAccess {
  readonly apiKey: string | undefined;
  /** Undefined: the service's own. */
  readonly baseUrl: string | undefined;
  readonly fetch: typeof globalThis.fetch;
}

/** How a service is asked for a square. */
export type Shape = 'size' | 'aspect ratio' | 'both';

/** One hosted service: its package of the AI SDK, and what that package can do. */
export interface AiService {
  /** Environment variable of its key; undefined: there is no usual one. */
  readonly keyVariable: string | undefined;
  /** Asked whether it can be reached; undefined: only where the URL says `baseUrl`. */
  readonly baseUrl: string | undefined;
  readonly shape: (model: string) => Shape;
  readonly seed: boolean;
  readonly imageToImage: (model: string) => boolean;
  /** Under which name it takes options of its own. */
  readonly optionsName: string;
  /** So that its package does not give up polling before `timeoutMs`. */
  readonly patience?: (timeoutMs: number) => Readonly<Record<string, number>>;
  /** Loads its package, and makes a model of it. */
  readonly load: (model: string, access: ServiceAccess) => Promise<ImageModel>;
}

const POLL_MS = 500;
const always = (value: boolean) => () => value;

const gateway: AiService = {
  keyVariable: 'AI_GATEWAY_API_KEY',
  baseUrl: 'https://ai-gateway.vercel.sh/',
  shape: () => 'both',
  seed: false,
  imageToImage: always(true),
  optionsName: 'gateway',
  load: async (model, access) => (await import('ai')).createGateway(settings(access)).imageModel(model),
};

const google: AiService = {
  keyVariable: 'GOOGLE_GENERATIVE_AI_API_KEY',
  baseUrl: 'https://generativelanguage.googleapis.com/',
  shape: () => 'aspect ratio',
  seed: false,
  imageToImage: always(true),
  optionsName: 'google',
  load: async (model, access) => (await import('@ai-sdk/google')).createGoogle(settings(access)).image(model),
};

const xai: AiService = {
  keyVariable: 'XAI_API_KEY',
  baseUrl: 'https://api.x.ai/',
  shape: () => 'aspect ratio',
  seed: false,
  imageToImage: always(true),
  optionsName: 'xai',
  load: async (model, access) => (await import('@ai-sdk/xai')).createXai(settings(access)).image(model),
};

const blackForestLabs: AiService = {
  keyVariable: 'BFL_API_KEY',
  baseUrl: 'https://api.bfl.ai/',
  // The others take no width and height.
  shape: (model) => (/kontext|ultra/.test(model) ? 'aspect ratio' : 'size'),
  seed: true,
  imageToImage: (model) => /kontext|flux-2/.test(model),
  optionsName: 'blackForestLabs',
  patience: (timeoutMs) => ({ pollIntervalMillis: POLL_MS, pollTimeoutMillis: timeoutMs }),
  load: async (model, access) =>
    (await import('@ai-sdk/black-forest-labs')).createBlackForestLabs(settings(access)).image(model),
};

const luma: AiService = {
  keyVariable: 'LUMA_API_KEY',
  baseUrl: 'https://api.lumalabs.ai/',
  shape: () => 'aspect ratio',
  seed: false,
  // It takes pictures only at public addresses.
  imageToImage: always(false),
  optionsName: 'luma',
  patience: (timeoutMs) => ({ pollIntervalMillis: POLL_MS, maxPollAttempts: Math.ceil(timeoutMs / POLL_MS) }),
  load: async (model, access) => (await import('@ai-sdk/luma')).createLuma(settings(access)).image(model),
};

const fireworks: AiService = {
  keyVariable: 'FIREWORKS_API_KEY',
  baseUrl: 'https://api.fireworks.ai/',
  shape: (model) => (/flux/.test(model) ? 'aspect ratio' : 'size'),
  seed: true,
  imageToImage: (model) => /kontext/.test(model),
  optionsName: 'fireworks',
  load: async (model, access) => (await import('@ai-sdk/fireworks')).createFireworks(settings(access)).image(model),
};

const openaiCompatible: AiService = {
  keyVariable: undefined,
  baseUrl: undefined,
  shape: () => 'size',
  seed: false,
  imageToImage: always(true),
  optionsName: 'openaiCompatible',
  load: async (model, { apiKey, baseUrl = '', fetch }) => {
    const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
    const access = { name: 'openai-compatible', baseURL: baseUrl, fetch, ...(apiKey !== undefined && { apiKey }) };
    return createOpenAICompatible(access).imageModel(model);
  },
};

/** What every package's `create…` takes. */
function settings({ apiKey, baseUrl, fetch }: ServiceAccess) {
  return { fetch, ...(apiKey !== undefined && { apiKey }), ...(baseUrl !== undefined && { baseURL: baseUrl }) };
}

/** The services, by their name in `ai:<service>/<model>`. To add one: its package of the AI SDK, and an entry here. */
export const AI_SERVICES: ReadonlyMap<string, AiService> = new Map(
  Object.entries({
    google,
    xai,
    'black-forest-labs': blackForestLabs,
    luma,
    fireworks,
    gateway,
    'openai-compatible': openaiCompatible,
  }),
);
