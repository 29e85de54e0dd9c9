import * as z from 'zod';

/** Which generation of the server is spoken: v0.3.64, or the files of 2026. */
export type ComfyDialect = '0.3' | '2026';

/** A graph in API format. */
export const Graph = z.record(
  z.string(),
  z.looseObject({ class_type: z.string().optional(), inputs: z.record(z.string(), z.unknown()).default({}) }),
);
export type Graph = z.infer<typeof Graph>;

/** The output of another node: its id and the number of the output. */
export const NodeLink = z.tuple([z.string(), z.number()]);

/** What one input of a node takes. */
export type InputSpec =
  | { readonly kind: 'link' }
  | { readonly kind: 'text' }
  | { readonly kind: 'combo'; readonly options: readonly string[] }
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly whole: boolean };

/** A class of nodes, as far as this fake knows it. */
export interface NodeClass {
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** It ends a graph: what hangs on none of these is not run. */
  readonly isOutput: boolean;
  /** It denoises, step by step. */
  readonly samples: boolean;
}

/** What is installed at the fake. */
export interface Installed {
  readonly checkpoints: readonly string[];
  /** Files in the folder `input`. */
  readonly inputImages: () => readonly string[];
}

const SAMPLERS = ['euler', 'euler_ancestral', 'dpmpp_2m', 'dpmpp_2m_sde', 'uni_pc'];
const SCHEDULERS = ['normal', 'karras', 'simple', 'sgm_uniform'];

const LINK: InputSpec = { kind: 'link' };
const TEXT: InputSpec = { kind: 'text' };
const combo = (options: readonly string[]): InputSpec => ({ kind: 'combo', options });
const int = (min: number, max: number): InputSpec => ({ kind: 'number', min, max, whole: true });
const float = (min: number, max: number): InputSpec => ({ kind: 'number', min, max, whole: false });
const node = (inputs: NodeClass['inputs'], more: Partial<NodeClass> = {}): NodeClass => ({
  inputs,
  isOutput: false,
  samples: false,
  ...more,
});

const EDGE = int(16, 16_384);
const LATENT = { width: EDGE, height: EDGE, batch_size: int(1, 4_096) };
const SAMPLER = {
  model: LINK,
  steps: int(1, 10_000),
  cfg: float(0, 100),
  sampler_name: combo(SAMPLERS),
  scheduler: combo(SCHEDULERS),
  positive: LINK,
  negative: LINK,
  latent_image: LINK,
};

/** The classes there are; built anew for each question, since files come and go. */
export function nodeClasses({ checkpoints, inputImages }: Installed): ReadonlyMap<string, NodeClass> {
  return new Map([
    ['CheckpointLoaderSimple', node({ ckpt_name: combo(checkpoints) })],
    [
      'UNETLoader',
      node({ unet_name: combo(['flux1-dev.safetensors']), weight_dtype: combo(['default', 'fp8_e4m3fn']) }),
    ],
    ['CLIPTextEncode', node({ text: TEXT, clip: LINK })],
    ['EmptyLatentImage', node(LATENT)],
    ['LoadImage', node({ image: combo(inputImages()) })],
    ['VAEEncode', node({ pixels: LINK, vae: LINK })],
    ['VAEDecode', node({ samples: LINK, vae: LINK })],
    ['KSampler', node({ ...SAMPLER, seed: int(0, 2 ** 64 - 1), denoise: float(0, 1) }, { samples: true })],
    ['KSamplerAdvanced', node({ ...SAMPLER, noise_seed: int(0, 2 ** 64 - 1) }, { samples: true })],
    ['SaveImage', node({ images: LINK, filename_prefix: TEXT }, { isOutput: true })],
    ['PreviewImage', node({ images: LINK }, { isOutput: true })],
  ]);
}

/** How `/object_info` describes one input: combos changed their shape in 2026. */
function describeInput(spec: InputSpec, dialect: ComfyDialect): unknown {
  if (spec.kind === 'combo') return dialect === '2026' ? ['COMBO', { options: spec.options }] : [spec.options, {}];
  if (spec.kind === 'number') return [spec.whole ? 'INT' : 'FLOAT', { min: spec.min, max: spec.max }];
  return spec.kind === 'text' ? ['STRING', { multiline: true }] : ['*'];
}

/** The entry of a class in `/object_info`. */
export function describeClass(name: string, { inputs, isOutput }: NodeClass, dialect: ComfyDialect): object {
  const required = Object.fromEntries(Object.entries(inputs).map(([key, spec]) => [key, describeInput(spec, dialect)]));
  return { input: { required }, output_node: isOutput, name, display_name: name };
}

/** The nodes that `id` hangs on and itself, those it hangs on first. A link to a missing node throws. */
export function ancestors(graph: Graph, id: string, found: Set<string> = new Set()): Set<string> {
  const inputs = Object.values(graph[id]?.inputs ?? {});
  for (const input of inputs) {
    const link = NodeLink.safeParse(input);
    if (link.success && !found.has(link.data[0])) ancestors(graph, link.data[0], found);
  }
  return found.add(id);
}
