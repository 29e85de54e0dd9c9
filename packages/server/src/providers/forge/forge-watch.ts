import type { EncodedImage } from '../../provider.ts';
import { isProviderError } from '../../provider-error.ts';
import { imageFromBase64 } from '../image-bytes.ts';
import type { UpstreamHttp } from '../upstream-http.ts';
import { GlobalProgress, TaskProgress } from './forge-wire.ts';

/** What the backend is doing with our task. */
export type TaskState =
  /** Not known there (yet). */
  | { readonly kind: 'unknown' }
  /** Behind somebody else's work. `position` 1 = next. */
  | { readonly kind: 'waiting'; readonly position?: number }
  /** `share` 0–1 of its steps; the preview only when it is a new one. */
  | { readonly kind: 'running'; readonly share: number; readonly preview: EncodedImage | undefined }
  /** It is over. */
  | { readonly kind: 'ended' }
  /** It was known, and is not any more: the process is another one. */
  | { readonly kind: 'gone' };

const ASK_MS = 5_000;
/** Looks at which a version that heeds `force_task_id` surely knows it. */
const PATIENT_LOOKS = 3;
/** `job_timestamp` before the first job of a process. */
const NO_JOB_YET = '0';

/**
 * Follows one task. With the web page, the backend tells of a task by its id (`/internal/progress`). Without it
 * (`--nowebui`), or in versions that take no id, it only tells of whatever runs (`/sdapi/v1/progress`): ours is then the
 * first job of the API that began after we asked, since there is one of ours at a time.
 */
export class ForgeWatch {
  readonly #http: UpstreamHttp;
  readonly #taskId: string;
  #tellsTasks = true;
  #looksInVain = 0;
  #wasKnown = false;
  #previewId = -1;
  #lastPreview: string | undefined;
  /** The job that ran when we asked; undefined as soon as it is over. */
  #jobBefore: string | undefined;
  #ownJob: string | undefined;

  constructor(http: UpstreamHttp, taskId: string) {
    this.#http = http;
    this.#taskId = taskId;
  }

  /** Before the submission: who is working now. Throws if the backend cannot be asked; nothing has been submitted then. */
  async begin(signal: AbortSignal): Promise<void> {
    const { state } = await this.#askGlobal(signal, true);
    this.#jobBefore = state.job_count === 0 ? undefined : markOf(state);
  }

  async ask(signal: AbortSignal): Promise<TaskState> {
    if (this.#tellsTasks) {
      const state = await this.askById(signal);
      if (state.kind !== 'unknown') return state;
    }
    const isSure = !this.#tellsTasks || ++this.#looksInVain > PATIENT_LOOKS;
    return isSure ? this.#judge(await this.#askGlobal(signal, false)) : { kind: 'unknown' };
  }

  /** By the task's id alone: `unknown`, too, where the backend does not tell of tasks. */
  async askById(signal: AbortSignal): Promise<TaskState> {
    const body = { id_task: this.#taskId, id_live_preview: this.#previewId, live_preview: true };
    try {
      const call = { method: 'POST', body, signal, timeoutMs: ASK_MS } as const;
      const told = await this.#http.json('internal/progress', TaskProgress, call);
      if (!told.active && !told.queued && !told.completed) return { kind: this.#wasKnown ? 'gone' : 'unknown' };
      this.#wasKnown = true;
      if (told.completed) return { kind: 'ended' };
      if (!told.active) return { kind: 'waiting', ...positionIn(told.textinfo ?? '') };
      if (told.live_preview) this.#previewId = told.id_live_preview ?? this.#previewId;
      const preview = told.live_preview ? imageFromBase64(told.live_preview) : undefined;
      return { kind: 'running', share: told.progress ?? 0, preview };
    } catch (thrown) {
      // A refusal: the route is not there. Anything else may be better the next time.
      const isMissing = isProviderError(thrown) && !thrown.retryable;
      if (!isMissing) throw thrown;
      this.#tellsTasks = false;
      return { kind: 'unknown' };
    }
  }

  /** Whether it tells of tasks by their ids, as far as is known. */
  get tellsTasks(): boolean {
    return this.#tellsTasks;
  }

  /** Whether nothing runs there, whoever asked for it. */
  async isIdle(signal: AbortSignal): Promise<boolean> {
    return (await this.#askGlobal(signal, true)).state.job_count === 0;
  }

  #askGlobal(signal: AbortSignal, skipsImage: boolean): Promise<GlobalProgress> {
    const path = `sdapi/v1/progress?skip_current_image=${skipsImage}`;
    return this.#http.json(path, GlobalProgress, { signal, timeoutMs: ASK_MS });
  }

  #judge({ progress, state, current_image }: GlobalProgress): TaskState {
    const mark = markOf(state);
    if (state.job_count === 0) {
      this.#jobBefore = undefined;
      if (this.#ownJob === undefined) return { kind: 'unknown' };
      return { kind: state.job_timestamp === NO_JOB_YET ? 'gone' : 'ended' };
    }
    if (this.#ownJob === undefined) {
      if (!state.job?.startsWith('scripts_') || mark === this.#jobBefore) return { kind: 'waiting' };
      this.#ownJob = mark;
    }
    if (mark !== this.#ownJob) return { kind: 'ended' };
    const isNew = typeof current_image === 'string' && current_image !== this.#lastPreview;
    if (isNew) this.#lastPreview = current_image;
    // Until the number of passes is known, what it says of the progress is left over from the job before.
    const share = state.job_count < 0 ? 0 : Math.max(0, progress - 0.01);
    return { kind: 'running', share, preview: isNew ? imageFromBase64(current_image) : undefined };
  }
}

/** Tells jobs apart: the time alone is of whole seconds. */
function markOf({ job, job_timestamp }: GlobalProgress['state']): string {
  return `${job} ${job_timestamp}`;
}

/** “In queue: 2/3”. */
function positionIn(textinfo: string): { readonly position?: number } {
  const place = /queue: (\d+)\/\d+/i.exec(textinfo)?.[1];
  return place === undefined ? {} : { position: Number(place) };
}
