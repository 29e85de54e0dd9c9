import Replicate from 'replicate';
import type {
  EncodedImage,
  GenerateContext,
  GenerateRequest,
  Provider,
  ProviderCapabilities,
  ProviderHealthReport,
  Update,
} from '../../provider.ts';
import { unhealthy } from '../../provider-error.ts';
import { type HostedService, type HostedState, HostedWork } from '../hosted-work.ts';
import { ModelInput } from '../model-input.ts';
import { ANY_FIELD, type InputFields, type OpenApi, readInputFields } from '../model-schema.ts';
import { fetchPicture } from '../result-picture.ts';
import { type ClientFetch, requestOnce, type SingleCall } from '../single-request.ts';
import { UpstreamHttp } from '../upstream-http.ts';
import type { ReplicateConfig } from './replicate-config.ts';
import {
  classifyPredictionRefusal,
  classifyReplicateRefusal,
  emptyPrediction,
  failedPrediction,
  lostPrediction,
} from './replicate-errors.ts';
import {
  CreatedPrediction,
  cancelAfter,
  outputAddresses,
  Prediction,
  type PredictionTarget,
  predictionRequest,
  ReplicateModel,
  ReplicateVersion,
} from './replicate-wire.ts';

/** The model as the API describes it. */
interface KnownModel {
  readonly input: ModelInput;
  readonly target: PredictionTarget;
}

interface Order {
  readonly target: PredictionTarget;
  readonly input: Readonly<Record<string, unknown>>;
}

const HEALTH_MS = 4_000;
const READ_MS = 10_000;
const CREATE_MS = 60_000;
/** For a model without a schema. */
const PROMPT_ONLY: InputFields = new Map([['prompt', ANY_FIELD]]);

/** Replicate's predictions: created without waiting, then asked about. Protocol: replicate.com/docs/reference/http. */
class ReplicateProvider implements Provider, HostedService<Order> {
  readonly kind = 'replicate';
  readonly name: string;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly #config: ReplicateConfig;
  readonly #http: UpstreamHttp;
  readonly #work: HostedWork<Order>;
  #known: KnownModel | undefined;

  constructor(config: ReplicateConfig) {
    this.#config = config;
    this.name = config.name;
    this.concurrency = config.concurrency;
    this.timeoutMs = config.timeoutMs;
    this.#http = new UpstreamHttp({ base: config.baseUrl, classify: classifyReplicateRefusal });
    this.#work = new HostedWork(this, config);
  }

  get capabilities(): ProviderCapabilities {
    const input = this.#known?.input ?? new ModelInput(PROMPT_ONLY, this.#config.fixedInput);
    return {
      ...input.capabilities,
      styles: [],
      models: [],
      progress: this.#work.tellsProgress,
      previews: false,
      resume: true,
      traceable: false,
      cancel: 'stops',
    };
  }

  generate(request: GenerateRequest, context: GenerateContext): AsyncIterable<Update> {
    return this.#work.generate(request, context);
  }

  async health(): Promise<ProviderHealthReport> {
    try {
      this.#known = await this.#learn(AbortSignal.timeout(HEALTH_MS));
      return { ok: true };
    } catch (thrown) {
      return unhealthy(thrown, 'Replicate did not answer in time.');
    }
  }

  async close(): Promise<void> {
    await this.#http.close();
  }

  async prepare(request: GenerateRequest, signal: AbortSignal): Promise<Order> {
    this.#known ??= await this.#learn(signal);
    return { target: this.#known.target, input: this.#known.input.build(request) };
  }

  async submit({ target, input }: Order, signal: AbortSignal): Promise<string> {
    const { path, data } = predictionRequest(target, input);
    const headers = { 'Cancel-After': cancelAfter(this.timeoutMs) };
    const call = { signal, timeoutMs: CREATE_MS, submits: true };
    const created = await requestOnce(this.#http, CreatedPrediction, call, (fetch) =>
      this.#client(fetch).request(path, { method: 'POST', headers, data }),
    );
    return created.id;
  }

  async read(id: string, signal: AbortSignal): Promise<HostedState> {
    const prediction = await this.#ask(Prediction, this.#about(id, signal), (client) => client.predictions.get(id));
    const { status, output, logs } = prediction;
    if (status === 'starting') return { kind: 'waiting' };
    if (status === 'processing') return { kind: 'running', log: logs ?? '' };
    if (status !== 'succeeded') throw failedPrediction(prediction);
    if (prediction.data_removed === true) throw lostPrediction();
    // Of several the last is the finished one.
    const picture = outputAddresses(output).at(-1);
    if (picture === undefined) throw emptyPrediction();
    return { kind: 'done', picture };
  }

  download(picture: string, signal: AbortSignal): Promise<EncodedImage> {
    const { baseUrl, token } = this.#config;
    return fetchPicture(
      picture,
      { http: this.#http, base: baseUrl, headers: { authorization: `Bearer ${token}` } },
      signal,
    );
  }

  async cancel(id: string, signal: AbortSignal): Promise<void> {
    await this.#ask(CreatedPrediction, this.#about(id, signal), (client) => client.predictions.cancel(id));
  }

  /** A request about a prediction. An id of an earlier process comes from storage: it must not lead elsewhere. */
  #about(id: string, signal: AbortSignal): SingleCall {
    if (!/^[\w-]{1,100}$/.test(id)) throw lostPrediction();
    return { signal, timeoutMs: READ_MS, classify: classifyPredictionRefusal };
  }

  async #learn(signal: AbortSignal): Promise<KnownModel> {
    const { owner, model, version } = this.#config;
    const call = { signal, timeoutMs: HEALTH_MS };
    if (version !== undefined) {
      const told = await this.#ask(ReplicateVersion, call, (client) =>
        client.models.versions.get(owner, model, version),
      );
      return { input: this.#inputOf(told.openapi_schema), target: { version } };
    }
    const told = await this.#ask(ReplicateModel, call, (client) => client.models.get(owner, model));
    const newest = told.latest_version;
    // Only official models can be run by their name.
    const isByName = told.is_official === true || newest === undefined || newest === null;
    return {
      input: this.#inputOf(newest?.openapi_schema),
      target: isByName ? { model: `${owner}/${model}` } : { version: newest.id },
    };
  }

  #inputOf(schema: OpenApi | null | undefined): ModelInput {
    const fields = schema && readInputFields(schema, 'Input');
    return new ModelInput(fields ?? PROMPT_ONLY, this.#config.fixedInput);
  }

  #ask<T>(
    schema: Parameters<typeof requestOnce<T>>[1],
    call: SingleCall,
    ask: (client: Replicate) => Promise<unknown>,
  ): Promise<T> {
    return requestOnce(this.#http, schema, call, (fetch) => ask(this.#client(fetch)));
  }

  /** The package builds requests; `requestOnce` sends them. */
  #client(fetch: ClientFetch): Replicate {
    const { token, baseUrl } = this.#config;
    return new Replicate({ auth: token, baseUrl: baseUrl.href, fetch });
  }
}

/** Makes the provider. Nothing is asked before its first use. */
export const createReplicateProvider = (config: ReplicateConfig): Provider => new ReplicateProvider(config);
