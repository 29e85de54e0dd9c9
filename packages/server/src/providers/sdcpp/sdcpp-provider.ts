import { setTimeout as wait } from 'node:timers/promises';
import {
  type GenerateContext,
  type GenerateRequest,
  leavesWorkRunning,
  type Provider,
  type ProviderCapabilities,
  type ProviderHealthReport,
  type Update,
} from '../../provider.ts';
import { isProviderError, unhealthy } from '../../provider-error.ts';
import { imageFromBase64 } from '../image-bytes.ts';
import { UpstreamHttp } from '../upstream-http.ts';
import type { SdcppConfig } from './sdcpp-config.ts';
import {
  classifySdcppRefusal,
  endedBadlyError,
  JobGoneError,
  stillRunningError,
  unreadablePictureError,
  wrongModelError,
} from './sdcpp-errors.ts';
import { Accepted, buildImgGen, Capabilities, SdcppJob } from './sdcpp-wire.ts';

const ASK_MS = 5_000;
const HEALTH_MS = 4_000;
/** Longest wait for a cancel, and for the id of a job that is no longer wanted. */
const STOP_MS = 5_000;
/** The last step is done, but the picture is still to be decoded. */
const MOST_PERCENT = 95;
const SIZES: ProviderCapabilities['sizes'] = ['512', '768', '1024'];
const NO_PREVIEW = { step: 0, total_steps: 0, b64_json: '' };

/**
 * The server of stable-diffusion.cpp: a job is submitted, then asked for until it is over. It works on one at a time and
 * queues the rest itself, so that what was left running by a cancel shows as waiting in the next job.
 */
class SdcppProvider implements Provider {
  readonly kind = 'sdcpp';
  readonly name: string;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly #http: UpstreamHttp;
  readonly #config: SdcppConfig;
  readonly #pollMs: number;
  readonly #graceMs: number;
  #isKnown = false;
  #capabilities: ProviderCapabilities = {
    sizes: [...SIZES],
    styles: [],
    // One model per process.
    models: [],
    samplers: null,
    steps: true,
    seed: true,
    negativePrompt: true,
    cfg: true,
    imageToImage: true,
    progress: false,
    previews: false,
    resume: true,
    traceable: false,
    cancel: 'detaches',
  };

  constructor(config: SdcppConfig) {
    this.name = config.name;
    this.concurrency = config.concurrency;
    this.timeoutMs = config.timeoutMs;
    this.#config = config;
    this.#pollMs = config.pollMs ?? 500;
    this.#graceMs = config.graceMs ?? 30_000;
    const { base, authorization } = config;
    const headers = authorization === undefined ? {} : { authorization };
    this.#http = new UpstreamHttp({ base, headers, classify: classifySdcppRefusal });
  }

  get capabilities(): ProviderCapabilities {
    return this.#capabilities;
  }

  async *generate(request: GenerateRequest, { signal, resume }: GenerateContext): AsyncGenerator<Update> {
    signal.throwIfAborted();
    if (!this.#isKnown) await this.#learn(signal);
    const id = resume ?? (await this.#submit(request, signal));
    let isOver = false;
    try {
      // Told even when this process is ending: the next one goes on by it.
      if (signal.aborted && !leavesWorkRunning(signal)) throw signal.reason;
      if (resume === undefined) yield { type: 'accepted', upstreamId: id };
      const job = yield* this.#follow(id, signal);
      isOver = true;
      if (job.status !== 'completed') throw endedBadlyError(job);
      const image = imageFromBase64(job.result?.images[0]?.b64_json ?? '');
      if (image === undefined) throw unreadablePictureError();
      yield { type: 'image', image };
    } catch (thrown) {
      isOver ||= isProviderError(thrown);
      throw thrown;
    } finally {
      if (!isOver && !leavesWorkRunning(signal)) await this.#cancel(id);
    }
  }

  /** The job's id. When the job is no longer wanted, it is still waited for shortly: without it nothing can be cancelled. */
  async #submit(request: GenerateRequest, signal: AbortSignal): Promise<string> {
    const drop = new AbortController();
    const body = buildImgGen(request, { preview: this.#capabilities.previews ? this.#config.preview : undefined });
    const call = { method: 'POST', body, signal: drop.signal, submits: true } as const;
    const giveUp = () => {
      timer = setTimeout(() => drop.abort(signal.reason), STOP_MS);
    };
    let timer: NodeJS.Timeout | undefined;
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      const { id } = await this.#http.json('sdcpp/v1/img_gen', Accepted, call);
      return id;
    } catch (thrown) {
      signal.throwIfAborted();
      throw thrown;
    } finally {
      signal.removeEventListener('abort', giveUp);
      clearTimeout(timer);
    }
  }

  /** Asks until the job is over. */
  async *#follow(id: string, signal: AbortSignal): AsyncGenerator<Update, SdcppJob> {
    const tell = createTeller();
    let answeredAt = performance.now();
    for (;;) {
      signal.throwIfAborted();
      let pauseMs = this.#pollMs;
      try {
        const job = await this.#http.json(`sdcpp/v1/jobs/${encodeURIComponent(id)}`, SdcppJob, {
          signal,
          timeoutMs: ASK_MS,
        });
        if (job.status !== 'queued' && job.status !== 'generating') return job;
        answeredAt = performance.now();
        if (job.status === 'queued') pauseMs *= 2;
        yield* tell(job);
      } catch (thrown) {
        signal.throwIfAborted();
        const isHopeless = thrown instanceof JobGoneError || !isProviderError(thrown);
        if (isHopeless) throw thrown;
        if (!thrown.retryable || performance.now() - answeredAt > this.#graceMs) throw stillRunningError(thrown);
      }
      await wait(pauseMs, undefined, { signal }).catch(() => {});
    }
  }

  /** Best effort: what it is generating goes on to its end in most builds (409). */
  async #cancel(id: string): Promise<void> {
    const path = `sdcpp/v1/jobs/${encodeURIComponent(id)}/cancel`;
    const signal = AbortSignal.timeout(STOP_MS);
    await this.#http.bytes(path, { method: 'POST', signal }).catch(() => {});
  }

  /** Asks what this build and its model can do. */
  async #learn(signal: AbortSignal): Promise<void> {
    const call = { signal, timeoutMs: HEALTH_MS };
    const told = await this.#http.json('sdcpp/v1/capabilities', Capabilities, call);
    if (told.supported_modes && !told.supported_modes.includes('img_gen')) throw wrongModelError();
    const features = told.features_by_mode?.img_gen;
    const { preview } = this.#config;
    const hasPreviews =
      features?.preview === true && preview !== 'none' && (told.preview_modes?.includes(preview) ?? true);
    this.#isKnown = true;
    this.#capabilities = {
      ...this.#capabilities,
      sizes: SIZES.filter((size) => isWithin(Number(size), told.limits)),
      samplers: told.samplers ?? [],
      imageToImage: features?.init_image !== false,
      progress: hasPreviews,
      previews: hasPreviews,
      cancel: features?.cancel_generating === true ? 'stops' : 'detaches',
    };
  }

  async health(): Promise<ProviderHealthReport> {
    try {
      await this.#learn(AbortSignal.timeout(HEALTH_MS));
      return { ok: true };
    } catch (thrown) {
      return unhealthy(thrown, 'The sd-server does not answer.');
    }
  }

  async close(): Promise<void> {
    await this.#http.close();
  }
}

interface Limits {
  readonly min_width?: number | null | undefined;
  readonly max_width?: number | null | undefined;
  readonly min_height?: number | null | undefined;
  readonly max_height?: number | null | undefined;
}

function isWithin(edge: number, limits: Limits | null | undefined): boolean {
  const low = Math.max(limits?.min_width ?? 0, limits?.min_height ?? 0);
  const high = Math.min(limits?.max_width ?? Infinity, limits?.max_height ?? Infinity);
  return low <= edge && edge <= high;
}

/** Makes updates of what is seen: only what is new, and never falling. */
function createTeller(): (job: SdcppJob) => Iterable<Update> {
  let percent = -1;
  let place: number | undefined;
  let lastPreview = '';
  return function* tell({ status, queue_position: position, preview }) {
    if (status === 'queued') {
      if (position !== place) yield { type: 'waiting', ...(position > 0 && { position }) };
      place = position;
      return;
    }
    const { step, total_steps: steps, b64_json: picture } = preview ?? NO_PREVIEW;
    const now = steps === 0 ? 0 : (100 * step) / steps;
    if (now > percent) {
      percent = now;
      yield { type: 'progress', percent: Math.min(MOST_PERCENT, now), ...(step > 0 && { step, steps }) };
    }
    const image = picture === lastPreview ? undefined : imageFromBase64(picture);
    lastPreview = picture;
    if (image) yield { type: 'preview', image };
  };
}

/** Makes the provider. It does not ask the backend anything yet. */
export const createSdcppProvider = (config: SdcppConfig): Provider => new SdcppProvider(config);
