import { generateImage } from 'ai';
import type {
  GenerateContext,
  GenerateRequest,
  Provider,
  ProviderCapabilities,
  ProviderHealthReport,
  Update,
} from '../../provider.ts';
import { recognizeImage } from '../image-bytes.ts';
import { createLongFetch, type LongFetch } from '../long-fetch.ts';
import { notAPicture } from '../service-refusal.ts';
import { AiCall } from './ai-call.ts';
import type { AiConfig } from './ai-config.ts';
import { toAiError } from './ai-errors.ts';

const OUTAGE_MS = 30_000;
const HEALTH_MS = 4_500;

/** Any hosted service with a package of the AI SDK. The SDK tells nothing before the picture: no progress, no preview, no id. */
class AiProvider implements Provider {
  readonly kind = 'ai';
  readonly name: string;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly capabilities: ProviderCapabilities;
  readonly #config: AiConfig;
  readonly #network: LongFetch;

  constructor(config: AiConfig) {
    const { service, model } = config;
    this.name = config.name;
    this.concurrency = config.concurrency;
    this.timeoutMs = config.timeoutMs;
    this.#config = config;
    this.#network = createLongFetch({ base: config.address, isAllowed: config.isAllowed });
    this.capabilities = {
      sizes: service.shape(model) === 'size' ? ['512', '768', '1024'] : ['1024'],
      styles: [],
      models: [],
      samplers: [],
      steps: false,
      seed: service.seed,
      negativePrompt: false,
      cfg: false,
      imageToImage: service.imageToImage(model),
      progress: false,
      previews: false,
      resume: false,
      traceable: false,
      cancel: 'detaches',
    };
    // It would print to the console what a model ignores.
    Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
  }

  async *generate(request: GenerateRequest, { signal }: GenerateContext): AsyncGenerator<Update> {
    signal.throwIfAborted();
    const call = new AiCall(this.#network.fetch, this.#config.outageMs ?? OUTAGE_MS);
    const left = new AbortController();
    try {
      const bytes = await this.#make(request, call, AbortSignal.any([signal, left.signal]));
      const image = recognizeImage(bytes);
      if (image === undefined) throw notAPicture();
      yield { type: 'image', image };
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      throw toAiError(thrown, call, this.#config.key);
    } finally {
      left.abort();
    }
  }

  async #make(request: GenerateRequest, call: AiCall, abortSignal: AbortSignal): Promise<Uint8Array> {
    const { service, model, key: apiKey, baseUrl, serviceOptions, timeoutMs } = this.#config;
    const shape = service.shape(model);
    const { prompt, input, size, seed } = request;
    const { image } = await generateImage({
      model: await service.load(model, { apiKey, baseUrl, fetch: call.fetch }),
      prompt: input === undefined ? prompt : { text: prompt, images: [input.image.bytes] },
      n: 1,
      maxRetries: 0,
      abortSignal,
      ...(shape !== 'aspect ratio' && { size: `${size}x${size}` }),
      ...(shape !== 'size' && { aspectRatio: '1:1' }),
      ...(service.seed && { seed }),
      providerOptions: { [service.optionsName]: { ...service.patience?.(timeoutMs), ...serviceOptions } },
    });
    return image.uint8Array;
  }

  /** Whether the service can be reached: any answer but its own failure. The key is not shown, so not proven. */
  async health(): Promise<ProviderHealthReport> {
    try {
      const answer = await this.#network.fetch(this.#config.address, { signal: AbortSignal.timeout(HEALTH_MS) });
      await answer.body?.cancel();
      if (answer.status < 500) return { ok: true };
      return { ok: false, reason: 'failing', message: `The backend answers with HTTP ${answer.status}.` };
    } catch (cause) {
      return { ok: false, reason: 'unreachable', message: 'The backend cannot be reached.', cause };
    }
  }

  async close(): Promise<void> {
    await this.#network.close();
  }
}

/** Makes the provider. The service's package is loaded with the first picture. */
export const createAiProvider = (config: AiConfig): Provider => new AiProvider(config);
