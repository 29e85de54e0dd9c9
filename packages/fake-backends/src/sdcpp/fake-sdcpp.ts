import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Behaviour, FakeBackend, FakeOptions, Submission } from '../fake-backend.ts';
import { FakeListener } from '../fake-listener.ts';
import { answerGarbage, answerJson, readJson } from '../json-exchange.ts';
import { type GpuOrder, OneGpu } from '../one-gpu.ts';
import { StepGate } from '../step-gate.ts';
import { capabilitiesOf, ImgGenRequest, SAMPLERS } from './sdcpp-api.ts';
import { SdcppJob } from './sdcpp-job.ts';

/** What a fake sd-server can be told beside what every fake can. */
export interface FakeSdcppOptions extends FakeOptions {
  /** Whether it is a build with the native family `/sdcpp/v1`; default true. */
  readonly native?: boolean;
  /** Whether it is a build with previews; default true. */
  readonly previews?: boolean;
  /** Whether it is a build that can cancel what it is generating; default false. */
  readonly cancelsGenerating?: boolean;
}

/** A fake of stable-diffusion.cpp's `sd-server`. */
export interface FakeSdcpp extends FakeBackend {
  readonly kind: 'sdcpp';
  /** Ten minutes later: finished jobs are forgotten (410). */
  expire(): void;
  /** Somebody else's job of so many steps takes the next place in its queue. */
  queueForeignJob(steps: number): void;
}

const MAX_QUEUED = 64;

class SdcppServer implements FakeSdcpp {
  readonly kind = 'sdcpp';
  readonly submissions: Submission[] = [];
  readonly #options: FakeSdcppOptions;
  readonly steps: StepGate;
  readonly #gpu: OneGpu;
  readonly #plan: Behaviour[] = [];
  readonly #jobs = new Map<string, SdcppJob>();
  readonly #expired = new Set<string>();
  #listener: FakeListener | undefined;

  constructor(options: FakeSdcppOptions) {
    this.#options = options;
    this.steps = new StepGate(options);
    this.#gpu = new OneGpu(this.steps);
  }

  async start(): Promise<this> {
    this.#listener = await FakeListener.start((request, response) => {
      this.#route(request, response).catch(() => response.destroy());
    }, this.#options.port);
    return this;
  }

  get url(): string {
    return this.#listener?.url ?? '';
  }

  get alive(): number {
    return this.#gpu.alive;
  }

  get mostRunning(): number {
    return this.#gpu.mostRunning;
  }

  get connections(): number {
    return this.#listener?.connections ?? 0;
  }

  plan(...behaviours: readonly Behaviour[]): void {
    this.#plan.push(...behaviours);
  }

  release(): void {
    this.#gpu.release();
  }

  unplug(): void {
    this.#listener?.unplug();
  }

  async plugIn(): Promise<void> {
    await this.#listener?.plugIn();
  }

  async restart(): Promise<void> {
    this.unplug();
    this.#gpu.die();
    this.#jobs.clear();
    this.#expired.clear();
    await this.plugIn();
  }

  async close(): Promise<void> {
    this.#gpu.die();
    await this.#listener?.close();
  }

  expire(): void {
    for (const [id, job] of this.#jobs) {
      if (job.work.endedAt === undefined) continue;
      this.#jobs.delete(id);
      this.#expired.add(id);
    }
  }

  queueForeignJob(steps: number): void {
    this.#add(ImgGenRequest.parse({ prompt: 'somebody else’s', sample_params: { sample_steps: steps } }), {});
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://fake');
    const { native = true, previews = true, cancelsGenerating = false } = this.#options;
    const route = `${request.method} ${pathname}`;
    if (route === 'GET /v1/models')
      return answerJson(response, 200, { data: [{ id: 'sd-cpp-local', object: 'model', owned_by: 'local' }] });
    if (!native) return answerJson(response, 404, { error: 'not found' });
    if (route === 'GET /sdcpp/v1/capabilities')
      return answerJson(response, 200, capabilitiesOf({ previews, cancelsGenerating, maxQueued: MAX_QUEUED }));
    if (route === 'POST /sdcpp/v1/img_gen') return this.#submit(request, response);
    const [, id = '', action] = /^\/sdcpp\/v1\/jobs\/([^/]+)(\/cancel)?$/.exec(pathname) ?? [];
    const job = this.#jobs.get(id);
    if (job === undefined) {
      const isExpired = this.#expired.has(id);
      return answerJson(response, isExpired ? 410 : 404, { error: isExpired ? 'job expired' : 'job not found' });
    }
    if (action === '/cancel') return this.#cancel(job, response);
    return answerJson(response, 200, await job.describe(this.#gpu.waiting.indexOf(job.work) + 1));
  }

  async #submit(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request);
    const behaviour = this.#plan.shift() ?? { kind: 'normal' };
    if (behaviour.kind === 'garbage' || this.#refusal(behaviour) !== undefined) {
      this.submissions.push({ upstreamId: undefined, body });
      const refusal = this.#refusal(behaviour);
      if (refusal === undefined) return answerGarbage(response);
      return answerJson(response, refusal.status, { error: refusal.error }, refusal.headers);
    }
    const asked = ImgGenRequest.safeParse(body);
    const method = asked.data?.sample_params.sample_method;
    if (!asked.success || (method !== undefined && !SAMPLERS.includes(method))) {
      this.submissions.push({ upstreamId: undefined, body });
      return answerJson(response, 400, { error: 'invalid parameters' });
    }
    const job = this.#add(asked.data, this.#misbehaviour(behaviour));
    this.submissions.push({ upstreamId: job.id, body });
    const { id, kind, created } = job;
    answerJson(response, 202, { id, kind, status: 'queued', created, poll_url: `/sdcpp/v1/jobs/${id}` });
  }

  /** Who a submission is refused by: itself, its queue, or a proxy in front of it. */
  #refusal(behaviour: Behaviour) {
    if (behaviour.kind !== 'fails') return undefined;
    const { how, retryAfterS } = behaviour;
    const headers = retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) };
    if (how === 'rate-limit') return { status: 429, error: 'job queue is full', headers };
    if (how === 'invalid') return { status: 400, error: 'invalid JSON', headers };
    if (how === 'rejection') return { status: 401, error: 'unauthorized', headers };
    return undefined;
  }

  #misbehaviour(behaviour: Behaviour): Partial<GpuOrder> {
    if (behaviour.kind === 'fails') return { failsAfter: 1 };
    if (behaviour.kind === 'held') return { hold: 'in-queue' };
    if (behaviour.kind === 'silence') return { hold: 'for-good' };
    if (behaviour.kind === 'cut') return { onMiddle: () => this.#listener?.cutAll() };
    return {};
  }

  #add(asked: ImgGenRequest, misbehaviour: Partial<GpuOrder>): SdcppJob {
    const { prompt, seed, width, height } = asked;
    const edge = (length: number) => Math.min(length, this.#options.edge ?? length);
    const work = this.#gpu.submit({
      subject: { prompt, seed, width: edge(width), height: edge(height) },
      steps: asked.sample_params.sample_steps,
      ...misbehaviour,
    });
    const job = new SdcppJob({ work, asked, hasPreviews: this.#options.previews ?? true });
    this.#jobs.set(job.id, job);
    return job;
  }

  async #cancel(job: SdcppJob, response: ServerResponse): Promise<void> {
    if (job.status === 'generating' && this.#options.cancelsGenerating !== true)
      return answerJson(response, 409, { error: 'job is generating and cannot be interrupted' });
    if (job.status === 'generating') {
      this.#gpu.stop(job.work);
      await job.work.ended;
    }
    if (job.status === 'queued') this.#gpu.drop(job.work);
    answerJson(response, 200, await job.describe(0));
  }
}

/** Starts a fake of `sd-server`: a queue of jobs, one at a time, asked for by polling. */
export function startFakeSdcpp(options: FakeSdcppOptions = {}): Promise<FakeSdcpp> {
  return new SdcppServer(options).start();
}
