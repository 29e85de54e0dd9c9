import { isDeepStrictEqual } from 'node:util';
import {
  applyEvent,
  canCancel,
  type Job,
  type JobError,
  jobError,
  LIMITS,
  type ProgressEvent,
} from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { ImageKind, Images } from '../images.ts';
import { Detached, type EncodedImage, type GenerateRequest, leavesWorkRunning } from '../provider.ts';
import { isProviderError, ProviderError, toJobError } from '../provider-error.ts';
import { isStorageError, type StorageError } from '../storage-error.ts';
import type { Backend, BackendUpdate } from './backend.ts';
import type { BackendPool } from './backend-pool.ts';
import { imageUrl, jobImageKey, PLACEHOLDER_URL, parseImageUrl } from './image-address.ts';
import type { JobLog } from './job-log.ts';
import { endLeftWork } from './left-work.ts';
import { leftAlone } from './lost-run.ts';
import { pause } from './pause.ts';
import { type Progress, StepWriter } from './step-writer.ts';
import { toRequest } from './to-request.ts';
import { type Change, transition } from './transition.ts';

/** Somebody else wrote to the job's log: it was cancelled, or taken over. The run stops without another word. */
class LostClaim extends Error {}

/** The same, and whoever took the job over goes on with the work at its backend: that is left running. */
class TakenOver extends Detached {}

export interface JobRunOptions {
  readonly log: JobLog;
  readonly images: Images;
  readonly clock: Clock;
  readonly backend: Backend;
  readonly pool: BackendPool;
  /** Told of what is our own fault, with its details. */
  readonly onFault: (jobId: string, fault: unknown) => void;
  /** Aborted at a planned stop: the job goes back to the queue, unless its work could then be done twice. */
  readonly shutdown: AbortSignal;
  /** Who holds the job. */
  readonly workerId: string;
}

/** How long a picture waits for a storage that is out of order, and an event for one that is full; then the job fails and says so. */
const STORAGE_PATIENCE_MS = 60_000;

/** How long a planned stop waits for work that can neither be gone on with by others nor be ended. */
const STOP_PATIENCE_MS = 60_000;
/** After so long without a word in the log somebody else may have taken the job: looked at before anything is submitted. */
const CLAIM_MS = 250;

const NO_BACKEND = jobError('SERVER_ERROR', 'No backend is answering right now. Try again in a minute.');

/**
 * One run of one job on one backend, from `start` to its end. It holds the job by knowing the head of its log: whoever
 * else writes moves the head, so this run's next write fails and it stops. Changes of stage wait for the steps before them.
 */
export class JobRun {
  readonly #options: JobRunOptions;
  readonly #jobId: string;
  /** The job as this run left it; undefined before it has read it. */
  #left: Job | undefined;
  readonly #stop = new AbortController();
  readonly #steps: StepWriter;
  /** This run has taken the job. */
  #holds = false;
  /** The work at the backend that this run waits for. */
  #upstreamId: string | undefined;
  /** The backend was asked for a picture that is not stored yet. */
  #hasAsked = false;
  /** When this run last wrote to the log (ms). */
  #wroteAt = Number.NEGATIVE_INFINITY;

  constructor(jobId: string, options: JobRunOptions) {
    this.#jobId = jobId;
    this.#options = options;
    this.#steps = new StepWriter({
      clock: options.clock,
      signal: this.#stop.signal,
      write: (progress) => this.#writeStep(progress),
      onFault: (thrown) => this.#stop.abort(thrown),
    });
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
    this.#left = record.job;
    let undoPatience = () => {};
    const onShutdown = () => {
      undoPatience = this.#stopAsPlanned();
    };
    shutdown.addEventListener('abort', onShutdown);
    try {
      await this.#begin(record.job);
    } catch (thrown) {
      await this.#end(thrown);
    } finally {
      shutdown.removeEventListener('abort', onShutdown);
      undoPatience();
      unwatch();
      this.#stop.abort();
    }
  }

  /**
   * Leaves the work to the next process, or ends it. What can neither be gone on with nor be ended is waited for: done again
   * it would be done, and paid for, twice. Returns the undo of that.
   */
  #stopAsPlanned(): () => void {
    const { backend, clock } = this.#options;
    const isEndless = this.#hasAsked && backend.capabilities.cancel === 'detaches';
    if (this.#canReattach()) this.#stop.abort(new Detached());
    else if (!isEndless) this.#stop.abort();
    else return clock.after(STOP_PATIENCE_MS, () => this.#stop.abort(abandoned(backend.name)));
    return () => {};
  }

  async #begin(job: Job): Promise<void> {
    const { backend, pool, shutdown } = this.#options;
    if (shutdown.aborted) return;
    const leave = await backend.enter();
    if (leave === undefined) {
      // The breaker opened since the job was taken, or another process tries. The job is left in line, if others may do it.
      if (pool.allRest(pool.namesFor(job))) await this.#failAtOnce();
      return;
    }
    try {
      await this.#work(job);
    } finally {
      leave();
    }
  }

  async #work(job: Job): Promise<void> {
    const { backend, pool, workerId } = this.#options;
    const resume = backend.holds(job) && pool.canReattach(job) ? job.upstreamId : undefined;
    this.#upstreamId = resume;
    if (resume === undefined) await endLeftWork(job, { ...this.#options, signal: this.#stop.signal });
    await this.#append({ type: 'start', provider: backend.name, resumes: resume !== undefined, worker: workerId });
    this.#holds = true;
    await this.#makePictures(job, resume);
  }

  #failAtOnce(): Promise<void> {
    return this.#append({ type: 'fail', error: NO_BACKEND, previewUrl: PLACEHOLDER_URL });
  }

  /** One after the other, those that an earlier run stored left out. */
  async #makePictures(job: Job, resume: string | undefined): Promise<void> {
    const { backend } = this.#options;
    const input = await this.#readInput(job);
    const urls = [...(job.resultUrls ?? [])];
    const count = job.options?.count ?? 1;
    for (const first = urls.length; urls.length < count; ) {
      // It has waited for the picture before.
      this.#options.shutdown.throwIfAborted();
      const picture = await backend.run(toRequest(job, backend.capabilities, { index: urls.length, input }), {
        signal: this.#stop.signal,
        resume: urls.length === first ? resume : undefined,
        beforeTry: () => this.#confirmClaim(),
        onUpdate: (update) => this.#report(update),
      });
      await this.#drain();
      this.#upstreamId = undefined;
      if (urls.length === count - 1) await this.#append({ type: 'upload' });
      urls.push(await this.#store('images', urls.length + 1, picture));
      if (urls.length < count) await this.#append({ type: 'picture', resultUrls: urls });
      this.#hasAsked = false;
    }
    await this.#append({ type: 'complete', resultUrls: urls });
  }

  /** Right before something is submitted: a process that slept meanwhile would submit what another one has begun. */
  async #confirmClaim(): Promise<void> {
    const { log, clock, shutdown } = this.#options;
    shutdown.throwIfAborted();
    if (clock.now() - this.#wroteAt >= CLAIM_MS) {
      await this.#whileOutOfOrder(
        () => log.refresh(this.#jobId),
        this.#stop.signal,
        () => Number.POSITIVE_INFINITY,
      );
      this.#stopIfLost();
    }
    this.#stop.signal.throwIfAborted();
    this.#hasAsked = true;
  }

  async #readInput({ options }: Job): Promise<GenerateRequest['input']> {
    const key = options?.image === undefined ? undefined : parseImageUrl(options.image);
    if (key === undefined) return undefined;
    const image = await this.#patiently(() => this.#options.images.get(key));
    if (image === undefined) throw new Error(`the input picture ${key.name} is gone`);
    return { image, strength: options?.strength ?? LIMITS.defaultStrength };
  }

  async #report(update: BackendUpdate): Promise<void> {
    switch (update.type) {
      case 'accepted':
        await this.#drain();
        this.#upstreamId = update.upstreamId;
        await this.#append({
          type: 'accept',
          upstreamId: update.upstreamId,
          upstreamAt: this.#options.backend.place,
        });
        // The stop waited for just that.
        if (this.#options.shutdown.aborted && this.#canReattach()) this.#stop.abort(new Detached());
        return;
      case 'waiting':
        await this.#drain();
        return this.#append({ ...update, type: 'wait' });
      case 'retry':
        await this.#drain();
        this.#upstreamId = undefined;
        this.#hasAsked = false;
        return this.#append({ ...update, type: 'repeat' });
      case 'preview':
        return this.#steps.preview(update.image);
      case 'progress': {
        const { type: _type, ...progress } = update;
        return this.#steps.progress(progress);
      }
    }
  }

  async #writeStep({ preview, ...progress }: Progress): Promise<void> {
    const previewUrl = preview && (await this.#store('frames', (this.#left?.lastEventSeq ?? 0) + 1, preview));
    await this.#append({ type: 'progress', ...progress, ...(previewUrl !== undefined && { previewUrl }) });
  }

  /** Waits until every step offered so far is written; what goes wrong there stops the run. */
  async #drain(): Promise<void> {
    await this.#steps.drain();
    this.#stop.signal.throwIfAborted();
  }

  async #store(kind: ImageKind, number: number, image: EncodedImage): Promise<string> {
    const key = jobImageKey(this.#jobId, kind, number, image);
    await this.#patiently(() => this.#options.images.put(key, image));
    return imageUrl(key);
  }

  /** Gives the image storage a minute to come back: a picture that is made is not thrown away for an outage. */
  #patiently<T>(work: () => Promise<T>): Promise<T> {
    return this.#whileOutOfOrder(work, this.#stop.signal, () => STORAGE_PATIENCE_MS);
  }

  /**
   * Waits for as long as the storage is out of order and this run is wanted: what is under way is not thrown away for
   * that. One that is full, or may not be written, is waited for as little as for pictures.
   */
  #append(change: Change): Promise<void> {
    const patience = ({ lasts }: StorageError) => (lasts ? STORAGE_PATIENCE_MS : Number.POSITIVE_INFINITY);
    return this.#whileOutOfOrder(() => this.#appendOnce(change), this.#stop.signal, patience);
  }

  async #appendOnce(change: Change): Promise<void> {
    const left = this.#left;
    if (left === undefined) throw new Error(`${this.#jobId} was not read before it was written`);
    const result = await this.#options.log.append(this.#jobId, left.lastEventSeq, change);
    this.#wroteAt = this.#options.clock.now();
    if (result.outcome === 'appended') {
      this.#left = result.record.job;
      return;
    }
    const written = this.#findWritten(left, change);
    if (written !== undefined) {
      this.#left = applyEvent(left, written);
      return;
    }
    const lost = this.#lost();
    // The provider has to know why before it is let go of.
    this.#stop.abort(lost);
    throw lost;
  }

  /** The change's own event, if it stands in the log already: the answer to an earlier try was lost, not the write. */
  #findWritten(left: Job, change: Change): ProgressEvent | undefined {
    const [next] = this.#options.log.peekEvents(this.#jobId, left.lastEventSeq, 1) ?? [];
    const own = next && transition(left, change, Date.parse(next.event.ts));
    return own?.ok === true && isDeepStrictEqual(next?.event, own.event) ? own.event : undefined;
  }

  get #job(): Job | undefined {
    return this.#options.log.peek(this.#jobId)?.job;
  }

  /** Whether the next process can go on with what the backend is working on for this run. */
  #canReattach(): boolean {
    const job = this.#job;
    const { backend, pool } = this.#options;
    return job !== undefined && backend.holds(job) && pool.canReattach(job);
  }

  /** Cancelled, ended by the guard, taken over or deleted: the work is no longer wanted here. */
  #stopIfLost(): void {
    const record = this.#options.log.peek(this.#jobId);
    const isTaken = this.#holds && record?.worker !== this.#options.workerId;
    if (record === undefined || !canCancel(record.job) || isTaken) this.#stop.abort(this.#lost());
  }

  #lost(): Error {
    const job = this.#job;
    const goesOn = job !== undefined && canCancel(job) && this.#options.pool.canReattach(job);
    return goesOn && job.upstreamId === this.#upstreamId ? new TakenOver() : new LostClaim();
  }

  /** Says in the log how the run ended, if it is still this run's to say. */
  async #end(thrown: unknown): Promise<void> {
    // A provider's last step before its failure is still on its way to the log.
    await this.#steps.drain();
    const cause = this.#stop.signal.aborted ? (this.#stop.signal.reason ?? thrown) : thrown;
    const reattach = leavesWorkRunning(this.#stop.signal);
    this.#stop.abort();
    await this.#steps.drain();
    if (cause instanceof LostClaim || cause instanceof TakenOver) return;
    if (this.#options.shutdown.aborted && mayRunAgain(cause)) return this.#finish({ type: 'release', reattach });
    if (isFault(cause)) this.#options.onFault(this.#jobId, cause);
    return this.#finish(this.#failure(cause));
  }

  /** Another backend's turn, if the failure is this one's alone; else the end of the attempt. */
  #failure(cause: unknown): Change {
    const job = this.#job;
    const passes = isProviderError(cause) && cause.retryable && !cause.mayStillRun;
    if (passes && job !== undefined && this.#options.pool.canFailOver(job))
      return { type: 'failover', error: toJobError(cause) };
    return { type: 'fail', error: errorOf(cause) };
  }

  /** The last word must reach the store: until then the job is not over. */
  async #finish(change: Change): Promise<void> {
    try {
      await this.#untilStored(() => this.#append(change));
    } catch (thrown) {
      if (!(thrown instanceof LostClaim || thrown instanceof TakenOver)) this.#options.onFault(this.#jobId, thrown);
    }
  }

  /** Tries again for as long as the storage is out of order, be it hours; undefined when the server stops meanwhile. */
  async #untilStored<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#whileOutOfOrder(work, this.#options.shutdown, () => Number.POSITIVE_INFINITY);
    } catch (thrown) {
      if (!isStorageError(thrown)) throw thrown;
      this.#options.onFault(this.#jobId, thrown);
      return undefined;
    }
  }

  /** Tries again, ever more rarely, until the work is done, the signal is aborted or the time is over: then it throws what the last try threw. */
  async #whileOutOfOrder<T>(
    work: () => Promise<T>,
    signal: AbortSignal,
    patienceMs: (error: StorageError) => number,
  ): Promise<T> {
    const { clock, onFault } = this.#options;
    const since = clock.now();
    for (let waitMs = 250; ; waitMs = Math.min(waitMs * 2, 10_000)) {
      try {
        return await work();
      } catch (thrown) {
        if (!isStorageError(thrown) || signal.aborted || clock.now() - since >= patienceMs(thrown)) throw thrown;
        onFault(this.#jobId, thrown);
      }
      await pause(clock, waitMs, signal);
    }
  }
}

function errorOf(cause: unknown): JobError {
  return isStorageError(cause) ? jobError('SERVER_ERROR', `The server ${cause.message}.`) : toJobError(cause);
}

/** What a planned stop has waited for in vain. */
const abandoned = (backend: string) =>
  new ProviderError('SERVER_ERROR', leftAlone(backend).message, { mayStillRun: true });

/** Whether the next process may simply do it again after a run that ended so. */
function mayRunAgain(cause: unknown): boolean {
  return isProviderError(cause) ? cause.retryable && !cause.mayStillRun : !isFault(cause);
}

/** Our own trouble, as opposed to a provider's words or a stop that was asked for. */
function isFault(thrown: unknown): boolean {
  if (isStorageError(thrown)) return true;
  if (!(thrown instanceof Error)) return false;
  return thrown.name !== 'AbortError' && thrown.name !== 'ProviderError';
}
