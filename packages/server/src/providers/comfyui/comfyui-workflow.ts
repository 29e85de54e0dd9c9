import * as z from 'zod';

/** A graph in API format, as POST `/prompt` takes it: nodes by id. */
export const ComfyuiGraph = z.record(
  z.string(),
  z.looseObject({
    class_type: z.string(),
    inputs: z.record(z.string(), z.unknown()),
    _meta: z.looseObject({ title: z.string().optional() }).optional(),
  }),
);
export type ComfyuiGraph = z.infer<typeof ComfyuiGraph>;

/** What a workflow may leave open, and what stands there where neither the job nor the workflow says it. */
const PLACEHOLDERS = {
  prompt: '',
  negative: '',
  seed: 0,
  steps: 20,
  cfg: 8,
  sampler: 'euler',
  scheduler: 'normal',
  size: 512,
  width: 512,
  height: 512,
  model: '',
  image: '',
  strength: 1,
} as const;
export type Placeholder = keyof typeof PLACEHOLDERS;
/** Values of one job. Undefined: the workflow's own default, else the table's. */
export type WorkflowValues = Readonly<Partial<Record<Placeholder, string | number | undefined>>>;

const NAMES = Object.keys(PLACEHOLDERS).join(', ');
const isPlaceholder = (name: string): name is Placeholder => Object.hasOwn(PLACEHOLDERS, name);

/** `{{name}}`, or `{{name|default}}`. */
const MARK = /\{\{\s*([^{}|]*?)\s*(?:\|([^{}]*))?\}\}/g;

/** An input of a class of nodes: where `/object_info` lists what can be chosen. */
export interface ListedInput {
  readonly classType: string;
  readonly input: string;
}

/** A graph with placeholders. */
export interface ComfyuiWorkflow {
  readonly placeholders: ReadonlySet<Placeholder>;
  /** The node whose picture is the job's. */
  readonly saveNode: string;
  /** Where `{{model}}` and `{{sampler}}` are the whole value of an input. */
  readonly model: ListedInput | undefined;
  readonly sampler: ListedInput | undefined;
  /** The model it names by itself, as in `{{model|name.safetensors}}`. */
  readonly ownModel: string | undefined;
  /** The graph of one job. What a person wrote is never searched for placeholders. */
  fill(values: WorkflowValues): ComfyuiGraph;
}

/** Every text at the inputs of a graph, with its node's class and the input's name. */
function* textsOf(graph: ComfyuiGraph): Generator<ListedInput & { readonly text: string }> {
  for (const { class_type, inputs } of Object.values(graph))
    for (const [input, value] of Object.entries(inputs))
      for (const text of stringsIn(value)) yield { classType: class_type, input, text };
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

function replaceIn(value: unknown, change: (text: string) => string | number): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => replaceIn(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaceIn(item, change)]));
}

/** The value of a placeholder, of the placeholder's own type: numbers stay numbers. */
function chooseValue(name: Placeholder, ownDefault: string | undefined, values: WorkflowValues): string | number {
  const otherwise = PLACEHOLDERS[name];
  const own = ownDefault !== undefined && typeof otherwise === 'number' ? Number(ownDefault) : ownDefault;
  return values[name] ?? own ?? otherwise;
}

function fillText(text: string, values: WorkflowValues): string | number {
  const only = [...text.matchAll(MARK)][0];
  const value = (name: string | undefined, own: string | undefined) =>
    name !== undefined && isPlaceholder(name) ? chooseValue(name, own, values) : '';
  if (only?.[0] === text) return value(only[1], only[2]);
  return text.replace(MARK, (_, name: string, own: string | undefined) => String(value(name, own)));
}

function checkMark(name: string, own: string | undefined): Placeholder {
  if (!isPlaceholder(name)) throw new Error(`has an unknown placeholder {{${name}}}; it may have ${NAMES}`);
  const takesNumber = typeof PLACEHOLDERS[name] === 'number';
  if (own !== undefined && takesNumber && (own.trim() === '' || Number.isNaN(Number(own))))
    throw new Error(`has {{${name}|${own}}}: the default must be a number`);
  return name;
}

function findSaveNode(graph: ComfyuiGraph): string {
  const nodes = Object.entries(graph);
  const titled = nodes.filter(([, node]) => node._meta?.title?.toLowerCase() === 'darkroom');
  const found = titled.length > 0 ? titled : nodes.filter(([, { class_type }]) => class_type === 'SaveImage');
  const [first, ...more] = found;
  if (first === undefined) throw new Error('has no SaveImage node, and no node with the title "Darkroom"');
  if (more.length > 0) throw new Error('has several nodes that save: give the one that counts the title "Darkroom"');
  return first[0];
}

/** What a kind of workflow cannot do without; one of each line. */
const NEEDED: Readonly<Record<'text' | 'image', readonly (readonly Placeholder[])[]>> = {
  text: [['prompt'], ['size', 'width'], ['size', 'height']],
  image: [['prompt'], ['image'], ['strength']],
};

/** Reads a graph with placeholders. Throws an `Error` that goes on after the workflow's name: “has no …”. */
export function parseWorkflow(json: unknown, kind: 'text' | 'image'): ComfyuiWorkflow {
  if (z.looseObject({ nodes: z.array(z.unknown()), links: z.array(z.unknown()) }).safeParse(json).success)
    throw new Error('is in the editor’s format: use “Export (API)” in ComfyUI');
  const parsed = ComfyuiGraph.safeParse(json);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new Error(`is not a workflow in API format: ${where === '' ? 'expected nodes by id' : `see "${where}"`}`);
  }
  const graph = parsed.data;
  const marks = [...textsOf(graph)].flatMap(({ text, ...at }) =>
    [...text.matchAll(MARK)].map(([whole, name = '', own]) => ({
      ...at,
      name: checkMark(name, own),
      own,
      isWhole: whole === text,
    })),
  );
  const placeholders = new Set(marks.map(({ name }) => name));
  for (const choice of NEEDED[kind])
    if (!choice.some((name) => placeholders.has(name)))
      throw new Error(`has no placeholder ${choice.map((name) => `{{${name}}}`).join(' or ')}`);
  const listed = (wanted: Placeholder) => marks.find(({ name, isWhole }) => isWhole && name === wanted);
  return {
    placeholders,
    saveNode: findSaveNode(graph),
    model: listed('model'),
    sampler: listed('sampler'),
    ownModel: listed('model')?.own,
    fill: (values) => ComfyuiGraph.parse(replaceIn(graph, (text) => fillText(text, values))),
  };
}

const node = (class_type: string, inputs: Readonly<Record<string, unknown>>) => ({ class_type, inputs });

/** The graph of ComfyUI's own first example (`script_examples/basic_api_example.py`), open where a job decides. */
const COMMON = {
  '3': node('KSampler', {
    seed: '{{seed}}',
    steps: '{{steps}}',
    cfg: '{{cfg}}',
    sampler_name: '{{sampler}}',
    scheduler: '{{scheduler}}',
    denoise: '{{strength}}',
    model: ['4', 0],
    positive: ['6', 0],
    negative: ['7', 0],
    latent_image: ['5', 0],
  }),
  '4': node('CheckpointLoaderSimple', { ckpt_name: '{{model}}' }),
  '6': node('CLIPTextEncode', { text: '{{prompt}}', clip: ['4', 1] }),
  '7': node('CLIPTextEncode', { text: '{{negative}}', clip: ['4', 1] }),
  '8': node('VAEDecode', { samples: ['3', 0], vae: ['4', 2] }),
  '9': node('SaveImage', { filename_prefix: 'darkroom', images: ['8', 0] }),
};

/** Text to image, for any checkpoint that is one file. */
export const TEXT_TO_IMAGE = parseWorkflow(
  { ...COMMON, '5': node('EmptyLatentImage', { width: '{{size}}', height: '{{size}}', batch_size: 1 }) },
  'text',
);

/** The same, beginning with a picture instead of noise. */
export const IMAGE_TO_IMAGE = parseWorkflow(
  {
    ...COMMON,
    '5': node('VAEEncode', { pixels: ['10', 0], vae: ['4', 2] }),
    '10': node('LoadImage', { image: '{{image}}' }),
  },
  'image',
);
