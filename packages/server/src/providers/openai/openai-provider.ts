import OpenAI, { APIError, toFile } from 'openai';
import { Stream } from 'openai/streaming';
import type {
  EncodedImage,
  GenerateContext,
  GenerateRequest,
  Provider,
  ProviderCapabilities,
  ProviderHealthReport,
  Update,
} from '../../provider.ts';
import { isProviderError, ProviderError, unhealthy } from '../../provider-error.ts';
import { imageFromBase64 } from '../image-bytes.ts';
import { createLongFetch, type LongFetch } from '../long-fetch.ts';
import { fetchPicture } from '../result-picture.ts';
import { notAPicture } from '../service-refusal.ts';
import { readBounded, UpstreamHttp } from '../upstream-http.ts';
import type { OpenaiConfig } from './openai-config.ts';
import { type Phase, streamEnded, toOpenaiError } from './openai-errors.ts';
import { buildFields, ImagesAnswer, ModelsAnswer, StreamEvent, sizesOf } from './openai-wire.ts';

const HEALTH_MS = 4_500;
const DOWNLOADS = 3;
/** The core's time limit comes first: this one only keeps the package's own, shorter one away. */
const MARGIN_MS = 60_000;

/** OpenAI's images, or those of any server that speaks the same API. One connection per picture is all there is: no id, no queue, no second look. */
class OpenaiProvider implements Provider {
  readonly kind = 'openai';
  readonly name: string;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly #config: OpenaiConfig;
  readonly #network: LongFetch;
  readonly #client: OpenAI;
  /** Without the key: a picture's URL may be anybody's. */
  readonly #downloads: UpstreamHttp;
  /** Until the server has answered a stream with a plain answer. */
  #streams: boolean;
  #models: readonly string[] | undefined;

  constructor(config: OpenaiConfig) {
    this.name = config.name;
    this.concurrency = config.concurrency;
    this.timeoutMs = config.timeoutMs;
    this.#config = config;
    this.#streams = config.partialImages > 0;
    this.#network = createLongFetch({
      base: config.base,
      ...(this.#streams && { stallMs: config.stallMs, readsEvents: true }),
    });
    this.#downloads = new UpstreamHttp({ base: config.base });
    this.#client = new OpenAI({
      baseURL: config.base.href.replace(/\/$/, ''),
      // The package insists on one, and would take the environment's.
      apiKey: config.key ?? 'none',
      adminAPIKey: null,
      organization: config.organization ?? null,
      project: config.project ?? null,
      ...(config.key === undefined && { defaultHeaders: { authorization: null } }),
      maxRetries: 0,
      timeout: config.timeoutMs + MARGIN_MS,
      fetch: this.#network.fetch,
      logLevel: 'off',
    });
  }

  get capabilities(): ProviderCapabilities {
    const { isHosted, model, extraFields } = this.#config;
    const canChooseModel = !isHosted && model === undefined;
    return {
      sizes: sizesOf(this.#config),
      styles: [],
      models: canChooseModel ? (this.#models === undefined ? null : [...this.#models]) : [],
      samplers: [],
      steps: extraFields.steps !== undefined,
      seed: extraFields.seed !== undefined,
      negativePrompt: extraFields.negativePrompt !== undefined,
      cfg: extraFields.cfg !== undefined,
      imageToImage: true,
      progress: this.#streams,
      previews: this.#streams,
      resume: false,
      traceable: false,
      // The request's connection is dropped: nothing promises that the service stops, or does not bill.
      cancel: 'detaches',
    };
  }

  async *generate(request: GenerateRequest, { signal }: GenerateContext): AsyncGenerator<Update> {
    signal.throwIfAborted();
    const connection = new AbortController();
    const either = AbortSignal.any([signal, connection.signal]);
    let phase: Phase = 'request';
    try {
      const answer = await this.#submit(request, either);
      const streams = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
      phase = streams ? 'stream' : 'body';
      if (streams) yield* this.#followStream(answer, either);
      else yield { type: 'image', image: await this.#readAnswer(answer, signal) };
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      throw toOpenaiError(thrown, phase, this.#config.key);
    } finally {
      connection.abort();
    }
  }

  async #submit(request: GenerateRequest, signal: AbortSignal): Promise<Response> {
    const fields = buildFields(this.#config, request);
    const { images } = this.#client;
    if (request.input === undefined) return images.generate(fields, { signal }).asResponse();
    const { bytes, type } = request.input.image;
    const image = await toFile(bytes, 'input.png', { type });
    return images.edit({ ...fields, image }, { signal }).asResponse();
  }

  async *#followStream(answer: Response, signal: AbortSignal): AsyncGenerator<Update> {
    const reading = new AbortController();
    const stop = () => reading.abort();
    signal.addEventListener('abort', stop, { once: true });
    let percent = 0;
    try {
      for await (const raw of Stream.fromSSEResponse<unknown>(answer, reading, this.#client)) {
        const event = readEvent(raw);
        if (event === undefined) continue;
        if (event.type.endsWith('.completed')) {
          yield { type: 'image', image: finished(imageFromBase64(event.b64_json ?? '')) };
          return;
        }
        const preview = event.type.endsWith('.partial_image') && imageFromBase64(event.b64_json ?? '');
        if (!preview) continue;
        percent = Math.max(percent, this.#estimate(event.partial_image_index ?? 0));
        yield { type: 'progress', percent };
        yield { type: 'preview', image: preview };
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
    // An aborted stream ends without a word, as one does whose server went away in order.
    signal.throwIfAborted();
    throw streamEnded();
  }

  /** How far a partial picture is on the way: a guess by its number, the only measure there is. */
  #estimate(index: number): number {
    return Math.min(99, (100 * (index + 1)) / (this.#config.partialImages + 1));
  }

  async #readAnswer(answer: Response, signal: AbortSignal): Promise<EncodedImage> {
    this.#streams = false;
    const text = Buffer.from(answer.body === null ? [] : await readBounded(answer.body)).toString('utf8');
    const picture = readAnswer(text).data[0];
    if (picture?.b64_json) return finished(imageFromBase64(picture.b64_json));
    if (!picture?.url) throw new SyntaxError('neither b64_json nor url');
    return await this.#download(picture.url, signal);
  }

  /** The picture is made: its download is tried again before it is given up. */
  async #download(url: string, signal: AbortSignal): Promise<EncodedImage> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await fetchPicture(url, { http: this.#downloads, base: this.#config.base }, signal);
      } catch (thrown) {
        if (signal.aborted) throw signal.reason;
        if (attempt < DOWNLOADS && isProviderError(thrown) && thrown.retryable) continue;
        const message = 'The picture was made, but could not be fetched from the backend.';
        throw new ProviderError('SERVER_ERROR', message, { cause: thrown, mayStillRun: true });
      }
    }
  }

  async health(): Promise<ProviderHealthReport> {
    try {
      const answer = await this.#client.get<unknown>('/models', {
        timeout: HEALTH_MS,
        signal: AbortSignal.timeout(HEALTH_MS),
      });
      const parsed = ModelsAnswer.safeParse(answer);
      if (!parsed.success) return { ok: true };
      this.#models = parsed.data.data.map(({ id }) => id);
      const { isHosted, model = '' } = this.#config;
      if (!isHosted || this.#models.includes(model)) return { ok: true };
      return { ok: true, reason: 'model-missing', message: `The key’s models do not include ${model}.` };
    } catch (thrown) {
      // A key may be good for pictures only, and a server may have no such list.
      const mayStillWork = thrown instanceof APIError && (thrown.status === 403 || thrown.status === 404);
      if (mayStillWork)
        return { ok: true, reason: 'models-untold', message: 'It answers, but does not tell its models.' };
      return unhealthy(toOpenaiError(thrown, 'request', this.#config.key), 'The backend does not answer.');
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#network.close(), this.#downloads.close()]);
  }
}

function finished(image: EncodedImage | undefined): EncodedImage {
  if (image === undefined) throw notAPicture();
  return image;
}

/** Events of other kinds come, and are passed over. */
function readEvent(raw: unknown): StreamEvent | undefined {
  const parsed = StreamEvent.safeParse(raw);
  return parsed.success ? parsed.data : undefined;
}

function readAnswer(text: string): ImagesAnswer {
  const parsed = ImagesAnswer.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new SyntaxError('not an images answer', { cause: parsed.error });
}

/** Makes the provider. Nothing is asked before the first picture or health check. */
export const createOpenaiProvider = (config: OpenaiConfig): Provider => new OpenaiProvider(config);
