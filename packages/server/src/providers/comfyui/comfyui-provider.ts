import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import {
  type GenerateContext,
  type GenerateRequest,
  leavesWorkRunning,
  type Provider,
  type ProviderCapabilities,
  type ProviderHealthReport,
  type Update,
} from '../../provider.ts';
import { isProviderError, ProviderError, unhealthy } from '../../provider-error.ts';
import { recognizeImage } from '../image-bytes.ts';
import { UpstreamHttp } from '../upstream-http.ts';
import { ComfyuiApi, type ComfyuiOrder, type SubmittedPrompt } from './comfyui-api.ts';
import { COMFYUI_PACE, type ComfyuiConfig, type ComfyuiPace } from './comfyui-config.ts';
import { classifyComfyuiAnswer, invalidWorkflow, outOfReach, strangePicture } from './comfyui-errors.ts';
import { ComfyuiRun } from './comfyui-run.ts';
import { ComfyuiSocket } from './comfyui-socket.ts';
import type { NodeErrors, SavedImage } from './comfyui-wire.ts';
import type { ComfyuiWorkflow, ListedInput } from './comfyui-workflow.ts';

const HEALTH_MS = 4_500;
/** The WebSocket is waited for so long before work is submitted: earlier events would be lost. */
const GREETING_MS = 3_000;
/** First question after a submission, should the WebSocket say nothing. */
const FIRST_LOOK_MS = 500;

/** Work at the backend and how far we are with it. */
interface Errand {
  readonly run: ComfyuiRun;
  readonly saveNode: string;
  /** Its id was handed on: another process may go on with it. */
  isNamed: boolean;
  /** Its submission has left us. */
  isSent: boolean;
  /** The backend has it. */
  isTaken: boolean;
  /** It has ended at the backend, or is out of our hands. */
  isOver: boolean;
}

/** ComfyUI: graphs of nodes, a queue with places, one WebSocket for all progress. Protocol: `server.py`, `execution.py`. */
class ComfyuiProvider implements Provider {
  readonly kind = 'comfyui';
  readonly name: string;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly #config: ComfyuiConfig;
  readonly #pace: ComfyuiPace;
  readonly #http: UpstreamHttp;
  readonly #api: ComfyuiApi;
  readonly #clientId = randomUUID();
  /** By client id: ours, and those of earlier processes whose work is gone on with. */
  readonly #sockets = new Map<string, ComfyuiSocket>();
  /** Null: not known yet. */
  #models: string[] | null = null;
  #samplers: string[] | null = null;

  constructor(config: ComfyuiConfig) {
    this.name = config.name;
    this.concurrency = config.concurrency;
    this.timeoutMs = config.timeoutMs;
    this.#config = config;
    this.#pace = { ...COMFYUI_PACE, ...config.pace };
    const { base, authorization } = config;
    const headers = authorization === undefined ? {} : { authorization };
    this.#http = new UpstreamHttp({ base, headers, classify: classifyComfyuiAnswer });
    this.#api = new ComfyuiApi(this.#http);
  }

  get capabilities(): ProviderCapabilities {
    const { placeholders, model, sampler } = this.#config.textToImage;
    return {
      sizes: ['512', '768', '1024'],
      styles: [],
      models: model === undefined ? [] : this.#models,
      samplers: sampler === undefined ? [] : this.#samplers,
      steps: placeholders.has('steps'),
      seed: placeholders.has('seed'),
      negativePrompt: placeholders.has('negative'),
      cfg: placeholders.has('cfg'),
      imageToImage: this.#config.imageToImage !== undefined,
      progress: true,
      previews: true,
      resume: true,
      traceable: true,
      cancel: 'stops',
    };
  }

  async *generate(request: GenerateRequest, { signal, resume }: GenerateContext): AsyncGenerator<Update> {
    signal.throwIfAborted();
    const workflow = this.#workflowFor(request);
    if (resume !== undefined) {
      yield* this.#carryOut(this.#errand(resume, workflow), signal);
      return;
    }
    const graph = await this.#fill(workflow, request, signal);
    const order = { promptId: randomUUID(), clientId: this.#clientId, graph };
    yield* this.#carryOut(this.#errand(order.promptId, workflow, order), signal, order);
  }

  #workflowFor({ input }: GenerateRequest): ComfyuiWorkflow {
    const { textToImage, imageToImage } = this.#config;
    const workflow = input === undefined ? textToImage : imageToImage;
    if (workflow !== undefined) return workflow;
    throw new ProviderError('INVALID_PROMPT', 'This backend cannot begin with a picture.');
  }

  /** The graph of one job; its picture to begin with is uploaded before. */
  async #fill(workflow: ComfyuiWorkflow, request: GenerateRequest, signal: AbortSignal) {
    const { prompt, negativePrompt: negative, size, steps, cfg, sampler, seed, input } = request;
    const [model, image] = await Promise.all([
      this.#modelOf(workflow, request, signal),
      input && this.#api.upload(input.image, signal),
    ]);
    const { scheduler } = this.#config;
    const strength = input?.strength;
    const edges = { size, width: size, height: size };
    return workflow.fill({ ...edges, prompt, negative, seed, steps, cfg, sampler, scheduler, model, image, strength });
  }

  /** The job's model, the configured one, the workflow's own, or the first that is installed. */
  async #modelOf({ model, ownModel }: ComfyuiWorkflow, request: GenerateRequest, signal: AbortSignal) {
    const named = request.model ?? this.#config.checkpoint ?? ownModel;
    if (named !== undefined || model === undefined) return named;
    const [first] = (await this.#api.options(model, signal)) ?? [];
    if (first !== undefined) return first;
    throw new ProviderError('PROVIDER_REJECTED', 'ComfyUI has no model installed that this workflow could use.');
  }

  #errand(promptId: string, { saveNode }: ComfyuiWorkflow, order?: ComfyuiOrder): Errand {
    const run = new ComfyuiRun({
      api: this.#api,
      pace: this.#pace,
      promptId,
      saveNode,
      graph: order?.graph,
      socketOf: (clientId) => this.#socketOf(clientId),
    });
    const isResumed = order === undefined;
    return { run, saveNode, isNamed: isResumed, isSent: isResumed, isTaken: isResumed, isOver: false };
  }

  /** From the submission (if there is one) to the picture, and cleaning up whatever happens. */
  async *#carryOut(errand: Errand, signal: AbortSignal, order?: ComfyuiOrder): AsyncGenerator<Update> {
    const { run } = errand;
    try {
      if (order !== undefined) yield* this.#begin(order, errand, signal);
      const file = yield* this.#follow(errand, signal, run.hearsEvents ? FIRST_LOOK_MS : 0);
      const image = recognizeImage(await this.#fetch(file, signal));
      if (image === undefined) throw strangePicture();
      yield { type: 'image', image };
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      throw thrown;
    } finally {
      const isLeft = errand.isNamed && signal.aborted && leavesWorkRunning(signal);
      if (errand.isSent && !errand.isOver && !isLeft) await this.#api.cancel(run.promptId, { isTaken: errand.isTaken });
      run.leave();
    }
  }

  /** Says the work's id, then submits it: whoever has to go on without this process finds the work by it, or there is none. */
  async *#begin(order: ComfyuiOrder, errand: Errand, signal: AbortSignal): AsyncGenerator<Update> {
    const socket = errand.run.listen(order.clientId);
    await socket.ready(GREETING_MS, signal);
    errand.isNamed = true;
    yield { type: 'accepted', upstreamId: order.promptId };
    signal.throwIfAborted();
    await this.#submit(order, errand, signal);
    errand.isTaken = true;
    // Servers before 2025 take no id from us.
    if (errand.run.promptId !== order.promptId) yield { type: 'accepted', upstreamId: errand.run.promptId };
  }

  /** Ends when the backend has the work, and throws when it has not. */
  async #submit(order: ComfyuiOrder, errand: Errand, signal: AbortSignal): Promise<void> {
    errand.isSent = true;
    let submitted: SubmittedPrompt;
    try {
      submitted = await this.#api.submit(order, signal);
    } catch (thrown) {
      if (signal.aborted || !isProviderError(thrown)) throw thrown;
      if (thrown.mayStillRun) return await this.#reconcile(errand, thrown, signal);
      errand.isOver = true;
      throw thrown;
    }
    errand.run.adopt(submitted.promptId);
    throwIfSkipped(submitted.nodeErrors, errand.saveNode);
  }

  /** The answer to a submission was lost: looks for the work. Not found, it may still come: only its error is known. */
  async #reconcile({ run }: Errand, lost: ProviderError, signal: AbortSignal): Promise<void> {
    const { reconcileMs, outageMs, pollMs } = this.#pace;
    const since = performance.now();
    let reachedAt: number | undefined;
    for (;;) {
      if (run.isKnown) return;
      try {
        const found = (await this.#api.place(run.promptId, signal)) ?? (await this.#api.ended(run.promptId, signal));
        if (found !== undefined) return;
        reachedAt ??= performance.now();
        if (performance.now() - reachedAt > reconcileMs) throw lost;
      } catch (thrown) {
        if (thrown === lost || !isProviderError(thrown)) throw thrown;
        if (performance.now() - since > outageMs) throw outOfReach(thrown);
      }
      await wait(Math.min(pollMs, reconcileMs / 3), undefined, { signal });
    }
  }

  async *#follow(errand: Errand, signal: AbortSignal, askAfterMs: number): AsyncGenerator<Update, SavedImage> {
    try {
      const file = yield* errand.run.follow(signal, askAfterMs);
      errand.isOver = true;
      return file;
    } catch (thrown) {
      errand.isOver = isProviderError(thrown);
      throw thrown;
    }
  }

  /** The saved picture; asked for again through an outage. */
  async #fetch(file: SavedImage, signal: AbortSignal): Promise<Uint8Array> {
    const since = performance.now();
    for (;;) {
      try {
        return await this.#api.view(file, signal);
      } catch (thrown) {
        if (!isProviderError(thrown) || !thrown.retryable) throw thrown;
        if (performance.now() - since > this.#pace.outageMs) throw outOfReach(thrown);
      }
      await wait(this.#pace.pollMs, undefined, { signal });
    }
  }

  #socketOf(clientId: string): ComfyuiSocket {
    const { base, authorization } = this.#config;
    const socket =
      this.#sockets.get(clientId) ?? new ComfyuiSocket({ base, authorization, clientId, pingMs: this.#pace.pingMs });
    this.#sockets.set(clientId, socket);
    return socket;
  }

  async stopLeft(upstreamId: string, signal: AbortSignal): Promise<void> {
    while ((await this.#api.place(upstreamId, signal)) !== undefined) {
      await this.#api.cancel(upstreamId, { isTaken: true });
      await wait(this.#pace.pollMs, undefined, { signal });
    }
  }

  async health(): Promise<ProviderHealthReport> {
    const signal = AbortSignal.timeout(HEALTH_MS);
    try {
      await this.#api.version(signal);
      return { ok: true, ...(await this.#learn(signal)) };
    } catch (thrown) {
      return unhealthy(thrown, 'ComfyUI does not answer.');
    }
  }

  /** Learns the lists of models and samplers. What is worth knowing about them. */
  async #learn(signal: AbortSignal): Promise<Omit<ProviderHealthReport, 'ok'>> {
    const { textToImage, checkpoint } = this.#config;
    const ask = async (at: ListedInput | undefined) => (at && (await this.#api.options(at, signal))) ?? null;
    [this.#models, this.#samplers] = await Promise.all([ask(textToImage.model), ask(textToImage.sampler)]);
    if (this.#models?.length === 0)
      return { reason: 'no-models', message: 'ComfyUI has no model installed that the workflow could use.' };
    if (checkpoint !== undefined && this.#models?.includes(checkpoint) === false)
      return { reason: 'model-missing', message: `ComfyUI does not have the model “${checkpoint}”.` };
    return {};
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sockets.values()].map((socket) => socket.close()));
    await this.#http.close();
  }
}

/** A graph that is valid in parts is run in parts: refuses one whose picture is not among them. */
function throwIfSkipped(nodeErrors: NodeErrors, saveNode: string): void {
  const isSkipped = Object.entries(nodeErrors).some(
    ([id, { dependent_outputs }]) => id === saveNode || dependent_outputs.includes(saveNode),
  );
  if (isSkipped) throw invalidWorkflow('prompt_outputs_failed_validation', nodeErrors);
}

/** Makes the provider. It connects with its first picture. */
export const createComfyuiProvider = (config: ComfyuiConfig): Provider => new ComfyuiProvider(config);
