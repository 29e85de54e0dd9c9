import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import type { Behaviour, FakeBackend, FakeOptions, Submission, WorkRecord } from '../fake-backend.ts';
import { FakeListener } from '../fake-listener.ts';
import { answerGarbage, answerJson, readJson } from '../json-exchange.ts';
import { StepGate } from '../step-gate.ts';
import { ComfyFiles } from './comfy-files.ts';
import { type ComfyDialect, describeClass, Graph, nodeClasses } from './comfy-nodes.ts';
import type { ComfyPrompt, ComfyQuirk } from './comfy-prompt.ts';
import { ComfyQueue } from './comfy-queue.ts';
import { ComfySockets, isForeignOrigin } from './comfy-sockets.ts';
import { comfyError, type NodeErrors, validateGraph } from './comfy-validation.ts';

/** How a fake ComfyUI is started. */
export interface FakeComfyuiOptions extends FakeOptions {
  /** `2026` (default) has `/api/jobs`, wants UUIDs as prompt ids, and heeds `preview_method` of a prompt; `0.3` has none of it. */
  readonly dialect?: ComfyDialect;
  /** `--preview-method`; default `none`, as the real one's. */
  readonly previewMethod?: 'none' | 'auto';
  /** It gives work an id of its own, whatever is asked for, as before mid-2025. */
  readonly choosesIds?: boolean;
  /** Checkpoints that are installed. */
  readonly checkpoints?: readonly string[];
}

const PromptBody = z.looseObject({
  prompt: Graph.optional(),
  prompt_id: z.string().optional(),
  client_id: z.string().optional(),
  front: z.boolean().optional(),
  number: z.number().optional(),
  extra_data: z.record(z.string(), z.unknown()).optional(),
});
type PromptBody = z.infer<typeof PromptBody>;

const IdsBody = z.object({
  delete: z.array(z.string()).optional(),
  clear: z.boolean().optional(),
  prompt_id: z.string().optional(),
});

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A graph that somebody else runs: two nodes that need no model. */
const neighboursGraph = (steps: number): Graph => ({
  '1': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'neighbour.safetensors' } },
  '3': { class_type: 'KSampler', inputs: { seed: Math.floor(Math.random() * 1e9), steps, model: ['1', 0] } },
  '9': { class_type: 'SaveImage', inputs: { filename_prefix: 'neighbour', images: ['3', 0] } },
});

type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => unknown;

/** ComfyUI as it is met over HTTP and WebSocket: queue, history, events in the recorded order, files; no model. */
export class FakeComfyui implements FakeBackend {
  readonly kind = 'comfyui';
  readonly submissions: Submission[] = [];
  /** `refuses`, `negotiates`, `cut()`, and the ids that connected. */
  readonly sockets: ComfySockets;
  /** Uploads and results; they outlive a restart. */
  readonly files = new ComfyFiles();
  readonly steps: StepGate;
  /** Every HTTP request so far, as “METHOD path”. */
  readonly requests: string[] = [];
  readonly #options: FakeComfyuiOptions;
  readonly #dialect: ComfyDialect;
  readonly #queue: ComfyQueue;
  #listener: FakeListener | undefined;
  #plans: Behaviour[] = [];
  #quirks: ComfyQuirk[] = [];

  constructor(options: FakeComfyuiOptions) {
    this.#options = options;
    this.#dialect = options.dialect ?? '2026';
    this.steps = new StepGate(options);
    this.sockets = new ComfySockets((sid) => this.#greeting(sid));
    this.#queue = new ComfyQueue({
      sockets: this.sockets,
      dialect: this.#dialect,
      edge: options.edge,
      steps: this.steps,
      classes: () => this.#classes(),
      previews: () => options.previewMethod === 'auto',
      save: (prompt, node, picture) => this.files.save(prompt, node, picture),
      onMiddle: ({ behaviour }) => behaviour.kind === 'cut' && this.#net.cutAll(),
    });
  }

  async start(): Promise<this> {
    this.#listener = await FakeListener.start(
      (request, response) => this.#answer(request, response),
      this.#options.port,
    );
    this.sockets.attach(this.#listener.server);
    return this;
  }

  get #net(): FakeListener {
    if (this.#listener === undefined) throw new Error('the fake has not been started');
    return this.#listener;
  }

  get url(): string {
    return this.#net.url;
  }

  get alive(): number {
    return this.#queue.alive;
  }

  get mostRunning(): number {
    return this.#queue.mostRunning;
  }

  /** Every prompt it was given, in order of submission. */
  get works(): readonly WorkRecord[] {
    return this.#queue.journal;
  }

  get connections(): number {
    return this.#net.connections;
  }

  plan(...behaviours: readonly Behaviour[]): void {
    this.#plans.push(...behaviours);
  }

  /** Oddities of the next submissions, one each, in order. */
  quirk(...quirks: readonly ComfyQuirk[]): void {
    this.#quirks.push(...quirks);
  }

  /** Queues work of somebody who gave no client id: its progress and previews reach every socket. Its id. */
  enqueueNeighbour({ steps = 8, front = false }: { steps?: number; front?: boolean } = {}): string {
    const id = randomUUID();
    this.#put({ prompt: neighboursGraph(steps), prompt_id: id, front }, ['9'], { kind: 'normal' });
    return id;
  }

  /** Somebody else stops whatever runs. */
  interruptByHand(): void {
    this.#queue.interrupt();
  }

  /** Somebody else removes waiting work. */
  deleteByHand(id: string): void {
    this.#queue.delete([id]);
  }

  release(): void {
    this.#queue.release();
  }

  unplug(): void {
    this.#net.unplug();
  }

  plugIn(): Promise<void> {
    return this.#net.plugIn();
  }

  async restart(): Promise<void> {
    this.#queue.die();
    this.files.wipeTemp();
    this.unplug();
    await this.plugIn();
  }

  async close(): Promise<void> {
    this.#queue.die();
    this.sockets.close();
    await this.#net.close();
  }

  #classes() {
    const checkpoints = this.#options.checkpoints ?? ['v1-5-pruned-emaonly.safetensors', 'dreamshaper_8.safetensors'];
    return nodeClasses({ checkpoints, inputImages: () => this.files.inputNames() });
  }

  /** A socket begins with the queue's length and its id; the owner of what runs hears the node too, without its prompt's id. */
  #greeting(sid: string) {
    const node = this.#queue.nodeOf(sid);
    const status = { type: 'status', data: { ...this.#queue.remaining, sid } };
    return node === undefined ? [status] : [status, { type: 'executing', data: { node } }];
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://fake');
    const path = url.pathname.replace(/^\/api(?=\/(?!jobs))/, '');
    this.requests.push(`${request.method} ${path}`);
    if (isForeignOrigin(request)) return answerText(response, 403, '');
    const [name, id] = [path.split('/').slice(0, 2).join('/'), path.split('/')[2]];
    const route = path.startsWith('/api/jobs') ? this.#jobs : this.#routes[`${request.method} ${name}`];
    if (route === undefined) return answerText(response, 404, '404: Not Found');
    if (id !== undefined) url.searchParams.set('id', id);
    Promise.resolve(route(request, response, url)).catch((error: unknown) => {
      if (!response.headersSent) answerText(response, 500, '500 Internal Server Error');
      if (!request.destroyed) console.error('fake comfyui:', error);
    });
  }

  readonly #routes: Readonly<Record<string, Route>> = {
    'POST /prompt': (request, response) => this.#submit(request, response),
    'GET /prompt': (_, response) => answerJson(response, 200, { exec_info: { queue_remaining: this.alive } }),
    'GET /queue': (_, response) => answerJson(response, 200, this.#queue.describe()),
    'POST /queue': async (request, response) => {
      this.#queue.delete((await readIds(request)).delete ?? []);
      answerText(response, 200, '');
    },
    'POST /interrupt': async (request, response) => {
      this.#queue.interrupt((await readIds(request)).prompt_id);
      answerText(response, 200, '');
    },
    'GET /history': (_, response, url) => {
      const id = url.searchParams.get('id');
      answerJson(response, 200, id === null ? this.#queue.wholeHistory() : this.#queue.historyOf(id));
    },
    'POST /history': async (request, response) => {
      const ids = await readIds(request);
      this.#queue.forget(ids.clear ? undefined : (ids.delete ?? []));
      answerText(response, 200, '');
    },
    'GET /view': (_, response, url) => this.#view(response, url.searchParams),
    'POST /upload': async (request, response) => {
      const kept = await this.files.upload(request);
      return kept === undefined ? answerText(response, 400, '') : answerJson(response, 200, kept);
    },
    'GET /object_info': (_, response, url) => this.#objectInfo(response, url.searchParams.get('id')),
    'GET /system_stats': (_, response) => answerJson(response, 200, this.#stats()),
    'GET /features': (_, response) => answerJson(response, 200, { supports_preview_metadata: true }),
    'POST /free': (_, response) => answerText(response, 200, ''),
  };

  /** `/api/jobs/{id}` and its `/cancel`, of 2026. */
  readonly #jobs: Route = (request, response, url) => {
    if (this.#dialect !== '2026') return answerText(response, 404, '404: Not Found');
    const [id = '', verb] = url.pathname.split('/').slice(3);
    if (verb === 'cancel' && request.method === 'POST')
      return answerJson(response, 200, { cancelled: this.#queue.cancel(id) });
    const status = this.#queue.statusOf(id);
    if (status === undefined || verb !== undefined) return answerJson(response, 404, { error: 'Job not found' });
    return answerJson(response, 200, { id, status });
  };

  async #submit(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const json = await readJson(request);
    const behaviour = this.#plans.shift() ?? { kind: 'normal' };
    const quirk = this.#quirks.shift();
    const body = PromptBody.safeParse(json);
    const upstreamId = body.success ? body.data.prompt_id : undefined;
    this.submissions.push({ upstreamId, body: json });
    if (quirk === 'lost-request') return void request.socket.resetAndDestroy();
    if (behaviour.kind === 'garbage') return answerGarbage(response);
    if (behaviour.kind === 'fails' && behaviour.how !== 'out-of-memory') return this.#refuse(response, behaviour);
    if (!body.success) return answerText(response, 500, '500 Internal Server Error');
    this.#queueBody(body.data, { behaviour, quirk }, response);
  }

  #queueBody(
    body: PromptBody,
    { behaviour, quirk }: { behaviour: Behaviour; quirk: ComfyQuirk | undefined },
    response: ServerResponse,
  ): void {
    const refuse = (type: string, message: string, node_errors: NodeErrors = {}) =>
      answerJson(response, 400, { error: comfyError(type, message), node_errors });
    if (body.prompt === undefined) return refuse('no_prompt', 'No prompt provided');
    if (this.#dialect === '2026' && body.prompt_id !== undefined && !UUID.test(body.prompt_id))
      return refuse('invalid_prompt_id', 'prompt_id must be a lower-case UUID');
    const verdict = validateGraph(body.prompt, this.#classes(), this.#dialect);
    if (!verdict.ok) return answerJson(response, 400, { error: verdict.error, node_errors: verdict.node_errors });
    const { id, number } = this.#put(body, verdict.outputs, behaviour, quirk);
    if (quirk === 'lost-answer') return void response.socket?.resetAndDestroy();
    answerJson(response, 200, { prompt_id: id, number, node_errors: verdict.node_errors });
  }

  #put(body: PromptBody, outputs: readonly string[], behaviour: Behaviour, quirk?: ComfyQuirk): ComfyPrompt {
    const owner = body.client_id;
    const prompt: ComfyPrompt = {
      number: body.number ?? this.#queue.takeNumber(body.front === true),
      id: (this.#options.choosesIds ? undefined : body.prompt_id) ?? randomUUID(),
      graph: body.prompt ?? {},
      extraData: { ...body.extra_data, ...(owner !== undefined && { client_id: owner }), create_time: Date.now() },
      outputs,
      owner,
      behaviour,
      quirk,
      held: behaviour.kind === 'held',
    };
    this.#queue.put(prompt);
    return prompt;
  }

  /** What ComfyUI, or the proxy in front of it, says to work that it does not take. */
  #refuse(response: ServerResponse, { how, retryAfterS }: Extract<Behaviour, { kind: 'fails' }>): void {
    if (how === 'server-error')
      return answerText(response, 500, '500 Internal Server Error\n\nServer got itself in trouble');
    if (how === 'rate-limit')
      return answerText(response, 429, 'slow down', { 'retry-after': String(retryAfterS ?? 1) });
    if (how === 'rejection') return answerText(response, 403, '403: Forbidden');
    const wrong = comfyError('value_not_in_list', 'Value not in list', "sampler_name: 'x' not in ['euler']", {
      input_name: 'sampler_name',
      input_config: {},
      received_value: 'x',
    });
    const error = comfyError('prompt_outputs_failed_validation', 'Prompt outputs failed validation');
    const node_errors = { '3': { errors: [wrong], dependent_outputs: ['9'], class_type: 'KSampler' } };
    return answerJson(response, 400, { error, node_errors });
  }

  #view(response: ServerResponse, params: URLSearchParams): void {
    const filename = params.get('filename') ?? '';
    const type = params.get('type') ?? 'output';
    if (!['output', 'temp', 'input'].includes(type) || filename.includes('..')) return answerText(response, 400, '');
    const bytes = this.files.read({ filename, subfolder: params.get('subfolder') ?? '', type });
    if (bytes === undefined) return answerText(response, 404, '');
    response.writeHead(200, { 'content-type': 'image/png', 'content-disposition': `filename="${filename}"` });
    response.end(bytes);
  }

  #objectInfo(response: ServerResponse, name: string | null): void {
    const entries = [...this.#classes()].filter(([known]) => name === null || known === name);
    const info = entries.map(([known, found]) => [known, describeClass(known, found, this.#dialect)]);
    answerJson(response, 200, Object.fromEntries(info));
  }

  #stats(): object {
    const comfyui_version = this.#dialect === '2026' ? '0.9.2' : '0.3.64';
    const memory = { vram_total: 25e9, vram_free: 20e9, torch_vram_total: 1e9, torch_vram_free: 1e9 };
    return {
      system: {
        os: 'posix',
        ram_total: 64e9,
        ram_free: 32e9,
        comfyui_version,
        python_version: '3.12',
        argv: ['main.py'],
      },
      devices: [{ name: 'cuda:0 Fake', type: 'cuda', index: 0, ...memory }],
    };
  }
}

async function readIds(request: IncomingMessage): Promise<z.infer<typeof IdsBody>> {
  const parsed = IdsBody.safeParse(await readJson(request));
  return parsed.success ? parsed.data : {};
}

function answerText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers });
  response.end(text);
}

/** Starts a fake ComfyUI. */
export const startFakeComfyui = (options: FakeComfyuiOptions = {}): Promise<FakeComfyui> =>
  new FakeComfyui(options).start();
