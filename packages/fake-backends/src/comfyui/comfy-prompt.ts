import type { Behaviour } from '../fake-backend.ts';
import type { PictureSubject } from '../fake-picture.ts';
import { type Graph, type NodeClass, NodeLink } from './comfy-nodes.ts';

/** Ways of one submission that only ComfyUI has. */
export type ComfyQuirk =
  /** A branch is blocked in the middle: an `execution_error` that ends nothing. */
  | 'execution-blocked'
  /** The sampler throws. */
  | 'node-exception'
  /** A node that calls a service on the internet loses its connection. */
  | 'api-connection-error'
  /** The history is written a while after the end was announced: when it has been asked for a few times. */
  | 'late-history'
  /** The history is cleared at once, by somebody else. */
  | 'cleared-history'
  /** The run ends well, but the save node was blocked and has no picture. */
  | 'no-picture'
  /** The work is taken, and the connection breaks before the answer. */
  | 'lost-answer'
  /** The connection breaks before the work is taken. */
  | 'lost-request';

/** A file that a node has saved. */
export interface SavedFile {
  readonly filename: string;
  readonly subfolder: string;
  readonly type: 'output' | 'temp';
}

/** Queued work, as `/queue` tells it and the executor runs it. */
export interface ComfyPrompt {
  readonly number: number;
  readonly id: string;
  readonly graph: Graph;
  readonly extraData: Readonly<Record<string, unknown>>;
  readonly outputs: readonly string[];
  /** The socket that hears of it; undefined: `progress` and previews go to everybody, the rest to nobody. */
  readonly owner: string | undefined;
  readonly behaviour: Behaviour;
  readonly quirk: ComfyQuirk | undefined;
  /** Kept in the queue. */
  held: boolean;
}

/** One element of `/queue`. */
export const queueItem = ({ number, id, graph, extraData, outputs }: ComfyPrompt) => [
  number,
  id,
  graph,
  extraData,
  outputs,
];

/** The text or number at an input, following links. */
function valueAt(graph: Graph, id: string | undefined, names: readonly string[]): unknown {
  const inputs = graph[id ?? '']?.inputs ?? {};
  for (const name of names) {
    const link = NodeLink.safeParse(inputs[name]);
    const value = link.success ? valueAt(graph, link.data[0], names) : inputs[name];
    if (value !== undefined) return value;
  }
  return undefined;
}

const linked = (graph: Graph, id: string, name: string): string | undefined => {
  const link = NodeLink.safeParse(graph[id]?.inputs[name]);
  return link.success ? link.data[0] : undefined;
};

/** What a graph asks to be painted: the words, seed and size of its (first) sampler. */
export function subjectOf(graph: Graph, classes: ReadonlyMap<string, NodeClass>): PictureSubject {
  const sampler = Object.keys(graph).find((id) => classes.get(graph[id]?.class_type ?? '')?.samples);
  const from = sampler ?? '';
  const latent = linked(graph, from, 'latent_image');
  const number = (value: unknown, otherwise: number) => (typeof value === 'number' ? value : otherwise);
  return {
    prompt: String(valueAt(graph, linked(graph, from, 'positive'), ['text']) ?? ''),
    seed: number(valueAt(graph, from, ['seed', 'noise_seed']), 0),
    width: number(valueAt(graph, latent, ['width']), 512),
    height: number(valueAt(graph, latent, ['height']), 512),
  };
}

/** What makes a node's result: its class and inputs, and those of all it hangs on. Equal ones need not run again. */
export function signature(graph: Graph, id: string): string {
  const { class_type, inputs = {} } = graph[id] ?? {};
  const parts = Object.entries(inputs).map(([name, value]) => {
    const link = NodeLink.safeParse(value);
    return [name, link.success ? [signature(graph, link.data[0]), link.data[1]] : value];
  });
  return JSON.stringify([class_type, parts]);
}
