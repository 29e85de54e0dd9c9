import { type PictureSubject, paintPicture } from '../fake-picture.ts';
import type { GpuWork } from '../one-gpu.ts';
import type { TaskQuestion } from './forge-request.ts';

/** What one job looks like from outside. */
export interface ForgeTask {
  readonly id: string;
  /** `scripts_txt2img`, `scripts_img2img`, or a UI user's task id. */
  readonly job: string;
  /** Steps between two previews; −1 = none. */
  readonly previewEvery: number;
  readonly work: GpuWork;
}

const FINISHED_KEPT = 16;

/** `YYYYMMDDHHMMSS`, as `state.job_timestamp` has it. */
const timestamp = (now: Date) => now.toISOString().replace(/\D/g, '').slice(0, 14);

/** What A1111 and Forge keep in their process: `modules/shared_state.py` and `modules/progress.py`. */
export class ForgeState {
  readonly pending: string[] = [];
  readonly #finished: string[] = [];
  /** The task that progress is told of; an exception leaves it here until another one begins. */
  #currentId: string | undefined;
  #running: ForgeTask | undefined;
  #interrupted = false;
  #timestamp = '0';
  #samplingSteps = 0;
  #preview: { readonly id: number; readonly step: number; readonly bytes: Buffer | undefined } = {
    id: 0,
    step: 0,
    bytes: undefined,
  };

  get running(): ForgeTask | undefined {
    return this.#running;
  }

  register(id: string): void {
    this.pending.push(id);
  }

  /** The lock is taken: the flags of the last job are gone. */
  begin(task: ForgeTask): void {
    this.#forgetPending(task.id);
    this.#currentId = task.id;
    this.#running = task;
    this.#interrupted = false;
    this.#timestamp = timestamp(new Date());
    this.#preview = { id: 0, step: 0, bytes: undefined };
  }

  /** The lock is given back. */
  end(id: string, how: 'finished' | 'exception'): void {
    if (this.#running?.id === id) this.#running = undefined;
    if (how === 'exception') return;
    if (this.#currentId === id) this.#currentId = undefined;
    this.#finished.push(id);
    if (this.#finished.length > FINISHED_KEPT) this.#finished.shift();
  }

  interrupt(): void {
    this.#interrupted = true;
  }

  /** `GET /sdapi/v1/progress`: of whatever runs. */
  async progress(skipImage: boolean, subject: (work: GpuWork) => PictureSubject): Promise<unknown> {
    const work = this.#running?.work;
    if (work !== undefined && work.step > 0) this.#samplingSteps = work.order.steps;
    const jobCount = work === undefined ? 0 : work.step === 0 ? -1 : 1;
    const share = this.#samplingSteps === 0 ? 0 : (work?.step ?? 0) / this.#samplingSteps;
    const preview = skipImage ? undefined : await this.#currentPreview(subject);
    return {
      progress: jobCount === 0 ? 0 : Math.min(1, 0.01 + share / jobCount),
      eta_relative: jobCount === 0 ? 0 : 1.5,
      state: {
        skipped: false,
        interrupted: this.#interrupted,
        stopping_generation: false,
        job: this.#running?.job ?? '',
        job_count: jobCount,
        job_timestamp: this.#timestamp,
        job_no: 0,
        sampling_step: work?.step ?? 0,
        sampling_steps: this.#samplingSteps,
      },
      current_image: preview?.toString('base64') ?? null,
      textinfo: null,
      current_task: null,
    };
  }

  /** `POST /internal/progress`: of one task. */
  async taskProgress(question: TaskQuestion, subject: (work: GpuWork) => PictureSubject): Promise<unknown> {
    const id = question.id_task ?? undefined;
    const active = id === this.#currentId;
    const place = this.pending.indexOf(id ?? '');
    const flags = { active, queued: place >= 0, completed: this.#finished.includes(id ?? '') };
    if (!active) {
      const textinfo = place >= 0 ? `In queue: ${place + 1}/${this.pending.length}` : 'Waiting...';
      return { ...flags, progress: null, eta: null, live_preview: null, id_live_preview: -1, textinfo };
    }
    const work = this.#running?.work;
    const bytes = question.live_preview ? await this.#currentPreview(subject) : undefined;
    const isNew = bytes !== undefined && this.#preview.id !== question.id_live_preview;
    return {
      ...flags,
      progress: work === undefined ? 0 : work.step / work.order.steps,
      eta: null,
      live_preview: isNew ? `data:image/png;base64,${bytes.toString('base64')}` : null,
      id_live_preview: this.#preview.id,
      textinfo: null,
    };
  }

  #forgetPending(id: string): void {
    const place = this.pending.indexOf(id);
    if (place >= 0) this.pending.splice(place, 1);
  }

  /** A preview is made when it is asked for, and only every so many steps. */
  async #currentPreview(subject: (work: GpuWork) => PictureSubject): Promise<Buffer | undefined> {
    const task = this.#running;
    if (task === undefined || task.previewEvery < 0) return undefined;
    const { step, order } = task.work;
    if (step - this.#preview.step < task.previewEvery) return this.#preview.bytes;
    const id = this.#preview.id + 1;
    this.#preview = { ...this.#preview, step };
    const bytes = await paintPicture({ ...subject(task.work), share: step / order.steps }, 'png');
    if (this.#running === task) this.#preview = { id, step, bytes };
    return bytes;
  }
}
