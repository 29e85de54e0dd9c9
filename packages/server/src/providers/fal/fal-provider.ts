import { createFalClient, type FalClient } from '@fal-ai/client';
import * as z from 'zod';
import type {
  EncodedImage,
  GenerateContext,
  GenerateRequest,
  Provider,
  ProviderCapabilities,
  ProviderHealthReport,
  Update,
} from '../../provider.ts';
import { isProviderError, unhealthy } from '../../provider-error.ts';
import { type HostedService, type HostedState, HostedWork, WorkEnded } from '../hosted-work.ts';
import { ModelInput } from '../model-input.ts';
import { fetchPicture } from '../result-picture.ts';
import { requestOnce, type SingleCall } from '../single-request.ts';
import { UpstreamHttp } from '../upstream-http.ts';
import type { FalConfig } from './fal-config.ts';
import {
  blackenedPicture,
  classifyFalRefusal,
  classifyFalResultRefusal,
  classifyFalStatusRefusal,
  emptyResult,
  lostRequest,
} from './fal-errors.ts';
import {
  appOf,
  FalModel,
  type FalRequest,
  FalResult,
  FalStatus,
  FalSubmitted,
  fieldsOfModel,
  pictureAddress,
  readUpstreamId,
  toUpstreamId,
  USUAL_FIELDS,
  USUAL_IMAGE_FIELDS,
} from './fal-wire.ts';

type Input = Readonly<Record<string, unknown>>;

const PACKAGE_BASE = 'https://queue.fal.run';
const HEALTH_MS = 4_000;
/** The documents are served elsewhere: their host being slow says nothing about the queue. */
const LEARN_MS = 3_000;
const READ_MS = 10_000;
const SUBMIT_MS = 60_000;
/** No request has this id: asking for it tells whether the queue and the key are well, and costs nothing. */
const NO_REQUEST = '00000000-0000-0000-0000-000000000000';

/** fal's queue: a request is submitted, asked about, and its result fetched. Protocol: docs.fal.ai, “Queue”. */
class FalProvider implements Provider, HostedService<Input> {
  readonly kind = 'fal';
  readonly name: string;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly #config: FalConfig;
  readonly #http: UpstreamHttp;
  readonly #work: HostedWork<Input>;
  #input: ModelInput | undefined;

  constructor(config: FalConfig) {
    this.#config = config;
    this.name = config.name;
    this.concurrency = config.concurrency;
    this.timeoutMs = config.timeoutMs;
    this.#http = new UpstreamHttp({ base: new URL(config.baseUrl), classify: classifyFalRefusal });
    this.#work = new HostedWork(this, config);
  }

  get capabilities(): ProviderCapabilities {
    return {
      ...(this.#input ?? this.#usualInput()).capabilities,
      styles: [],
      models: [],
      progress: this.#work.tellsProgress,
      previews: false,
      resume: true,
      traceable: false,
      // A running model is asked to stop; many go on, and are billed.
      cancel: 'detaches',
    };
  }

  generate(request: GenerateRequest, context: GenerateContext): AsyncIterable<Update> {
    return this.#work.generate(request, context);
  }

  async health(): Promise<ProviderHealthReport> {
    const signal = AbortSignal.timeout(HEALTH_MS);
    try {
      const [learned] = await Promise.all([this.#learn(signal), this.#probe(signal)]);
      this.#input = learned ?? this.#input;
      return { ok: true };
    } catch (thrown) {
      return unhealthy(thrown, 'There was no answer from fal in time.');
    }
  }

  async close(): Promise<void> {
    await this.#http.close();
  }

  async prepare(request: GenerateRequest, signal: AbortSignal): Promise<Input> {
    this.#input ??= (await this.#learn(signal)) ?? this.#usualInput();
    return this.#input.build(request);
  }

  async submit(input: Input, signal: AbortSignal): Promise<string> {
    const { model } = this.#config;
    const call = { signal, timeoutMs: SUBMIT_MS, submits: true };
    const submitted = await this.#ask(FalSubmitted, call, ({ queue }) =>
      queue.submit(model, {
        input,
        // How long it may wait in the queue; the package refuses 1 s and less.
        startTimeout: Math.max(2, Math.ceil(this.timeoutMs / 1_000)),
        headers: { 'X-Fal-No-Retry': '1' },
      }),
    );
    return toUpstreamId(submitted, model);
  }

  async read(id: string, signal: AbortSignal): Promise<HostedState> {
    const { app, requestId } = known(id);
    const { status, queue_position, logs } = await this.#ask(FalStatus, readCall(signal), ({ queue }) =>
      queue.status(app, { requestId, logs: true }),
    );
    if (status === 'IN_PROGRESS') return { kind: 'running', log: logs?.map(({ message }) => message).join('\n') ?? '' };
    if (status === 'COMPLETED') return { kind: 'done', picture: await this.#result(known(id), signal) };
    return { kind: 'waiting', ...(typeof queue_position === 'number' && { position: queue_position + 1 }) };
  }

  download(picture: string, signal: AbortSignal): Promise<EncodedImage> {
    return fetchPicture(picture, { http: this.#http, base: new URL(this.#config.baseUrl) }, signal);
  }

  async cancel(id: string, signal: AbortSignal): Promise<void> {
    const { app, requestId } = known(id);
    await this.#ask(z.unknown(), readCall(signal), ({ queue }) => queue.cancel(app, { requestId }));
  }

  async #result({ app, requestId }: FalRequest, signal: AbortSignal): Promise<string> {
    const call = { ...readCall(signal), classify: classifyFalResultRefusal };
    const result = await this.#ask(FalResult, call, ({ queue }) => queue.result(app, { requestId }));
    if (result.has_nsfw_concepts?.includes(true)) throw blackenedPicture();
    const picture = pictureAddress(result);
    if (picture === undefined) throw emptyResult();
    return picture;
  }

  /** Ends well if the queue answers and takes the key. */
  async #probe(signal: AbortSignal): Promise<void> {
    try {
      const app = appOf(this.#config.model);
      await this.#ask(FalStatus, readCall(signal), ({ queue }) => queue.status(app, { requestId: NO_REQUEST }));
    } catch (thrown) {
      const isUnknown = thrown instanceof WorkEnded || (isProviderError(thrown) && thrown.code === 'INVALID_PROMPT');
      if (!isUnknown) throw thrown;
    }
  }

  /** The model's input by its document; undefined if that cannot be had. */
  async #learn(signal: AbortSignal): Promise<ModelInput | undefined> {
    const { schemaUrl, model, fixedInput } = this.#config;
    const address = `${schemaUrl}/api/openapi/queue/openapi.json?endpoint_id=${encodeURIComponent(model)}`;
    try {
      const fields = fieldsOfModel(await this.#http.json(address, FalModel, { signal, timeoutMs: LEARN_MS }), model);
      return fields && new ModelInput(fields, fixedInput);
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  #usualInput(): ModelInput {
    const { model, fixedInput } = this.#config;
    return new ModelInput(/image-to-image|img2img/.test(model) ? USUAL_IMAGE_FIELDS : USUAL_FIELDS, fixedInput);
  }

  /** The package builds the request; `requestOnce` sends it. */
  #ask<T>(schema: z.ZodType<T>, call: SingleCall, ask: (client: FalClient) => Promise<unknown>): Promise<T> {
    const { key, baseUrl } = this.#config;
    return requestOnce(this.#http, schema, call, (fetch) =>
      ask(
        createFalClient({
          credentials: key,
          fetch,
          requestMiddleware: async (request) => ({ ...request, url: request.url.replace(PACKAGE_BASE, baseUrl) }),
        }),
      ),
    );
  }
}

const readCall = (signal: AbortSignal): SingleCall => ({
  signal,
  timeoutMs: READ_MS,
  classify: classifyFalStatusRefusal,
});

function known(id: string): FalRequest {
  const request = readUpstreamId(id);
  if (request === undefined) throw lostRequest();
  return request;
}

/** Makes the provider. Nothing is asked before its first use. */
export const createFalProvider = (config: FalConfig): Provider => new FalProvider(config);
