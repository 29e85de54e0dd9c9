import { createStudio, describe, type Painting, parametersText, STYLE_NAMES, type Studio } from '@darkroom/painter';
import type {
  GenerateContext,
  GenerateRequest,
  Provider,
  ProviderCapabilities,
  ProviderHealthReport,
  Update,
} from '../../provider.ts';
import { ProviderError } from '../../provider-error.ts';
import type { SketchConfig } from './sketch-config.ts';
import { paceByClock, type SketchPace } from './sketch-pace.ts';

/** The built-in generator: a procedural painter that needs no model, no key and no network. */
class SketchProvider implements Provider {
  readonly kind = 'sketch';
  readonly name: string;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly capabilities: ProviderCapabilities = {
    sizes: ['512', '768', '1024'],
    styles: [...STYLE_NAMES],
    models: [],
    samplers: [],
    steps: true,
    seed: true,
    negativePrompt: false,
    cfg: false,
    imageToImage: false,
    progress: true,
    previews: true,
    resume: false,
    traceable: true,
    cancel: 'stops',
  };
  readonly #pace: SketchPace;
  readonly #studio: Studio;

  constructor(config: SketchConfig, pace: SketchPace) {
    this.name = config.name;
    this.concurrency = config.concurrency;
    this.timeoutMs = config.timeoutMs;
    this.#pace = pace;
    this.#studio = createStudio();
  }

  async *generate(request: GenerateRequest, { signal }: GenerateContext): AsyncGenerator<Update> {
    const { prompt, seed, size, style } = request;
    let painting: Painting | undefined;
    try {
      painting = await this.#studio.open({ prompt, seed, size, style }, signal);
      yield* this.#steps(painting, request, signal);
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      throw new ProviderError('SERVER_ERROR', undefined, { cause: thrown });
    } finally {
      painting?.drop();
    }
  }

  async *#steps(painting: Painting, request: GenerateRequest, signal: AbortSignal): AsyncGenerator<Update> {
    const { prompt, seed, size, steps } = request;
    for (let step = 1; step <= steps; step++) {
      const [bytes] = await Promise.all([painting.preview(step, steps), this.#pace.next(signal)]);
      signal.throwIfAborted();
      yield { type: 'progress', percent: (step / steps) * 100, step, steps };
      yield { type: 'preview', image: { bytes, type: 'image/jpeg' } };
    }
    const parameters = parametersText({ prompt, seed, size, steps, style: describe(request).style });
    const bytes = await painting.picture({ parameters });
    signal.throwIfAborted();
    yield { type: 'image', image: { bytes, type: 'image/png' } };
  }

  async health(): Promise<ProviderHealthReport> {
    return { ok: true };
  }

  async close(): Promise<void> {
    await this.#studio.close();
  }
}

/** Makes the provider; `pace` is by default that of its configuration. Threads start with its first picture. */
export const createSketchProvider = (config: SketchConfig, pace: SketchPace = paceByClock(config.stepMs)): Provider =>
  new SketchProvider(config, pace);
