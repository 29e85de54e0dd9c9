import { randomBytes } from 'node:crypto';
import { paintPicture } from '../fake-picture.ts';
import type { GpuEnding, GpuWork } from '../one-gpu.ts';
import type { ImgGenRequest } from './sdcpp-api.ts';

const seconds = (ms: number | undefined) => (ms === undefined ? null : Math.floor(ms / 1_000));

/** One asynchronous job of `sd-server`, as `GET /sdcpp/v1/jobs/{id}` tells it. */
export class SdcppJob {
  readonly id = `job_${randomBytes(8).toString('hex')}`;
  readonly kind = 'img_gen';
  readonly created = seconds(Date.now());
  readonly work: GpuWork;
  readonly #asked: ImgGenRequest;
  readonly #hasPreviews: boolean;
  #ending: GpuEnding | undefined;

  constructor({
    work,
    asked,
    hasPreviews,
  }: {
    readonly work: GpuWork;
    readonly asked: ImgGenRequest;
    readonly hasPreviews: boolean;
  }) {
    this.work = work;
    this.#asked = asked;
    this.#hasPreviews = hasPreviews;
    work.ended.then((ending) => {
      this.#ending = ending;
    });
  }

  get status(): 'queued' | 'generating' | 'completed' | 'failed' | 'cancelled' {
    if (this.work.phase === 'waiting') return 'queued';
    if (this.#ending === undefined) return this.work.phase === 'ended' ? 'cancelled' : 'generating';
    return this.#ending === 'done' ? 'completed' : this.#ending === 'stopped' ? 'cancelled' : 'failed';
  }

  /** `place`: 1-based while queued, else 0. */
  async describe(place: number): Promise<unknown> {
    const { id, kind, created, status, work } = this;
    return {
      id,
      kind,
      status,
      created,
      started: seconds(work.startedAt),
      completed: seconds(work.endedAt),
      queue_position: place,
      result: status === 'completed' ? await this.#result() : null,
      error: errorOf(status),
      ...(this.#hasPreviews && { preview: status === 'generating' ? await this.#preview() : null }),
    };
  }

  async #result(): Promise<unknown> {
    const format = this.#asked.output_format;
    const bytes = await paintPicture(this.work.order.subject, format);
    return { output_format: format, images: [{ index: 0, b64_json: bytes.toString('base64') }] };
  }

  async #preview(): Promise<unknown> {
    const { preview, preview_interval: every } = this.#asked;
    const { step, order } = this.work;
    const shown = step - (step % every);
    if (preview === 'none' || shown === 0) return null;
    const shrunk = (edge: number) => Math.max(8, Math.round(edge / 8));
    const { subject, steps } = order;
    const size = { width: shrunk(subject.width), height: shrunk(subject.height) };
    const bytes = await paintPicture({ ...subject, ...size, share: shown / steps }, 'png');
    return { pass: 0, step: shown, total_steps: steps, b64_json: bytes.toString('base64') };
  }
}

function errorOf(status: string): unknown {
  if (status === 'cancelled') return { code: 'cancelled', message: 'job cancelled' };
  if (status === 'failed') return { code: 'generation_failed', message: 'generate_image returned no results' };
  return null;
}
