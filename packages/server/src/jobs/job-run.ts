import { createHash } from 'node:crypto';
import { type Job, jobError, LIMITS } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { ImageKey, ImageKind, Images } from '../images.ts';
import type { EncodedImage, GenerateRequest, Provider, Update } from '../provider.ts';
import { toJobError } from '../provider-error.ts';
import { isStorageError } from '../storage-error.ts';
import type { JobLog } from './job-log.ts';
import type { Change } from './transition.ts';
import { untilAborted } from './until-aborted.ts';

/** Somebody else wrote to the job's log: it was cancelled, or taken over. The run stops without another word. */
class LostClaim extends Error {}

/** A step that waits to be written; a newer one takes its place. */
interface PendingStep {
  readonly percent: number;
  readonly step?: number;
  readonly steps?: number;
  preview?: EncodedImage;
}

export interface JobRunOptions {
  readonly log: JobLog;
  readonly images: Images;
  readonly clock: Clock;
  readonly provider: Provider;
  /** Told of what is our own fault, with its details. */
  readonly onFault: (jobId: string, fault: unknown) => void;
  /** Aborted at a planned stop: the job goes back to the queue. */
  readonly shutdown: AbortSignal;
}

const MIN_STEP_MS = 1_000 / LIMITS.progressEventsPerSecond;
const EXTENSIONS = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp' } as const;

/** What a provider is asked, from a job. */
export function toRequest({ prompt, options }: Job): GenerateRequest {
  return {
    prompt,
    size: Number(options?.size ?? '512'),
    steps: options?.steps ?? LIMITS.defaultSteps,
    style: options?.style,
    seed: options?.seed ?? 0,
    negativePrompt: options?.negativePrompt,
    cfg: options?.cfg,
    sampler: options?.sampler,
    model: options?.model,
    input: undefined,
  };
}

export const imageUrl = ({ jobId, kind, name }: ImageKey) => `/api/jobs/${jobId}/${kind}/${name}`;

/**
 * One run of one job on one provider, from `start` to its end. It holds the job by knowing the head of its log: whoever
 * else writes moves the head, so this run's next write fails and it stops. Steps are written one at a time, the newest
 * first in line; changes of stage wait for the steps before them.
 */
export class JobRun {
  readonly #options: JobRunOptions;
  readonly #jobId: string;
  /** The head of the log as this run left it. */
  #head = 0;
  readonly #stop = new AbortController();
  #pending: PendingStep | undefined;
  #writing: Promise<void> | undefined;
  #lastStepAt = Number.NEGATIVE_INFINITY;

  constructor(jobId: string, options: JobRunOptions) {
    this.#jobId = jobId;
    this.#options = options;
  }

  /** Resolves when the job has ended, was given back, or was lost. Never rejects. */
  async run(): Promise<void> {
    const { log, shutdown } = this.#options;
    const [unwatch, record] =
      (await this.#untilStored(async () => [
        await log.watch(this.#jobId, () => this.#stopIfLost()),
        await log.load(this.#jobId),
      ])) ?? [];
    if (record === undefined || unwatch === undefined || record.job.status !== 'queued') return unwatch?.();
    this.#head = record.job.lastEventSeq;
    const onShutdown = () => this.#stop.abort();
    shutdown.addEventListener('abort', onShutdown);
    try {
      await this.#generate(record.job);
    } catch (thrown) {
      await this.#end(thrown);
    } finally {
      shutdown.removeEventListener('abort', onShutdown);
      unwatch();
      this.#stop.abort();
    }
  }

  async #generate(job: Job): Promise<void> {
    const { provider, shutdown } = this.#options;
    if (shutdown.aborted) return;
    await this.#append({ type: 'start', provider: provider.name });
    const pictures: EncodedImage[] = [];
    const updates = provider.generate(toRequest(job), { signal: this.#stop.signal });
    for await (const update of untilAborted(updates, this.#stop.signal, this.#options.clock)) {
      if (update.type === 'image') pictures.push(update.image);
      else await this.#report(update);
    }
    this.#stop.signal.throwIfAborted();
    await this.#drain();
    if (pictures.length === 0) throw new Error(`${provider.name} ended without a picture`);
    await this.#append({ type: 'upload' });
    const resultUrls = await Promise.all(pictures.map((picture, index) => this.#store('images', index + 1, picture)));
    await this.#append({ type: 'complete', resultUrls });
  }

  async #report(update: Exclude<Update, { type: 'image' }>): Promise<void> {
    if (update.type === 'accepted') {
      await this.#drain();
      return this.#append({ type: 'accept', upstreamId: update.upstreamId });
    }
    if (update.type === 'waiting') return;
    if (update.type === 'preview') {
      if (this.#pending === undefined) this.#pending = { percent: this.#percentSoFar() };
      this.#pending.preview = update.image;
    } else {
      const { type: _type, ...step } = update;
      this.#pending = step;
    }
    this.#writing ??= this.#writeSteps();
  }

  #percentSoFar(): number {
    return this.#options.log.peek(this.#jobId)?.job.percent ?? 0;
  }

  /** Writes the newest step, at most so many a second, until there is none. */
  async #writeSteps(): Promise<void> {
    try {
      // A step's preview follows it in the same turn: both belong in one event.
      await new Promise((resolve) => setImmediate(resolve));
      while (this.#pending !== undefined && !this.#stop.signal.aborted) {
        await this.#pause(this.#lastStepAt + MIN_STEP_MS - this.#options.clock.now());
        await this.#writeStep();
      }
    } catch (thrown) {
      this.#stop.abort(thrown);
    } finally {
      this.#writing = undefined;
    }
  }

  async #writeStep(): Promise<void> {
    const pending = this.#pending;
    if (pending === undefined || this.#stop.signal.aborted) return;
    this.#pending = undefined;
    this.#lastStepAt = this.#options.clock.now();
    const { preview, ...step } = pending;
    const previewUrl = preview && (await this.#store('frames', this.#head + 1, preview));
    await this.#append({ type: 'progress', ...step, ...(previewUrl !== undefined && { previewUrl }) });
  }

  /** Ends early when the signal is aborted. */
  #pause(ms: number, signal: AbortSignal = this.#stop.signal): Promise<void> {
    if (ms <= 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = () => {
        undo();
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const undo = this.#options.clock.after(ms, stop);
      signal.addEventListener('abort', stop);
    });
  }

  /** Waits until every step offered so far is written; what goes wrong there stops the run. */
  async #drain(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    this.#stop.signal.throwIfAborted();
  }

  async #store(kind: ImageKind, number: number, image: EncodedImage): Promise<string> {
    const digest = createHash('sha256').update(image.bytes).digest('hex').slice(0, 12);
    const key = { jobId: this.#jobId, kind, name: `${number}-${digest}.${EXTENSIONS[image.type]}` };
    await this.#options.images.put(key, image);
    return imageUrl(key);
  }

  async #append(change: Change): Promise<void> {
    const result = await this.#options.log.append(this.#jobId, this.#head, change);
    if (result.outcome !== 'appended') throw new LostClaim();
    this.#head = result.record.job.lastEventSeq;
  }

  /** Cancelled, taken over or deleted: the work is no longer wanted here. */
  #stopIfLost(): void {
    const status = this.#options.log.peek(this.#jobId)?.job.status;
    if (status === undefined || status === 'cancelled') this.#stop.abort(new LostClaim());
  }

  /** Says in the log how the run ended, if it is still this run's to say. */
  async #end(thrown: unknown): Promise<void> {
    // A provider's last step before its failure is still on its way to the log.
    while (this.#writing !== undefined && !this.#stop.signal.aborted) await this.#writing;
    const cause = this.#stop.signal.aborted ? (this.#stop.signal.reason ?? thrown) : thrown;
    this.#stop.abort();
    await this.#writing;
    if (cause instanceof LostClaim) return;
    if (this.#options.shutdown.aborted && !isFault(cause)) return this.#finish({ type: 'release' });
    if (isFault(cause)) this.#options.onFault(this.#jobId, cause);
    const error = isStorageError(cause) ? jobError('SERVER_ERROR', `The server ${cause.message}.`) : toJobError(cause);
    return this.#finish({ type: 'fail', error });
  }

  /** The last word must reach the store: until then the job is not over. */
  async #finish(change: Change): Promise<void> {
    try {
      await this.#untilStored(() => this.#append(change));
    } catch (thrown) {
      if (!(thrown instanceof LostClaim)) this.#options.onFault(this.#jobId, thrown);
    }
  }

  /** Tries again for as long as the storage is out of order, be it hours; undefined when the server stops meanwhile. */
  async #untilStored<T>(work: () => Promise<T>): Promise<T | undefined> {
    for (let waitMs = 250; ; waitMs = Math.min(waitMs * 2, 10_000)) {
      try {
        return await work();
      } catch (thrown) {
        if (!isStorageError(thrown)) throw thrown;
        this.#options.onFault(this.#jobId, thrown);
        if (this.#options.shutdown.aborted) return undefined;
      }
      await this.#pause(waitMs, this.#options.shutdown);
    }
  }
}

/** Our own trouble, as opposed to a provider's words or a stop that was asked for. */
function isFault(thrown: unknown): boolean {
  if (isStorageError(thrown)) return true;
  if (!(thrown instanceof Error)) return false;
  return thrown.name !== 'AbortError' && thrown.name !== 'ProviderError';
}
