import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Behaviour, FakeBackend, FakeOptions, Submission } from '../fake-backend.ts';
import { FakeListener } from '../fake-listener.ts';
import { type PictureFormat, paintPicture } from '../fake-picture.ts';
import { answerGarbage, answerJson } from '../json-exchange.ts';
import { StepGate } from '../step-gate.ts';
import { ImageWorks } from './image-works.ts';
import { type ImageRequest, MODELS, parseImageRequest, type Refusal, readBody } from './openai-requests.ts';

/** How the next stream ends, after half of its partial pictures. */
export type StreamTrouble = 'moderated' | 'ends early' | 'malformed event' | 'stalls' | 'no partials';

/** How the fake is to be. */
export interface FakeOpenaiOptions extends FakeOptions {
  /**
   * `hosted` (default) as OpenAI's service: streams, is strict about models, sizes and fields, says errors as objects.
   * `local` as a server on one GPU that speaks the same API: one picture at a time, answers `stream` with plain JSON,
   * takes any model and field, says errors as strings.
   */
  readonly flavour?: 'hosted' | 'local';
  /** The key it asks for; default: it takes any, or none. */
  readonly key?: string;
  /** Whether its pictures come as `b64_json` (default), or as a `url` of its own. */
  readonly results?: 'b64_json' | 'url';
}

/** OpenAI's Images API. */
export interface FakeOpenai extends FakeBackend {
  /** The `authorization` header of every request so far. */
  readonly authorizations: readonly (string | undefined)[];
  /** Refuses the next submission with this. */
  refuseNext(refusal: Refusal): void;
  /** What goes wrong in the next stream. */
  troubleNextStream(trouble: StreamTrouble): void;
  /** Downloads of its pictures that fail before one does not. */
  failingDownloads: number;
  /** The most works of one and the same prompt that were alive at once. */
  readonly mostAliveOfOnePrompt: number;
}

const USAGE = {
  input_tokens: 12,
  input_tokens_details: { image_tokens: 0, text_tokens: 12 },
  output_tokens: 272,
  total_tokens: 284,
};

/** The service's refusals, by what is asked of the fake. */
const REFUSALS: Readonly<Record<Extract<Behaviour, { kind: 'fails' }>['how'], Refusal>> = {
  'server-error': {
    status: 500,
    type: 'server_error',
    code: 'server_error',
    message: 'The server had an error while processing your request. Sorry about that!',
  },
  'rate-limit': {
    status: 429,
    type: 'requests',
    code: 'rate_limit_exceeded',
    message: 'Rate limit reached for images per minute: Limit 5, Used 5, Requested 1.',
  },
  rejection: {
    status: 400,
    type: 'image_generation_user_error',
    code: 'moderation_blocked',
    message: 'Your request was rejected by the safety system. safety_violations=[violence].',
    details: { moderation_details: { moderation_stage: 'input', categories: ['violence'] } },
  },
  invalid: {
    status: 400,
    type: 'invalid_request_error',
    code: 'invalid_value',
    param: 'prompt',
    message: "Invalid value for 'prompt'.",
  },
  'out-of-memory': {
    status: 500,
    type: 'server_error',
    code: 'server_error',
    message: 'CUDA error: out of memory at /srv/ggml-cuda.cu:88',
  },
};

/** Resolves when the answer's connection is gone, or the answer is complete. */
const gone = (response: ServerResponse): Promise<unknown> => once(response, 'close');

class OpenaiServer implements FakeOpenai {
  readonly kind = 'openai';
  readonly authorizations: (string | undefined)[] = [];
  readonly submissions: Submission[] = [];
  failingDownloads = 0;
  readonly #options: FakeOpenaiOptions;
  readonly steps: StepGate;
  readonly #works: ImageWorks;
  readonly #plans: Behaviour[] = [];
  readonly #refusals: Refusal[] = [];
  readonly #troubles: StreamTrouble[] = [];
  readonly #files = new Map<string, Buffer>();
  #listener: FakeListener | undefined;

  constructor(options: FakeOpenaiOptions) {
    this.#options = options;
    this.steps = new StepGate(options);
    this.#works = new ImageWorks(this.steps, options.flavour === 'local' ? 1 : Number.POSITIVE_INFINITY);
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
  get connections(): number {
    return this.#listener?.connections ?? 0;
  }
  get alive(): number {
    return this.#works.alive;
  }
  get mostRunning(): number {
    return this.#works.mostRunning;
  }
  get mostAliveOfOnePrompt(): number {
    return this.#works.mostAliveOfOnePrompt;
  }

  plan(...behaviours: readonly Behaviour[]): void {
    this.#plans.push(...behaviours);
  }
  refuseNext(refusal: Refusal): void {
    this.#refusals.push(refusal);
  }
  troubleNextStream(trouble: StreamTrouble): void {
    this.#troubles.push(trouble);
  }
  release(): void {
    this.#works.release();
  }
  unplug(): void {
    this.#listener?.unplug();
  }
  async plugIn(): Promise<void> {
    await this.#listener?.plugIn();
  }
  async restart(): Promise<void> {
    this.unplug();
    this.#works.die();
    this.#files.clear();
    await this.plugIn();
  }
  async close(): Promise<void> {
    this.#works.die();
    await this.#listener?.close();
  }

  get #isLocal(): boolean {
    return this.#options.flavour === 'local';
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.url);
    response.setHeader('x-request-id', `req_${randomUUID().replaceAll('-', '')}`);
    if (pathname.startsWith('/files/')) return this.#download(pathname, response);
    this.authorizations.push(request.headers.authorization);
    const { key } = this.#options;
    if (key !== undefined && request.headers.authorization !== `Bearer ${key}`) {
      const message = `Incorrect API key provided: ${request.headers.authorization?.slice(7) ?? ''}.`;
      return this.#refuse(response, { status: 401, type: 'invalid_request_error', code: 'invalid_api_key', message });
    }
    const route = `${request.method} ${pathname}`;
    if (route === 'GET /v1/models') return answerJson(response, 200, this.#models());
    if (route === 'POST /v1/images/generations') return this.#submit(request, response, 'generation');
    if (route === 'POST /v1/images/edits') return this.#submit(request, response, 'edit');
    const message = `Invalid URL (${route})`;
    return this.#refuse(response, { status: 404, type: 'invalid_request_error', code: null, message });
  }

  #models(): unknown {
    if (this.#isLocal) return { data: [{ id: 'sd-cpp-local', object: 'model', owned_by: 'local' }] };
    const data = MODELS.map((id) => ({ id, object: 'model', created: 1_764_000_000, owned_by: 'system' }));
    return { object: 'list', data };
  }

  #refuse(response: ServerResponse, refusal: Refusal, headers: Readonly<Record<string, string>> = {}): void {
    answerJson(response, refusal.status, { error: this.#error(refusal) }, headers);
  }

  /** A local server says its errors as a mere string. */
  #error({ message, type, param = '', code, details }: Refusal): unknown {
    return this.#isLocal ? message : { message, type, param: param === '' ? null : param, code, ...details };
  }

  #download(pathname: string, response: ServerResponse): void {
    const bytes = this.#files.get(pathname);
    if (this.failingDownloads > 0) {
      this.failingDownloads -= 1;
      response.writeHead(503).end();
    } else if (bytes === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(bytes);
  }

  async #submit(
    incoming: IncomingMessage,
    response: ServerResponse,
    endpoint: ImageRequest['endpoint'],
  ): Promise<void> {
    const body = await readBody(incoming);
    this.submissions.push({ upstreamId: undefined, body });
    const plan = this.#plans.shift() ?? { kind: 'normal' };
    if (plan.kind === 'garbage') return answerGarbage(response);
    if (plan.kind === 'fails') {
      const headers = plan.retryAfterS === undefined ? undefined : { 'retry-after': String(plan.retryAfterS) };
      return this.#refuse(response, REFUSALS[plan.how], headers);
    }
    const refusal = this.#refusals.shift();
    if (refusal !== undefined) return this.#refuse(response, refusal);
    const parsed = parseImageRequest(body, { endpoint, strict: !this.#isLocal });
    if ('refusal' in parsed) return this.#refuse(response, parsed.refusal);
    await this.#answer(parsed.request, response, plan);
  }

  async #answer(request: ImageRequest, response: ServerResponse, plan: Behaviour): Promise<void> {
    const streams = request.stream && !this.#isLocal;
    const trouble = streams ? this.#troubles.shift() : undefined;
    if (streams) {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
      response.flushHeaders();
    }
    if (plan.kind === 'silence') return this.#works.idle(request.prompt, gone(response));
    const partials = streams && trouble !== 'no partials' ? request.partial_images : 0;
    await this.#works.run({
      prompt: request.prompt,
      held: plan.kind === 'held',
      partials,
      onPartial: async (index, share) => {
        if (trouble !== undefined && index > 0) return;
        const picture = await this.#paint(request, share);
        this.#event(response, request, { kind: 'partial_image', picture, more: { partial_image_index: index } });
      },
      onMiddle: () => plan.kind === 'cut' && response.socket?.resetAndDestroy(),
    });
    if (response.destroyed) return;
    if (trouble !== undefined && trouble !== 'no partials') return this.#spoil(response, request, trouble);
    const picture = await this.#paint(request, 1);
    if (streams) {
      this.#event(response, request, { kind: 'completed', picture, more: { usage: USAGE } });
      response.end();
    } else this.#answerPictures(response, request, picture);
  }

  async #spoil(response: ServerResponse, { prompt }: ImageRequest, trouble: StreamTrouble): Promise<void> {
    if (trouble === 'stalls') return this.#works.idle(prompt, gone(response));
    if (trouble === 'malformed event')
      response.write('event: image_generation.completed\ndata: {"type": "image_ge\n\n');
    if (trouble === 'moderated') {
      const error = this.#error({
        ...REFUSALS.rejection,
        details: { moderation_details: { moderation_stage: 'output' } },
      });
      response.write(`event: error\ndata: ${JSON.stringify({ type: 'error', error })}\n\n`);
    }
    response.end();
  }

  #paint({ prompt, width, height, output_format }: ImageRequest, share: number): Promise<Buffer> {
    const { edge } = this.#options;
    // The service takes no seed: it answers the same words with another picture each time.
    const seed = Math.floor(Math.random() * 1_000_000);
    const subject = { prompt, seed, width: edge ?? width, height: edge ?? height, share };
    return paintPicture(subject, output_format satisfies PictureFormat);
  }

  #event(
    response: ServerResponse,
    request: ImageRequest,
    { kind, picture, more }: { kind: 'partial_image' | 'completed'; picture: Buffer; more: object },
  ): void {
    if (response.destroyed) return;
    const { endpoint, size, quality, background, output_format } = request;
    const type = `image_${endpoint}.${kind}`;
    const event = {
      type,
      ...more,
      b64_json: picture.toString('base64'),
      size: size === 'auto' ? '1024x1024' : size,
      quality: quality === 'auto' ? 'low' : quality,
      background: background === 'auto' ? 'opaque' : background,
      output_format,
      created_at: Math.floor(Date.now() / 1_000),
    };
    response.write(`event: ${type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  #answerPictures(response: ServerResponse, { output_format }: ImageRequest, picture: Buffer): void {
    const path = `/files/${randomUUID()}.${output_format}`;
    if (this.#options.results === 'url') this.#files.set(path, picture);
    const item =
      this.#options.results === 'url' ? { url: `${this.url}${path}` } : { b64_json: picture.toString('base64') };
    const created = Math.floor(Date.now() / 1_000);
    answerJson(response, 200, { created, output_format, data: [item], ...(!this.#isLocal && { usage: USAGE }) });
  }
}

/** Starts one. */
export async function startFakeOpenai(options: FakeOpenaiOptions = {}): Promise<FakeOpenai> {
  return await new OpenaiServer(options).start();
}
