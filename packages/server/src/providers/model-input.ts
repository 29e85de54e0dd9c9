import type { EncodedImage, GenerateRequest, ProviderCapabilities } from '../provider.ts';
import type { FixedInput } from './fixed-input.ts';
import type { InputField, InputFields } from './model-schema.ts';

/** What hosted models call the same thing, the commonest name first. */
const NAMES = {
  negativePrompt: ['negative_prompt'],
  steps: ['num_inference_steps', 'steps', 'num_steps'],
  cfg: ['guidance_scale', 'guidance', 'cfg_scale', 'cfg'],
  seed: ['seed'],
  sampler: ['scheduler', 'sampler'],
  image: ['image', 'image_url', 'init_image', 'input_image', 'image_urls', 'image_input', 'input_images'],
  strength: ['prompt_strength', 'strength'],
  count: ['num_outputs', 'num_images'],
} as const;

const EDGES = ['512', '768', '1024'] as const;
/** Edge of models that choose their pictures' size themselves, or by their shape alone. */
const USUAL_EDGE = 1_024;

type Input = Readonly<Record<string, unknown>>;

/** The capabilities that the model's input decides. */
export type InputCapabilities = Pick<
  ProviderCapabilities,
  'sizes' | 'samplers' | 'steps' | 'seed' | 'negativePrompt' | 'cfg' | 'imageToImage'
>;

/** A request in the words of one hosted model: only fields that it has, within their bounds. */
export class ModelInput {
  readonly #fields: InputFields;
  readonly #fixed: FixedInput;

  /** `fixed` goes into every input as it is, and is nobody else's to set. */
  constructor(fields: InputFields, fixed: FixedInput) {
    this.#fields = new Map([...fields].filter(([name]) => !(name in fixed)));
    this.#fixed = fixed;
  }

  get capabilities(): InputCapabilities {
    const has = (meaning: keyof typeof NAMES) => this.#find(meaning) !== undefined;
    return {
      sizes: EDGES.filter((edge) => sizeInput(this.#fields, Number(edge)) !== undefined),
      samplers: this.#find('sampler')?.field.values?.filter((value) => typeof value === 'string') ?? [],
      steps: has('steps'),
      seed: has('seed'),
      negativePrompt: has('negativePrompt'),
      cfg: has('cfg'),
      imageToImage: has('image'),
    };
  }

  build(request: GenerateRequest): Input {
    const { size, input } = request;
    return {
      ...this.#number('count', 1),
      prompt: request.prompt,
      ...this.#set('negativePrompt', request.negativePrompt),
      ...(sizeInput(this.#fields, size) ?? sizeInput(this.#fields, USUAL_EDGE)),
      ...this.#number('steps', request.steps),
      ...this.#number('cfg', request.cfg),
      ...this.#seed(request.seed),
      ...this.#set('sampler', request.sampler),
      ...(input !== undefined && this.#image(input.image)),
      ...this.#number('strength', input?.strength),
      ...this.#fixed,
    };
  }

  #find(meaning: keyof typeof NAMES): { readonly name: string; readonly field: InputField } | undefined {
    for (const name of NAMES[meaning]) {
      const field = this.#fields.get(name);
      if (field !== undefined) return { name, field };
    }
    return undefined;
  }

  #set(meaning: keyof typeof NAMES, value: unknown): Input {
    const name = this.#find(meaning)?.name;
    return name === undefined || value === undefined ? {} : { [name]: value };
  }

  #number(meaning: keyof typeof NAMES, value: number | undefined): Input {
    if (value === undefined) return {};
    const { minimum = value, maximum = value } = this.#find(meaning)?.field ?? {};
    return this.#set(meaning, Math.max(minimum, Math.min(maximum, value)));
  }

  /** A seed beyond the model's largest is folded into its range: the same seed still gives the same picture. */
  #seed(seed: number): Input {
    const maximum = this.#find('seed')?.field.maximum;
    return this.#set('seed', maximum === undefined || maximum < 1 ? seed : seed % (maximum + 1));
  }

  #image({ bytes, type }: EncodedImage): Input {
    const url = `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
    return this.#set('image', this.#find('image')?.field.types.has('array') === true ? [url] : url);
  }
}

/** The fields that make a square of this edge; undefined if the model makes none. */
function sizeInput(fields: InputFields, edge: number): Input | undefined {
  const [width, height, imageSize] = [fields.get('width'), fields.get('height'), fields.get('image_size')];
  const ratio = fields.get('aspect_ratio');
  if (imageSize !== undefined) {
    const value = namedSize(imageSize, edge);
    return value === undefined ? undefined : { image_size: value };
  }
  if (width !== undefined && height !== undefined) {
    if (!takes(width, edge) || !takes(height, edge)) return undefined;
    const free = ratio?.values?.includes('custom') ? { aspect_ratio: 'custom' } : {};
    return { width: edge, height: edge, ...free };
  }
  const text = `${edge}x${edge}`;
  if (fields.get('size')?.values?.includes(text)) return { size: text };
  const square = ratio !== undefined && takes(ratio, '1:1') ? { aspect_ratio: '1:1' } : {};
  const megapixels = fields.get('megapixels')?.values?.find((value) => Number(value) === (edge / 1_024) ** 2);
  if (megapixels !== undefined) return { ...square, megapixels };
  return edge === USUAL_EDGE ? square : undefined;
}

function takes({ values, minimum, maximum }: InputField, value: string | number): boolean {
  if (values !== undefined) return values.includes(value);
  return typeof value === 'string' || (value >= (minimum ?? 0) && value <= (maximum ?? value));
}

/** A square for fal's `image_size`: its edges, or one of its names. */
function namedSize({ types, values }: InputField, edge: number): unknown {
  if (types.has('object') || values === undefined) return { width: edge, height: edge };
  const name = { 512: 'square', 1024: 'square_hd' }[edge];
  return name !== undefined && values.includes(name) ? name : undefined;
}
