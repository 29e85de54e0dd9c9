import { once } from 'node:events';
import { type PictureSubject, paintPicture } from '../fake-picture.ts';
import type { StepGate } from '../step-gate.ts';
import { ancestors, type ComfyDialect, type NodeClass } from './comfy-nodes.ts';
import { type ComfyPrompt, type SavedFile, signature, subjectOf } from './comfy-prompt.ts';
import type { ComfySockets } from './comfy-sockets.ts';

/** Why a run ended early, in the words of its last message. */
class Stopped extends Error {
  readonly type: string;
  readonly data: object;

  constructor(type: 'execution_interrupted' | 'execution_error', data: object) {
    super(type);
    this.type = type;
    this.data = data;
  }
}

/** What the executor needs of the server around it. */
export interface ExecutorHost {
  readonly sockets: ComfySockets;
  readonly dialect: ComfyDialect;
  readonly edge: number | undefined;
  readonly steps: StepGate;
  readonly classes: () => ReadonlyMap<string, NodeClass>;
  /** `--preview-method` says that there are previews, whatever a prompt asks for. */
  readonly previews: () => boolean;
  readonly save: (prompt: ComfyPrompt, node: string, picture: Uint8Array) => SavedFile;
  /** The middle of the run. */
  readonly onMiddle: (prompt: ComfyPrompt) => void;
}

/** How a run ended, for the history. */
export interface Ending {
  readonly outputs: Record<string, { images: SavedFile[] }>;
  readonly success: boolean;
  readonly messages: [string, object][];
}

type NodeState = { value: number; max: number; state: 'running' | 'finished' | 'error' };

const EXCEPTIONS = {
  'out-of-memory': [
    'torch.OutOfMemoryError',
    'Allocation on device 0 would exceed allowed memory.\nThis error means you ran out of memory on your GPU.\n',
  ],
  'node-exception': ['RuntimeError', 'mat1 and mat2 shapes cannot be multiplied (77x2048 and 768x320)'],
  'api-connection-error': ['aiohttp.client_exceptions.ClientConnectorError', 'Cannot connect to host api.example:443'],
  'execution-blocked': ['ExecutionBlocked', 'Execution blocked: no face was found'],
} as const;

/** One prompt being run, node by node (`execution.py`), telling the sockets in the recorded order. */
export class ComfyRun {
  /** Node that is being worked on, for sockets that come back. */
  node: string | undefined;
  readonly #prompt: ComfyPrompt;
  readonly #host: ExecutorHost;
  readonly #life: AbortSignal;
  readonly #interrupt = new AbortController();
  readonly #subject: PictureSubject;
  readonly #nodes: Record<string, NodeState> = {};
  readonly #ending: Ending = { outputs: {}, success: true, messages: [] };

  constructor(prompt: ComfyPrompt, host: ExecutorHost, life: AbortSignal) {
    this.#prompt = prompt;
    this.#host = host;
    this.#life = life;
    this.#subject = subjectOf(prompt.graph, host.classes());
  }

  interrupt(): void {
    this.#interrupt.abort();
  }

  /** Runs it; `cache` holds what the prompt before has left behind, by signature, and is replaced. */
  async run(cache: Map<string, SavedFile | undefined>): Promise<Ending> {
    try {
      await this.#execute(cache);
      this.#tell('execution_success', {});
    } catch (thrown) {
      if (!(thrown instanceof Stopped)) throw thrown;
      const everybody = thrown.type === 'execution_interrupted';
      this.#tell(thrown.type, thrown.data, everybody);
      return { ...this.#ending, success: false };
    }
    return this.#ending;
  }

  async #execute(cache: Map<string, SavedFile | undefined>): Promise<void> {
    const { graph, outputs, behaviour } = this.#prompt;
    if (behaviour.kind === 'silence') await this.#untilInterrupted();
    this.#tell('execution_start', {});
    const order = [...new Set(outputs.flatMap((id) => [...ancestors(graph, id)]))];
    const left = new Map(cache);
    cache.clear();
    const cached = order.filter((id) => left.has(signature(graph, id)));
    this.#tell('execution_cached', { nodes: cached });
    for (const id of order) {
      const key = signature(graph, id);
      const file = cached.includes(id) ? left.get(key) : await this.#runNode(id);
      if (cached.includes(id) && file !== undefined) this.#tellExecuted(id, file);
      cache.set(key, file);
    }
  }

  async #untilInterrupted(): Promise<void> {
    const { signal } = this.#interrupt;
    if (!signal.aborted) await once(signal, 'abort', { signal: this.#life });
  }

  async #runNode(id: string): Promise<SavedFile | undefined> {
    const { graph } = this.#prompt;
    const found = this.#host.classes().get(graph[id]?.class_type ?? '');
    this.node = id;
    this.#throwIfInterrupted(id);
    this.#state(id, { value: 0, max: 1, state: 'running' });
    this.#tell('executing', { node: id, display_node: id });
    if (found?.samples) await this.#sample(id);
    const file = found?.isOutput ? await this.#saveOutput(id) : undefined;
    const { max } = this.#nodes[id] ?? { max: 1 };
    this.#state(id, { value: max, max, state: 'finished' });
    return file;
  }

  async #sample(id: string): Promise<void> {
    const { graph, behaviour, quirk } = this.#prompt;
    const max = Number(graph[id]?.inputs['steps'] ?? 20);
    const middle = Math.ceil(max / 2);
    const signal = AbortSignal.any([this.#life, this.#interrupt.signal]);
    for (let value = 1; value <= max; value++) {
      await this.#host.steps.next(signal);
      this.#life.throwIfAborted();
      this.#throwIfInterrupted(id);
      this.#state(id, { value, max, state: 'running' });
      await this.#tellStep(id, value, max);
      if (value !== middle) continue;
      this.#host.onMiddle(this.#prompt);
      if (behaviour.kind === 'fails') throw this.#exception(id, 'out-of-memory');
      if (quirk === 'node-exception' || quirk === 'api-connection-error') throw this.#exception(id, quirk);
      if (quirk !== 'execution-blocked') continue;
      const blocked = this.#exception(id, quirk);
      this.#tell(blocked.type, blocked.data);
    }
  }

  /** The messages of one step: a preview with ids comes before `progress`, one without after it. */
  async #tellStep(node: string, value: number, max: number): Promise<void> {
    const { sockets } = this.#host;
    const { owner, id } = this.#prompt;
    const jpeg = this.#wantsPreviews() ? await this.#paint(value / max, 512, 'jpeg') : undefined;
    const preview = () => jpeg && sockets.sendPreview(jpeg, { prompt_id: id, node_id: node }, owner);
    const previewFirst = sockets.previewsFirst(owner);
    if (previewFirst) preview();
    this.#send('progress', { value, max, prompt_id: id, node }, true);
    if (!previewFirst) preview();
  }

  /** A prompt may ask for previews itself since 2026. */
  #wantsPreviews(): boolean {
    const method = this.#prompt.extraData['preview_method'];
    if (this.#host.dialect !== '2026' || method === undefined || method === 'default') return this.#host.previews();
    return method !== 'none';
  }

  async #saveOutput(id: string): Promise<SavedFile | undefined> {
    if (this.#prompt.quirk === 'no-picture') return undefined;
    const picture = await this.#paint(1, Number.POSITIVE_INFINITY, 'png');
    this.#throwIfInterrupted(id);
    const file = this.#host.save(this.#prompt, id, picture);
    this.#tellExecuted(id, file);
    return file;
  }

  #paint(share: number, most: number, format: 'png' | 'jpeg'): Promise<Buffer> {
    const { edge } = this.#host;
    const fit = Math.min(1, most / Math.max(this.#subject.width, this.#subject.height));
    const width = edge ?? Math.round(this.#subject.width * fit);
    const height = edge ?? Math.round(this.#subject.height * fit);
    return paintPicture({ ...this.#subject, width, height, share }, format);
  }

  #throwIfInterrupted(node_id: string): void {
    if (!this.#interrupt.signal.aborted) return;
    throw new Stopped('execution_interrupted', { ...this.#place(node_id) });
  }

  #exception(node_id: string, kind: keyof typeof EXCEPTIONS): Stopped {
    const [exception_type, exception_message] = EXCEPTIONS[kind];
    const traceback = ['  File "/opt/ComfyUI/execution.py", line 496, in execute\n'];
    return new Stopped('execution_error', {
      ...this.#place(node_id),
      exception_type,
      exception_message,
      traceback,
      current_inputs: {},
      current_outputs: [],
    });
  }

  #place(node_id: string): object {
    const executed = Object.keys(this.#nodes).filter((id) => this.#nodes[id]?.state === 'finished');
    return { node_id, node_type: this.#prompt.graph[node_id]?.class_type, executed };
  }

  #state(id: string, state: NodeState): void {
    this.#nodes[id] = state;
    const prompt_id = this.#prompt.id;
    const ids = (node_id: string) => ({ node_id, prompt_id, display_node_id: node_id, real_node_id: node_id });
    const nodes = Object.fromEntries(
      Object.entries(this.#nodes).map(([node, now]) => [node, { ...now, ...ids(node), parent_node_id: null }]),
    );
    this.#send('progress_state', { prompt_id, nodes }, true);
  }

  #tellExecuted(node: string, file: SavedFile): void {
    this.#ending.outputs[node] = { images: [file] };
    this.#send('executed', { node, display_node: node, output: { images: [file] }, prompt_id: this.#prompt.id });
  }

  /** What the history keeps too, but for `executing`. */
  #tell(type: string, data: object, everybody = false): void {
    const full = { ...data, prompt_id: this.#prompt.id, ...(type !== 'executing' && { timestamp: Date.now() }) };
    if (type !== 'executing') this.#ending.messages.push([type, full]);
    this.#send(type, full, everybody);
  }

  /** To the owner. Where there is none: to every socket, or to nobody. */
  #send(type: string, data: object, everybody = false): void {
    const { owner } = this.#prompt;
    if (owner !== undefined || everybody) this.#host.sockets.send(type, data, owner);
  }
}
