import type { Update } from '../../provider.ts';
import type { NodeProgress } from './comfyui-wire.ts';
import type { ComfyuiGraph } from './comfyui-workflow.ts';

type Progress = Extract<Update, { type: 'progress' }>;

/** Share of the sampler nodes in the whole; the other nodes share the rest (as krita-ai-diffusion has it). */
const SAMPLING = 0.8;
/** 100 is said by the picture itself. */
const MOST = 99;

/** Whether a node denoises, step by step. */
const samples = ({ class_type, inputs }: ComfyuiGraph[string]): boolean =>
  'latent_image' in inputs || /^KSampler(Advanced)?$/.test(class_type);

/** How far a graph has come, from what its nodes say. Never falls. */
export class ComfyuiProgress {
  readonly #weights: ReadonlyMap<string, number>;
  readonly #samplers: ReadonlySet<string>;
  readonly #shares = new Map<string, number>();
  #percent = 0;
  #said = '';
  #running: string | undefined;
  #step: { readonly step: number; readonly steps: number } | undefined;

  constructor(graph: ComfyuiGraph) {
    const ids = Object.keys(graph);
    const samplers = Object.entries(graph).filter(([, node]) => samples(node));
    this.#samplers = new Set(samplers.map(([id]) => id));
    const others = ids.length - this.#samplers.size;
    const weigh = (id: string) => {
      if (this.#samplers.size === 0) return 1 / others;
      return this.#samplers.has(id) ? SAMPLING / this.#samplers.size : (1 - SAMPLING) / others;
    };
    this.#weights = new Map(ids.map((id) => [id, weigh(id)]));
  }

  /** `execution_cached`: these need no work. */
  cached(nodes: readonly string[]): void {
    for (const node of nodes) this.#finish(node);
  }

  /** `executing`: the node before is done. */
  executing(node: string): void {
    if (this.#running !== undefined && this.#running !== node) this.#finish(this.#running);
    this.#running = node;
  }

  /** `progress` of one node. */
  node(node: string, value: number, max: number): void {
    const share = max > 0 ? Math.min(1, Math.max(0, value / max)) : 0;
    this.#shares.set(node, Math.max(share, this.#shares.get(node) ?? 0));
    if (this.#samplers.has(node) && value >= 1) this.#step = { step: value, steps: max };
  }

  /** `progress_state`: every node that was begun. */
  state(nodes: Readonly<Record<string, NodeProgress>>): void {
    for (const [node, { value, max, state }] of Object.entries(nodes)) {
      if (state === 'finished') this.#finish(node);
      else this.node(node, value, max);
    }
  }

  /** What is to be said; undefined: nothing new. */
  news(): Progress | undefined {
    let sum = 0;
    let whole = 0;
    for (const [id, weight] of this.#weights) {
      whole += weight;
      sum += weight * (this.#shares.get(id) ?? 0);
    }
    const percent = whole > 0 ? Math.round((1_000 * sum) / whole) / 10 : 0;
    this.#percent = Math.max(this.#percent, Math.min(MOST, percent));
    const progress: Progress = { type: 'progress', percent: this.#percent, ...this.#step };
    const said = JSON.stringify(progress);
    if (said === this.#said) return undefined;
    this.#said = said;
    return progress;
  }

  #finish(node: string): void {
    this.#shares.set(node, 1);
  }
}
