import type { IncomingMessage, ServerResponse } from 'node:http';
import { Deadlines } from '../deadlines.ts';
import type { Behaviour, FakeBackend, FakeOptions, Submission } from '../fake-backend.ts';
import { FakeListener } from '../fake-listener.ts';
import { paintPicture } from '../fake-picture.ts';
import { HostedRunners, type HostedWork } from '../hosted-runners.ts';
import { answerGarbage, answerJson, readJson } from '../json-exchange.ts';
import { StepGate } from '../step-gate.ts';
import {
  CANCELLED,
  describeModel,
  type FalFailure,
  FalInput,
  failureOf,
  modelError,
  NOT_FOUND,
  TOO_LATE,
  UNAUTHORIZED,
} from './fal-answers.ts';

/** A fake of fal's queue, its media files and its models' schemas, all below one address. */
export interface FakeFal extends FakeBackend {
  /** Whether its model logs how far it is; default true. */
  printsProgress: boolean;
  /** Whether it tells its model's schema; default true. */
  tellsSchema: boolean;
  /** Whether its pictures are blackened for what they show. */
  findsNsfw: boolean;
  /** Makes a result's JSON of its picture's address; default `{images: [{url, …}], …}`. */
  resultOf: ((url: string, picture: Buffer) => unknown) | undefined;
  /** What planned failures answer from now on, instead of what is usual; undefined: the usual. */
  failure: FalFailure | undefined;
  /** The results of everything that has ended are deleted. */
  expireResults(): void;
  /** What still waits has waited longer than its request allows. */
  passDeadlines(): void;
  /** Headers of each submission, in order. */
  readonly submissionHeaders: readonly IncomingMessage['headers'][];
  /** Requests so far, as `GET /fal-ai/flux/requests/…`. */
  readonly requests: readonly string[];
}

/** Works at once of a new account. */
const MACHINES = 2;

const CANCEL_STATUS = { queued: [200, 'OK'], running: [202, 'CANCELLATION_REQUESTED'] } as const;

class FakeFalServer implements FakeFal {
  readonly kind = 'fal';
  readonly submissions: Submission[] = [];
  readonly submissionHeaders: IncomingMessage['headers'][] = [];
  readonly requests: string[] = [];
  printsProgress = true;
  tellsSchema = true;
  findsNsfw = false;
  resultOf: FakeFal['resultOf'];
  failure: FalFailure | undefined;
  readonly #planned: Behaviour[] = [];
  readonly #failures = new Map<string, FalFailure>();
  readonly #pictures = new Map<string, Buffer>();
  readonly #deadlines = new Deadlines();
  readonly #edge: number | undefined;
  readonly steps: StepGate;
  readonly #runners: HostedRunners;
  readonly #listener: FakeListener;

  private constructor(listener: FakeListener, options: FakeOptions) {
    this.#listener = listener;
    this.#edge = options.edge;
    this.steps = new StepGate(options);
    this.#runners = new HostedRunners(this.steps, MACHINES);
  }

  static async start(options: FakeOptions): Promise<FakeFalServer> {
    const listener = await FakeListener.start((request, response) => {
      server.#answer(request, response).catch(() => response.destroy());
    }, options.port);
    const server = new FakeFalServer(listener, options);
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

  /** A hosted service keeps its requests; only the connections break. */
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
    const url = new URL(request.url ?? '/', this.url);
    this.requests.push(`${request.method} ${url.pathname}`);
    if (url.pathname.startsWith('/files/')) return this.#sendFile(url.pathname.slice(7), response);
    if (url.pathname === '/api/openapi/queue/openapi.json') {
      const model = url.searchParams.get('endpoint_id') ?? '';
      return this.tellsSchema ? answerJson(response, 200, describeModel(model)) : refuse(response, NOT_FOUND);
    }
    const { authorization } = request.headers;
    if (!/^Key \S/.test(authorization ?? '') || authorization === 'Key wrong') return refuse(response, UNAUTHORIZED);
    if (request.method === 'POST') return this.#submit(request, response, url.pathname.slice(1));
    const [, , id = '', action] = /^\/(.+)\/requests\/([^/]+)(?:\/(status|cancel))?$/.exec(url.pathname) ?? [];
    const work = this.#runners.find(id);
    if (work === undefined || work.expired) return refuse(response, NOT_FOUND);
    if (action === 'cancel' && request.method === 'PUT') return this.#cancel(work, response);
    if (work.silent) return;
    if (work.cuts > 0) {
      work.cuts -= 1;
      request.socket.resetAndDestroy();
      return;
    }
    if (action === 'status') return this.#tellStatus(work, response, url);
    return this.#sendResult(work, response);
  }

  async #submit(request: IncomingMessage, response: ServerResponse, model: string): Promise<void> {
    const body = await readJson(request);
    const behaviour = this.#planned.shift() ?? { kind: 'normal' };
    this.submissionHeaders.push(request.headers);
    if (behaviour.kind === 'garbage' || (behaviour.kind === 'fails' && behaviour.how === 'rate-limit')) {
      this.submissions.push({ upstreamId: undefined, body });
      if (behaviour.kind === 'garbage') return answerGarbage(response);
      const headers = { 'x-fal-needs-retry': '1', 'retry-after': String(behaviour.retryAfterS ?? 30) };
      const detail = 'Too many concurrent requests';
      return answerJson(response, 429, { detail, error_type: 'concurrent_requests_limit' }, headers);
    }
    const work = this.#begin(body, behaviour);
    this.submissions.push({ upstreamId: work.id, body });
    this.#endIfLate(work, Number(request.headers['x-fal-request-timeout'] ?? 0));
    answerJson(response, 200, {
      status: 'IN_QUEUE',
      queue_position: this.#runners.ahead(work),
      gateway_request_id: work.id,
      ...this.#addresses(work, appOf(model)),
    });
  }

  /** The queue takes any JSON; it is the runner that finds fault with it. */
  #begin(body: unknown, behaviour: Behaviour): HostedWork {
    const input = FalInput.safeParse(body);
    const { prompt = '', seed, image_size, output_format, num_inference_steps: steps = 8 } = input.data ?? {};
    const asked = typeof image_size === 'object' ? image_size : { width: 1_024, height: 768 };
    const [width, height] = [this.#edge ?? asked.width, this.#edge ?? asked.height];
    const fails = behaviour.kind === 'fails' || !input.success;
    const work = this.#runners.add({
      subject: { prompt, seed: seed ?? 1, width, height },
      format: output_format ?? 'jpeg',
      steps,
      behaviour,
      fails,
    });
    const issue = input.error?.issues[0];
    if (issue !== undefined)
      this.#failures.set(work.id, modelError('value_error', String(issue.path[0]), issue.message));
    else if (fails) this.#failures.set(work.id, this.failure ?? failureOf(behaviour));
    return work;
  }

  #endIfLate(work: HostedWork, seconds: number): void {
    if (!(seconds > 1)) return;
    this.#deadlines.add(seconds * 1_000, () => {
      if (work.phase !== 'queued') return;
      this.#failures.set(work.id, TOO_LATE);
      this.#runners.cancel(work);
    });
  }

  #addresses({ id }: HostedWork, app: string): object {
    const own = `${this.url}/${app}/requests/${id}`;
    return { request_id: id, response_url: own, status_url: `${own}/status`, cancel_url: `${own}/cancel` };
  }

  #cancel(work: HostedWork, response: ServerResponse): void {
    const { phase } = work;
    if (phase !== 'queued' && phase !== 'running') return answerJson(response, 400, { status: 'ALREADY_COMPLETED' });
    this.#runners.cancel(work);
    const [status, word] = CANCEL_STATUS[phase];
    answerJson(response, status, { status: word });
  }

  #tellStatus(work: HostedWork, response: ServerResponse, url: URL): void {
    const app = url.pathname.slice(1, url.pathname.indexOf('/requests/'));
    const addresses = this.#addresses(work, app);
    const lines = this.printsProgress ? work.progressLines : ['Loading the model'];
    const timestamp = new Date().toISOString();
    const logs =
      url.searchParams.get('logs') === '1'
        ? lines.map((message) => ({ message, level: 'STDERR', source: 'USER', timestamp }))
        : null;
    if (work.phase === 'queued')
      return answerJson(response, 202, { status: 'IN_QUEUE', queue_position: this.#runners.ahead(work), ...addresses });
    if (work.phase === 'running') return answerJson(response, 202, { status: 'IN_PROGRESS', logs, ...addresses });
    const failure = this.#failureOf(work);
    answerJson(response, 200, {
      status: 'COMPLETED',
      logs,
      metrics: { inference_time: 1.5 },
      ...addresses,
      ...(failure !== undefined && {
        error: String(failure.body.error_type ?? 'Unprocessable entity'),
        error_type: failure.body.error_type ?? null,
      }),
    });
  }

  #failureOf({ id, phase }: HostedWork): FalFailure | undefined {
    if (phase === 'done') return undefined;
    return this.#failures.get(id) ?? CANCELLED;
  }

  async #sendResult(work: HostedWork, response: ServerResponse): Promise<void> {
    if (!work.ended) return refuse(response, { status: 400, body: { detail: 'Request is still in progress' } });
    const failure = this.#failureOf(work);
    if (failure !== undefined) return refuse(response, failure);
    const { subject, format } = work.order;
    const picture = this.#pictures.get(work.id) ?? (await paintPicture(subject, format));
    this.#pictures.set(work.id, picture);
    const url = `${this.url}/files/${work.id}`;
    const { width, height, prompt, seed } = subject;
    const usual = {
      images: [{ url, width, height, content_type: `image/${format}` }],
      timings: { inference: 1.5 },
      seed,
      has_nsfw_concepts: [this.findsNsfw],
      prompt,
    };
    answerJson(response, 200, this.resultOf?.(url, picture) ?? usual, { 'x-fal-request-id': work.id });
  }

  #sendFile(id: string, response: ServerResponse): void {
    const bytes = this.#pictures.get(id);
    if (bytes === undefined || this.#runners.find(id)?.expired !== false) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(bytes);
  }
}

function refuse(response: ServerResponse, { status, body, headers }: FalFailure): void {
  answerJson(response, status, body, headers);
}

/** `fal-ai/flux/dev` → `fal-ai/flux`; two namespaces keep one part more. */
function appOf(model: string): string {
  const parts = model.split('/');
  return parts.slice(0, parts[0] === 'workflows' || parts[0] === 'comfy' ? 3 : 2).join('/');
}

/** Starts a fake of fal. */
export const startFakeFal = (options: FakeOptions = {}): Promise<FakeFal> => FakeFalServer.start(options);
