import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Behaviour, FakeBackend, FakeOptions, Submission, WorkRecord } from '../fake-backend.ts';
import { FakeListener } from '../fake-listener.ts';
import { type PictureFormat, type PictureSubject, paintPicture } from '../fake-picture.ts';
import { answerGarbage, answerJson, readJson } from '../json-exchange.ts';
import { type GpuEnding, type GpuOrder, type GpuWork, OneGpu } from '../one-gpu.ts';
import { StepGate } from '../step-gate.ts';
import {
  crashBody,
  type ForgeFlavour,
  GenerationRequest,
  refusalBody,
  TaskQuestion,
  validationDetail,
} from './forge-request.ts';
import { ForgeState } from './forge-state.ts';

/** What a fake Forge can be told beside what every fake can. */
export interface FakeForgeOptions extends FakeOptions {
  /** Whose error bodies it answers with; default `forge`. */
  readonly flavour?: ForgeFlavour;
  /** Whether the UI runs, and `/internal/*` with it; default true (false = `--nowebui`). */
  readonly webui?: boolean;
  /** Whether it heeds `force_task_id`; default true (false = A1111 before 1.8). */
  readonly taskIds?: boolean;
  /** Whether it was started with `--api`; default true. */
  readonly api?: boolean;
  /** `--api-auth`, as `user:password`; default none. */
  readonly auth?: string;
  /** `--subpath`, as `/x`; default none. */
  readonly subpath?: string;
  /** Option `samples_format`; default `png`. */
  readonly samplesFormat?: 'png' | 'jpg' | 'webp';
  /** Option `live_previews_enable`; default true. */
  readonly livePreviews?: boolean;
}

/** A fake of Forge or AUTOMATIC1111. */
export interface FakeForge extends FakeBackend {
  readonly kind: 'forge';
  /** Times that `POST /sdapi/v1/interrupt` was called. */
  readonly interrupts: number;
  /** Every picture it was to make, in order of submission. */
  readonly works: readonly WorkRecord[];
  /** A user of its web page begins a picture of so many steps. Resolves when it is done. */
  useByHand(steps: number): Promise<void>;
  /** A user of its web page presses “Interrupt”. */
  interruptByHand(): void;
  /** A proxy in front of it gives up on every answer that is still to come (504). */
  giveUpAsProxy(): void;
}

const MODELS = ['dreamshaper_8.safetensors [879db523c3]', 'flux1-dev-bnb-nf4-v2.safetensors [f0770152ce]'];
const SAMPLERS = ['DPM++ 2M', 'Euler a', 'Euler', 'DDIM'];
const SCHEDULERS = [
  { name: 'automatic', label: 'Automatic' },
  { name: 'karras', label: 'Karras' },
  { name: 'sgm_uniform', label: 'SGM Uniform' },
];
const FORMATS: Readonly<Record<string, PictureFormat>> = { png: 'png', jpg: 'jpeg', webp: 'webp' };
const OUT_OF_MEMORY = 'CUDA out of memory. Tried to allocate 20.00 GiB. File "/opt/forge/modules/processing.py"';
const CRASH = 'CUDA error: an illegal memory access was encountered. File "/opt/forge/modules/processing.py"';
const PREVIEW_SHRINKS = 8;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

class ForgeServer implements FakeForge {
  readonly kind = 'forge';
  readonly submissions: Submission[] = [];
  interrupts = 0;
  readonly #options: FakeForgeOptions;
  readonly steps: StepGate;
  readonly #gpu: OneGpu;
  readonly #plan: Behaviour[] = [];
  /** Answers to requests for a picture that are still to come. */
  readonly #unanswered = new Set<ServerResponse>();
  #state = new ForgeState();
  #listener: FakeListener | undefined;

  constructor(options: FakeForgeOptions) {
    this.#options = options;
    this.steps = new StepGate(options);
    this.#gpu = new OneGpu(this.steps);
  }

  async start(): Promise<this> {
    this.#listener = await FakeListener.start((request, response) => {
      const url = new URL(request.url ?? '/', 'http://fake');
      this.#route({ request, response, url }).catch(() => response.destroy());
    }, this.#options.port);
    return this;
  }

  get url(): string {
    return `${this.#listener?.url ?? ''}${this.#options.subpath ?? ''}`;
  }

  get alive(): number {
    return this.#gpu.alive;
  }

  get mostRunning(): number {
    return this.#gpu.mostRunning;
  }

  get works(): readonly WorkRecord[] {
    return this.#gpu.journal;
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
    this.#state = new ForgeState();
    await this.plugIn();
  }

  async close(): Promise<void> {
    this.#gpu.die();
    await this.#listener?.close();
  }

  async useByHand(steps: number): Promise<void> {
    const id = `task(${randomUUID().slice(0, 15)})`;
    const subject = { prompt: 'somebody else’s', seed: 1, width: 512, height: 512 };
    await this.#make({ id, job: id, previewEvery: 10 }, { subject, steps });
  }

  interruptByHand(): void {
    this.#state.interrupt();
    const running = this.#state.running;
    if (running !== undefined) this.#gpu.stop(running.work);
  }

  giveUpAsProxy(): void {
    for (const response of this.#unanswered) answerJson(response, 504, { error: 'Gateway Timeout' });
  }

  async #route(exchange: Exchange): Promise<void> {
    const { request, response, url } = exchange;
    const { subpath = '', api = true, webui = true } = this.#options;
    const path = url.pathname.startsWith(`${subpath}/`) ? url.pathname.slice(subpath.length) : '';
    const route = `${request.method} ${path}`;
    if (path.startsWith('/internal/') && webui) return this.#routeInternal(route, exchange);
    if (!path.startsWith('/sdapi/') || !api) return this.#refuse(response, 404, 'Not Found');
    if (!this.#isAllowed(request)) {
      const missing = request.headers.authorization === undefined;
      return this.#refuse(response, 401, missing ? 'Not authenticated' : 'Incorrect username or password');
    }
    if (route === 'POST /sdapi/v1/txt2img') return this.#generate('txt2img', exchange);
    if (route === 'POST /sdapi/v1/img2img') return this.#generate('img2img', exchange);
    if (route === 'POST /sdapi/v1/interrupt') {
      this.interrupts += 1;
      this.interruptByHand();
      return answerJson(response, 200, {});
    }
    if (route === 'GET /sdapi/v1/progress') {
      const skip = url.searchParams.get('skip_current_image') === 'true';
      return answerJson(response, 200, await this.#state.progress(skip, this.#previewOf));
    }
    const list = this.#lists()[route];
    return list === undefined ? this.#refuse(response, 404, 'Not Found') : answerJson(response, 200, list);
  }

  async #routeInternal(route: string, { request, response }: Exchange): Promise<void> {
    if (route === 'GET /internal/pending-tasks')
      return answerJson(response, 200, { size: this.#state.pending.length, tasks: this.#state.pending });
    if (route !== 'POST /internal/progress') return this.#refuse(response, 404, 'Not Found');
    const question = TaskQuestion.safeParse(await readJson(request));
    if (!question.success) return answerJson(response, 422, { detail: validationDetail(question.error) });
    return answerJson(response, 200, await this.#state.taskProgress(question.data, this.#previewOf));
  }

  #lists(): Readonly<Record<string, unknown>> {
    const models = MODELS.map((title) => ({
      title,
      model_name: title.split('.')[0],
      hash: title.slice(-11, -1),
      sha256: null,
      filename: `/opt/forge/models/${title}`,
      config: null,
    }));
    return {
      'GET /sdapi/v1/options': {
        samples_format: this.#options.samplesFormat ?? 'png',
        live_previews_enable: this.#options.livePreviews ?? true,
        sd_model_checkpoint: MODELS[0],
      },
      'GET /sdapi/v1/sd-models': models,
      'GET /sdapi/v1/samplers': SAMPLERS.map((name) => ({ name, aliases: [], options: {} })),
      'GET /sdapi/v1/schedulers': SCHEDULERS.map((scheduler) => ({
        ...scheduler,
        aliases: null,
        default_rho: -1,
        need_inner_model: false,
      })),
    };
  }

  #isAllowed({ headers }: IncomingMessage): boolean {
    const { auth } = this.#options;
    return auth === undefined || headers.authorization === `Basic ${Buffer.from(auth).toString('base64')}`;
  }

  async #generate(mode: 'txt2img' | 'img2img', { request, response }: Exchange): Promise<void> {
    const body = await readJson(request);
    this.submissions.push({ upstreamId: undefined, body });
    const behaviour = this.#plan.shift() ?? { kind: 'normal' };
    if (behaviour.kind === 'garbage') return answerGarbage(response);
    if (behaviour.kind === 'fails' && this.#refusesAtOnce(response, behaviour)) return;
    const parsed = GenerationRequest.safeParse(body);
    if (!parsed.success) return answerJson(response, 422, { detail: validationDetail(parsed.error) });
    const asked = parsed.data;
    if (mode === 'img2img' && this.#refusesInput(response, asked)) return;
    this.#unanswered.add(response);
    await this.#answerWithPicture(response, { mode, asked, behaviour });
    this.#unanswered.delete(response);
  }

  /** Rate limits are a proxy's in front of it; everything else is its own. */
  #refusesAtOnce(response: ServerResponse, behaviour: Extract<Behaviour, { kind: 'fails' }>): boolean {
    const { how, retryAfterS } = behaviour;
    const pause = retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) };
    if (how === 'rate-limit') answerJson(response, 429, { detail: 'Too Many Requests' }, pause);
    else if (how === 'rejection') this.#refuse(response, 401, 'Incorrect username or password');
    else if (how === 'invalid') {
      const detail = [{ loc: ['body', 'steps'], msg: 'value is not a valid integer', type: 'type_error.integer' }];
      answerJson(response, 422, { detail });
    } else return false;
    return true;
  }

  #refusesInput(response: ServerResponse, { init_images }: GenerationRequest): boolean {
    const first = init_images?.[0];
    if (first === undefined) this.#refuse(response, 404, 'Init image not found');
    else if (!Buffer.from(first, 'base64').subarray(1, 4).equals(Buffer.from('PNG')))
      this.#refuse(response, 500, 'Invalid encoded image');
    else return false;
    return true;
  }

  async #answerWithPicture(
    response: ServerResponse,
    {
      mode,
      asked,
      behaviour,
    }: {
      readonly mode: string;
      readonly asked: GenerationRequest;
      readonly behaviour: Behaviour;
    },
  ): Promise<void> {
    const isHeeded = this.#options.taskIds ?? true;
    const id = (isHeeded ? asked.force_task_id : undefined) ?? `task(${mode}-${randomUUID().slice(0, 7)})`;
    const state = this.#state;
    const checkpoint = asked.override_settings?.['sd_model_checkpoint'];
    if (typeof checkpoint === 'string' && !MODELS.includes(checkpoint)) {
      // The processing object fails before its turn: the id stays among the pending for good.
      state.register(id);
      return answerJson(response, 500, crashBody(this.#flavour, 'RuntimeError', `model '${checkpoint}' not found`));
    }
    const every = asked.override_settings?.['show_progress_every_n_steps'];
    const subject = { prompt: asked.prompt, seed: asked.seed, width: asked.width, height: asked.height };
    const { ending, step } = await this.#make(
      { id, job: `scripts_${mode}`, previewEvery: typeof every === 'number' ? every : 10 },
      { subject, steps: asked.steps, ...this.#misbehaviour(behaviour) },
    );
    if (ending === 'lost') return;
    if (ending === 'failed') {
      const isMemory = behaviour.kind === 'fails' && behaviour.how === 'out-of-memory';
      const [error, message] = isMemory ? ['OutOfMemoryError', OUT_OF_MEMORY] : ['RuntimeError', CRASH];
      return answerJson(response, 500, crashBody(this.#flavour, error, message));
    }
    const images = step === 0 || !asked.send_images ? [] : [await this.#picture(subject, step / asked.steps)];
    const info = JSON.stringify({ prompt: asked.prompt, seed: asked.seed, index_of_first_image: 0 });
    answerJson(response, 200, { images, parameters: asked, info });
  }

  async #make(
    { id, job, previewEvery }: { readonly id: string; readonly job: string; readonly previewEvery: number },
    order: GpuOrder,
  ): Promise<{ readonly ending: GpuEnding; readonly step: number }> {
    const state = this.#state;
    const every = (this.#options.livePreviews ?? true) ? previewEvery : -1;
    state.register(id);
    const work = this.#gpu.submit({
      ...order,
      onBegin: (begun) => state.begin({ id, job, previewEvery: every, work: begun }),
    });
    const ending = await work.ended;
    state.end(id, ending === 'failed' ? 'exception' : 'finished');
    return { ending, step: work.step };
  }

  #misbehaviour(behaviour: Behaviour): Partial<GpuOrder> {
    if (behaviour.kind === 'fails') return { failsAfter: 1 };
    if (behaviour.kind === 'held') return { hold: 'before-first-step' };
    if (behaviour.kind === 'silence') return { hold: 'for-good' };
    if (behaviour.kind === 'cut') return { onMiddle: () => this.#listener?.cutAll() };
    return {};
  }

  readonly #previewOf = ({ order: { subject } }: GpuWork): PictureSubject => {
    const shrunk = (edge: number) => Math.max(8, Math.round(edge / PREVIEW_SHRINKS));
    return { ...subject, width: this.#edge(shrunk(subject.width)), height: this.#edge(shrunk(subject.height)) };
  };

  async #picture(subject: PictureSubject, share: number): Promise<string> {
    const sized = { ...subject, width: this.#edge(subject.width), height: this.#edge(subject.height), share };
    const bytes = await paintPicture(sized, FORMATS[this.#options.samplesFormat ?? 'png'] ?? 'png');
    return bytes.toString('base64');
  }

  #edge(asked: number): number {
    return Math.min(asked, this.#options.edge ?? asked);
  }

  get #flavour(): ForgeFlavour {
    return this.#options.flavour ?? 'forge';
  }

  #refuse(response: ServerResponse, status: number, detail: string): void {
    answerJson(response, status, refusalBody(this.#flavour, detail));
  }
}

/** Starts a fake of Forge (or A1111): one lock, blocking generation, progress by polling, an interrupt flag. */
export function startFakeForge(options: FakeForgeOptions = {}): Promise<FakeForge> {
  return new ForgeServer(options).start();
}
