import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type {
  EncodedImage,
  GenerateContext,
  GenerateRequest,
  Provider,
  ProviderCapabilities,
  ProviderHealthReport,
  Update,
} from '../../provider.ts';
import { isProviderError, type ProviderError, unhealthy } from '../../provider-error.ts';
import { imageFromBase64 } from '../image-bytes.ts';
import { UpstreamHttp } from '../upstream-http.ts';
import type { ForgeConfig } from './forge-config.ts';
import {
  classifyForgeRefusal,
  noPictureError,
  restartedError,
  stoppedAfterLossError,
  unreadablePictureError,
} from './forge-errors.ts';
import { ForgeWatch, type TaskState } from './forge-watch.ts';
import { buildGeneration, Generated, Models, modeOf, Options, pickImage, Samplers, Schedulers } from './forge-wire.ts';

const HEALTH_MS = 4_000;
/** Longest wait for an interrupted picture to end. */
const STOP_MS = 5_000;
/** Between two looks while something is being ended. */
const BRISK_MS = 100;
/** The last step is done, but the picture is still to be decoded. */
const MOST_PERCENT = 99;
/** A lost submission that is not known there after so many looks never arrived, or is long over. */
const VAIN_LOOKS = 5;

/** How the blocking call ended. */
type PostEnd =
  | { readonly kind: 'picture'; readonly image: EncodedImage }
  | { readonly kind: 'failed'; readonly thrown: unknown };

/** A picture that has been asked for. */
interface Posted {
  readonly watch: ForgeWatch;
  readonly end: Promise<PostEnd>;
  /** Nothing of it is left at the backend, or can be stopped there. */
  isOver: boolean;
}

/** Forge or AUTOMATIC1111: one blocking call per picture, beside which its progress is asked for. */
class ForgeProvider implements Provider {
  readonly kind = 'forge';
  readonly name: string;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly #http: UpstreamHttp;
  readonly #pollMs: number;
  readonly #graceMs: number;
  #schedulers: readonly string[] = [];
  #capabilities: ProviderCapabilities = {
    sizes: ['512', '768', '1024'],
    styles: [],
    models: null,
    samplers: null,
    steps: true,
    seed: true,
    negativePrompt: true,
    cfg: true,
    imageToImage: true,
    progress: true,
    previews: true,
    // The picture comes in the answer of the call that asked for it, and nowhere else.
    resume: false,
    traceable: true,
    cancel: 'stops',
  };

  constructor(config: ForgeConfig) {
    this.name = config.name;
    this.concurrency = config.concurrency;
    this.timeoutMs = config.timeoutMs;
    this.#pollMs = config.pollMs ?? 1_000;
    this.#graceMs = config.graceMs ?? 30_000;
    this.#http = new UpstreamHttp({
      base: config.base,
      headers: {
        // Compressing base64 of a PNG costs its processor much and saves nothing.
        'accept-encoding': 'identity',
        ...(config.authorization !== undefined && { authorization: config.authorization }),
      },
      classify: classifyForgeRefusal,
    });
  }

  get capabilities(): ProviderCapabilities {
    return this.#capabilities;
  }

  async *generate(request: GenerateRequest, { signal }: GenerateContext): AsyncGenerator<Update> {
    signal.throwIfAborted();
    const taskId = `task(${modeOf(request)}-${randomUUID()})`;
    const watch = new ForgeWatch(this.#http, taskId);
    await watch.begin(signal);
    // Known to all before it is there: whoever has to go on without this process can find it, and end it.
    yield { type: 'accepted', upstreamId: taskId };
    signal.throwIfAborted();
    const drop = new AbortController();
    const posted: Posted = { watch, end: this.#post(request, taskId, drop.signal), isOver: false };
    try {
      const end = yield* this.#follow(posted, request, signal);
      if (end.kind === 'failed') throw await this.#afterFailure(posted, end.thrown, signal);
      posted.isOver = true;
      yield { type: 'image', image: end.image };
    } finally {
      // Also where the server stops: the next process could not fetch this picture.
      await this.#stop(posted);
      drop.abort();
    }
  }

  async #post(request: GenerateRequest, taskId: string, signal: AbortSignal): Promise<PostEnd> {
    const lists = { samplers: this.#capabilities.samplers ?? undefined, schedulers: this.#schedulers };
    const body = buildGeneration(request, { taskId, lists });
    try {
      const path = `sdapi/v1/${modeOf(request)}`;
      const answer = await this.#http.json(path, Generated, { method: 'POST', body, signal, submits: true });
      const text = pickImage(answer);
      if (text === undefined) return { kind: 'failed', thrown: noPictureError() };
      const image = imageFromBase64(text);
      return image ? { kind: 'picture', image } : { kind: 'failed', thrown: unreadablePictureError() };
    } catch (thrown) {
      return { kind: 'failed', thrown };
    }
  }

  /** Tells how far it is, until the call ends. A look that fails is no failure: the call decides. */
  async *#follow(posted: Posted, request: GenerateRequest, signal: AbortSignal): AsyncGenerator<Update, PostEnd> {
    const tell = createTeller(request);
    for (;;) {
      const turn = new AbortController();
      const within = AbortSignal.any([signal, turn.signal]);
      const look = wait(this.#pollMs, undefined, { signal: within }).then(() => posted.watch.ask(within));
      try {
        const news = await Promise.race([posted.end, look.catch(() => undefined)]);
        signal.throwIfAborted();
        if (news?.kind === 'picture' || news?.kind === 'failed') return news;
        if (news !== undefined) yield* tell(news);
      } finally {
        turn.abort();
      }
    }
  }

  /**
   * By its id alone, so that nobody else's picture is hit. Waiting work is ended when its turn has come. Where Forge does
   * not tell of tasks, whatever runs may be ours: that is waited for, for as long as ours may take.
   */
  async stopLeft(upstreamId: string, signal: AbortSignal): Promise<void> {
    const watch = new ForgeWatch(this.#http, upstreamId);
    const until = performance.now() + this.timeoutMs;
    for (let vainLooks = 0; vainLooks < VAIN_LOOKS && performance.now() < until; ) {
      const { kind } = await watch.askById(signal);
      if (kind === 'ended' || kind === 'gone') return;
      if (kind === 'running') await this.#interrupt(signal);
      const isOutOfSight = kind === 'unknown' && (watch.tellsTasks || (await watch.isIdle(signal)));
      vainLooks = isOutOfSight ? vainLooks + 1 : 0;
      await wait(Math.min(this.#pollMs, BRISK_MS), undefined, { signal });
    }
  }

  async #interrupt(signal: AbortSignal): Promise<void> {
    await this.#http.bytes('sdapi/v1/interrupt', { method: 'POST', signal, timeoutMs: STOP_MS });
  }

  /** What the end of the call means. When only its answer was lost, the work is still there, though its picture cannot be had: it is stopped. */
  async #afterFailure(posted: Posted, thrown: unknown, signal: AbortSignal): Promise<unknown> {
    const isLost = isProviderError(thrown) && thrown.mayStillRun;
    const verdict = isLost ? await this.#afterLoss(posted.watch, thrown, signal) : thrown;
    posted.isOver = true;
    return verdict;
  }

  async #afterLoss(watch: ForgeWatch, lost: ProviderError, signal: AbortSignal): Promise<ProviderError> {
    const until = performance.now() + this.#graceMs;
    let isInterrupted = false;
    let vainLooks = 0;
    while (performance.now() < until) {
      const state = await this.#lookOrInterrupt(watch, signal);
      if (state?.kind === 'running') isInterrupted = true;
      else if (state?.kind === 'gone') return restartedError(lost);
      else if (state?.kind === 'ended') return isInterrupted ? stoppedAfterLossError(lost) : lost;
      else if (state?.kind === 'waiting' || (state?.kind === 'unknown' && ++vainLooks === VAIN_LOOKS)) return lost;
      await wait(Math.min(this.#pollMs, BRISK_MS), undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
    }
    return lost;
  }

  /** Ends the work if it is running. Waiting work cannot be ended: an interrupt would hit whatever runs. */
  async #stop(posted: Posted): Promise<void> {
    const signal = AbortSignal.timeout(STOP_MS);
    posted.end.then((end) => {
      posted.isOver ||= end.kind === 'picture' || !(isProviderError(end.thrown) && end.thrown.mayStillRun);
    });
    while (!posted.isOver && !signal.aborted) {
      const state = await this.#lookOrInterrupt(posted.watch, signal);
      if (state !== undefined && state.kind !== 'running' && state.kind !== 'unknown') return;
      await wait(Math.min(this.#pollMs, BRISK_MS), undefined, { signal }).catch(() => {});
    }
  }

  /** Where the work stands; it is interrupted if it runs. Undefined: the backend could not be asked. */
  async #lookOrInterrupt(watch: ForgeWatch, signal: AbortSignal): Promise<TaskState | undefined> {
    try {
      const state = await watch.ask(signal);
      if (state.kind === 'running') await this.#interrupt(signal);
      return state;
    } catch {
      return undefined;
    }
  }

  async health(): Promise<ProviderHealthReport> {
    const call = { signal: AbortSignal.timeout(HEALTH_MS), timeoutMs: HEALTH_MS } as const;
    try {
      const [options, models, samplers, schedulers] = await Promise.all([
        this.#http.json('sdapi/v1/options', Options, call),
        this.#http.json('sdapi/v1/sd-models', Models, call),
        this.#http.json('sdapi/v1/samplers', Samplers, call),
        // Newer than the rest of the API.
        this.#http.json('sdapi/v1/schedulers', Schedulers, call).catch(() => []),
      ]);
      this.#schedulers = schedulers.flatMap(({ name, label }) => [label ?? name, name]);
      this.#capabilities = {
        ...this.#capabilities,
        models: models.map(({ title }) => title),
        samplers: samplers.map(({ name }) => name),
        previews: options.live_previews_enable ?? true,
      };
      return { ok: true };
    } catch (thrown) {
      return unhealthy(thrown, 'Forge does not answer.');
    }
  }

  async close(): Promise<void> {
    await this.#http.close();
  }
}

/** Makes updates of what is seen: only what is new, and never falling. */
function createTeller({ steps, input }: GenerateRequest): (state: TaskState) => Iterable<Update> {
  let percent = -1;
  let lastPlace: string | undefined;
  return function* tell(state) {
    if (state.kind === 'waiting' && lastPlace !== String(state.position)) {
      lastPlace = String(state.position);
      yield { type: 'waiting', ...(state.position !== undefined && { position: state.position }) };
    }
    if (state.kind !== 'running') return;
    const share = Math.min(1, state.share);
    if (100 * share > percent) {
      percent = 100 * share;
      // With an input picture it makes fewer steps than asked for.
      const step = input === undefined && share > 0 ? { step: Math.round(share * steps), steps } : {};
      yield { type: 'progress', percent: Math.min(MOST_PERCENT, percent), ...step };
    }
    if (state.preview) yield { type: 'preview', image: state.preview };
  };
}

/** Makes the provider. It does not ask the backend anything yet. */
export const createForgeProvider = (config: ForgeConfig): Provider => new ForgeProvider(config);
