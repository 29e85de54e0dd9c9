import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import { Deadlines } from '../deadlines.ts';
import type { Behaviour, FakeBackend, FakeOptions, Submission } from '../fake-backend.ts';
import { FakeListener } from '../fake-listener.ts';
import { type PictureFormat, paintPicture } from '../fake-picture.ts';
import { HostedRunners, type HostedWork } from '../hosted-runners.ts';
import { answerGarbage, answerJson, readJson } from '../json-exchange.ts';
import { StepGate } from '../step-gate.ts';
import {
  describeVersion,
  type InputProperties,
  inputProblem,
  ModelInput,
  SDXL_INPUT,
  VERSION,
} from './replicate-model.ts';

/** A fake of Replicate's HTTP API; its base is `{url}/v1`. The model's name does not matter, unless it is `nobody/nothing`. */
export interface FakeReplicate extends FakeBackend {
  /** The fields that its model takes; may be changed at any time. */
  inputProperties: InputProperties;
  /** Whether its model prints how far it is; default true. */
  printsProgress: boolean;
  /** What a succeeded prediction's `output` is made of its picture's address; default an array of it. */
  outputOf: (url: string, picture: Buffer) => unknown;
  /** The hour is over: inputs, outputs, logs and files of everything that has ended are deleted. */
  expireResults(): void;
  /** The `Cancel-After` of everything that has not ended is over. */
  passDeadlines(): void;
  /** Headers of each prediction's creation, in order. */
  readonly creationHeaders: readonly IncomingMessage['headers'][];
  /** Requests so far, as `GET /v1/predictions/…`. */
  readonly requests: readonly string[];
}

const Creation = z.object({ version: z.optional(z.string()), input: z.unknown() });
const DURATION = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;
/** Only its models can be run by their name. */
const OFFICIAL = 'black-forest-labs';
const FORMATS = { webp: 'webp', jpg: 'jpeg', png: 'png' } as const;

const FAILURES: Readonly<Record<string, string>> = {
  rejection: 'NSFW content detected. Try running it again, or try a different prompt.',
  'out-of-memory': 'CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 39.39 GiB total capacity)',
};

class FakeReplicateServer implements FakeReplicate {
  readonly kind = 'replicate';
  readonly submissions: Submission[] = [];
  readonly creationHeaders: IncomingMessage['headers'][] = [];
  readonly requests: string[] = [];
  inputProperties: InputProperties = SDXL_INPUT;
  printsProgress = true;
  outputOf: FakeReplicate['outputOf'] = (url) => [url];
  readonly #planned: Behaviour[] = [];
  readonly #outputs = new Map<string, unknown>();
  readonly #pictures = new Map<string, { readonly bytes: Buffer; readonly format: PictureFormat }>();
  readonly #overdue = new Set<string>();
  readonly #deadlines = new Deadlines();
  readonly #edge: number | undefined;
  readonly steps: StepGate;
  readonly #runners: HostedRunners;
  readonly #listener: FakeListener;

  private constructor(listener: FakeListener, options: FakeOptions) {
    this.#listener = listener;
    this.#edge = options.edge;
    this.steps = new StepGate(options);
    this.#runners = new HostedRunners(this.steps, Number.POSITIVE_INFINITY);
  }

  static async start(options: FakeOptions): Promise<FakeReplicateServer> {
    const listener = await FakeListener.start((request, response) => {
      server.#answer(request, response).catch(() => response.destroy());
    }, options.port);
    const server = new FakeReplicateServer(listener, options);
    return server;
  }

  get url(): string {
    return this.#listener.url;
  }

  get alive(): number {
    return this.#runners.alive;
  }

  get mostRunning(): number {
    return this.#runners.mostRunning;
  }

  get connections(): number {
    return this.#listener.connections;
  }

  plan(...behaviours: readonly Behaviour[]): void {
    this.#planned.push(...behaviours);
  }

  release(): void {
    this.#runners.release();
  }

  unplug(): void {
    this.#listener.unplug();
  }

  plugIn(): Promise<void> {
    return this.#listener.plugIn();
  }

  /** A hosted service keeps its predictions; only the connections break. */
  async restart(): Promise<void> {
    this.unplug();
    await this.plugIn();
  }

  expireResults(): void {
    for (const work of this.#runners.all) work.expired = work.ended;
  }

  passDeadlines(): void {
    this.#deadlines.pass();
  }

  async close(): Promise<void> {
    this.#runners.close();
    this.#deadlines.close();
    await this.#listener.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    const path = new URL(request.url ?? '/', this.url).pathname;
    this.requests.push(`${method} ${path}`);
    const file = /^\/files\/([^/]+)\/out-0\.\w+$/.exec(path)?.[1];
    if (file !== undefined) return this.#sendFile(file, response);
    if (!/^Bearer \S/.test(request.headers.authorization ?? '') || request.headers.authorization === 'Bearer wrong') {
      const detail = 'You did not pass a valid authentication token';
      return answerJson(response, 401, { title: 'Unauthenticated', detail, status: 401 });
    }
    if (method === 'POST' && /^\/v1\/(models\/[^/]+\/[^/]+\/)?predictions$/.test(path))
      return this.#create(request, response, path);
    const model = /^\/v1\/models\/([^/]+)\/([^/]+)(\/versions\/[^/]+)?$/.exec(path);
    if (method === 'GET' && model !== null) return this.#tellModel(model, response);
    const prediction = /^\/v1\/predictions\/([^/]+)(\/cancel)?$/.exec(path);
    const work = this.#runners.find(prediction?.[1] ?? '');
    if (work === undefined)
      return answerJson(response, 404, { detail: 'The requested resource could not be found.', status: 404 });
    if (prediction?.[2] !== undefined && method === 'POST') this.#runners.cancel(work);
    if (work.silent) return;
    if (work.cuts > 0) {
      work.cuts -= 1;
      request.socket.resetAndDestroy();
      return;
    }
    answerJson(response, 200, await this.#describe(work));
  }

  #tellModel([, owner = '', name = '', version]: RegExpExecArray, response: ServerResponse): void {
    if (`${owner}/${name}` === 'nobody/nothing')
      return answerJson(response, 404, { detail: 'The requested resource could not be found.', status: 404 });
    const described = describeVersion(this.inputProperties);
    if (version !== undefined) return answerJson(response, 200, described);
    answerJson(response, 200, {
      url: `https://replicate.com/${owner}/${name}`,
      owner,
      name,
      visibility: 'public',
      is_official: owner === OFFICIAL,
      latest_version: described,
    });
  }

  async #create(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const body = await readJson(request);
    const behaviour = this.#planned.shift() ?? { kind: 'normal' };
    const creation = Creation.safeParse(body).data;
    const input = ModelInput.safeParse(creation?.input);
    const refusal =
      refusalOf(behaviour) ??
      unknownModel(path, creation?.version) ??
      (input.error && invalidInput(input.error.issues));
    this.creationHeaders.push(request.headers);
    if (refusal !== undefined || input.data === undefined) {
      this.submissions.push({ upstreamId: undefined, body });
      return answerJson(response, refusal?.status ?? 422, refusal?.answer ?? {});
    }
    if (behaviour.kind === 'garbage') {
      this.submissions.push({ upstreamId: undefined, body });
      return answerGarbage(response);
    }
    const work = this.#begin(input.data, behaviour);
    this.submissions.push({ upstreamId: work.id, body });
    this.#cancelAfter(work, request.headers['cancel-after']);
    answerJson(response, 201, await this.#describe(work));
  }

  #begin(input: ModelInput, behaviour: Behaviour): HostedWork {
    const edge = this.#edge ?? input.width ?? (input.megapixels === '0.25' ? 512 : 1_024);
    return this.#runners.add({
      id: randomBytes(13).toString('hex'),
      subject: { prompt: input.prompt, seed: input.seed ?? 1, width: edge, height: this.#edge ?? input.height ?? edge },
      format: FORMATS[input.output_format ?? 'webp'],
      steps: input.num_inference_steps ?? 8,
      behaviour,
      fails: behaviour.kind === 'fails',
    });
  }

  #cancelAfter(work: HostedWork, header: string | readonly string[] | undefined): void {
    const [, hours = 0, minutes = 0, seconds = 0] = DURATION.exec(String(header ?? '')) ?? [];
    const ms = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
    if (ms < 5_000) return;
    this.#deadlines.add(ms, () => {
      if (work.ended) return;
      if (work.phase === 'queued') this.#overdue.add(work.id);
      this.#runners.cancel(work);
    });
  }

  async #describe(work: HostedWork): Promise<object> {
    const { id, createdAt, startedAt, endedAt } = work;
    const kept = !work.expired;
    const lines = this.printsProgress ? work.progressLines : [];
    return {
      id,
      model: 'darkroom/fake',
      version: VERSION,
      input: kept ? { prompt: work.order.subject.prompt } : {},
      logs: kept && work.phase !== 'queued' ? ['Using seed: 42', ...lines].join('\n') : '',
      output: kept && work.phase === 'done' ? await this.#output(work) : null,
      data_removed: work.expired,
      error: work.phase === 'failed' ? failureOf(work) : null,
      source: 'api',
      status: this.#status(work),
      created_at: createdAt.toISOString(),
      started_at: startedAt?.toISOString() ?? null,
      completed_at: endedAt?.toISOString() ?? null,
      ...(endedAt !== undefined && { metrics: { predict_time: 1.5, total_time: 2 } }),
      urls: { get: `${this.url}/v1/predictions/${id}`, cancel: `${this.url}/v1/predictions/${id}/cancel` },
    };
  }

  #status({ id, phase }: HostedWork): string {
    if (this.#overdue.has(id)) return 'aborted';
    return { queued: 'starting', running: 'processing', done: 'succeeded', failed: 'failed', cancelled: 'canceled' }[
      phase
    ];
  }

  async #output(work: HostedWork): Promise<unknown> {
    if (!this.#outputs.has(work.id)) {
      const { subject, format } = work.order;
      const bytes = await paintPicture(subject, format);
      this.#pictures.set(work.id, { bytes, format });
      this.#outputs.set(work.id, this.outputOf(`${this.url}/files/${work.id}/out-0.${format}`, bytes));
    }
    return this.#outputs.get(work.id);
  }

  #sendFile(id: string, response: ServerResponse): void {
    const picture = this.#pictures.get(id);
    if (picture === undefined || this.#runners.find(id)?.expired !== false) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': `image/${picture.format}` }).end(picture.bytes);
  }
}

function failureOf({ order }: HostedWork): string {
  return (order.behaviour.kind === 'fails' && FAILURES[order.behaviour.how]) || 'Prediction failed.';
}

interface PredictionRefusal {
  readonly status: number;
  readonly answer: object;
}

const refuseWith = (status: number, detail: string, title?: string): PredictionRefusal => ({
  status,
  answer: { ...(title !== undefined && { title }), detail, status },
});

const invalidInput = (issues: readonly z.core.$ZodIssue[]): PredictionRefusal => ({
  status: 422,
  answer: inputProblem(issues),
});

/** What is refused before there is a prediction. */
function refusalOf(behaviour: Behaviour): PredictionRefusal | undefined {
  if (behaviour.kind !== 'fails') return undefined;
  if (behaviour.how === 'server-error') return refuseWith(500, 'Internal server error');
  if (behaviour.how === 'rate-limit')
    return refuseWith(429, `Request was throttled. Your rate limit resets in ~${behaviour.retryAfterS ?? 30}s.`);
  if (behaviour.how === 'invalid') return invalidInput(ModelInput.safeParse({ prompt: 7 }).error?.issues ?? []);
  return undefined;
}

/** By name run official models alone; by version the one there is. */
function unknownModel(path: string, version: string | undefined): PredictionRefusal | undefined {
  if (path.startsWith('/v1/models/'))
    return path.startsWith(`/v1/models/${OFFICIAL}/`)
      ? undefined
      : refuseWith(404, 'The requested resource could not be found.');
  if (version === VERSION) return undefined;
  const detail = 'The specified version does not exist (or perhaps you don’t have permission to use it?)';
  return refuseWith(422, detail, 'Invalid version or not permitted');
}

/** Starts a fake of Replicate. */
export const startFakeReplicate = (options: FakeOptions = {}): Promise<FakeReplicate> =>
  FakeReplicateServer.start(options);
