import { type CreateJobRequest, ImagePath, type JobOptions, LIMITS, toStorable } from '@darkroom/protocol';
import { namesOf, type Offered, someCan } from './offered.ts';

export const SIZES = ['512', '768', '1024'] as const;

/** In the order of the form. */
export const FIELDS = [
  'prompt',
  'size',
  'steps',
  'style',
  'provider',
  'count',
  'seed',
  'model',
  'sampler',
  'cfg',
  'negativePrompt',
  'image',
  'strength',
] as const;
export type FieldName = (typeof FIELDS)[number];

/** The form as typed: everything is text until it is sent. Empty: left to the backend, or to chance. */
export type FormValues = Readonly<Record<FieldName, string>>;

/** What is wrong with a field; the form has the words for it. */
export type FieldProblem = 'empty' | 'long' | 'control' | 'range' | 'unsupported';
export type Problems = Readonly<Partial<Record<FieldName, FieldProblem>>>;

export const EMPTY_FORM: FormValues = {
  prompt: '',
  size: '512',
  steps: String(LIMITS.defaultSteps),
  style: 'none',
  provider: '',
  model: '',
  sampler: '',
  negativePrompt: '',
  cfg: '',
  seed: '',
  count: '1',
  image: '',
  strength: String(LIMITS.defaultStrength),
};

/** The fields that stand under “Advanced settings”. */
const ADVANCED = ['provider', 'count', 'seed', 'model', 'sampler', 'cfg', 'negativePrompt', 'image'] as const;

export function isAdvanced(field: FieldName): boolean {
  return ADVANCED.some((known) => known === field);
}

/** How many of the advanced settings are not as they are by default. */
export function advancedCount(values: FormValues): number {
  return ADVANCED.filter((field) => values[field] !== EMPTY_FORM[field]).length;
}

/** What the form takes from an address; of anything else it keeps its default. */
const ACCEPTED: Readonly<Partial<Record<FieldName, (value: string) => boolean>>> = {
  size: (value) => SIZES.some((known) => known === value),
  count: (value) => isWhole(value, 1, LIMITS.maxCount),
  image: (value) => ImagePath.safeParse(value).success,
  strength: (value) => isNumber(value, 0, 1),
};

/** The form as an address asks for it: `/?prompt=…&size=…&steps=…`, each option by its name. */
export function valuesFromQuery(query: URLSearchParams): FormValues {
  const given: Partial<Record<FieldName, string>> = {};
  for (const field of FIELDS) {
    const value = query.get(field);
    if (value !== null && (ACCEPTED[field]?.(value) ?? true)) given[field] = value;
  }
  return { ...EMPTY_FORM, ...given };
}

function isNumber(text: string, min: number, max: number): boolean {
  return /^\d+(\.\d+)?$/.test(text.trim()) && Number(text) >= min && Number(text) <= max;
}

function isWhole(text: string, min: number, max: number): boolean {
  return /^\d+$/.test(text.trim()) && isNumber(text, min, max);
}

function textProblem(text: string, maxChars: number): FieldProblem | undefined {
  const trimmed = text.trim();
  if (trimmed.length > maxChars) return 'long';
  return toStorable(trimmed, maxChars) === trimmed ? undefined : 'control';
}

function promptProblem(prompt: string): FieldProblem | undefined {
  return prompt.trim() === '' ? 'empty' : textProblem(prompt, LIMITS.promptChars);
}

function nameProblem(offered: Offered, kind: 'models' | 'samplers', name: string): FieldProblem | undefined {
  if (name.trim().length > LIMITS.nameChars) return 'long';
  const { names, open } = namesOf(offered, kind);
  return name.trim() === '' || open || names.includes(name.trim()) ? undefined : 'unsupported';
}

/** What no backend that may be given the job can do. */
function unsupported(values: FormValues, offered: Offered): Problems {
  const { size, negativePrompt, cfg, image } = values;
  return {
    ...(!someCan(offered, (can) => can.sizes.some((known) => known === size)) && { size: 'unsupported' }),
    ...(negativePrompt.trim() !== '' &&
      !someCan(offered, (can) => can.negativePrompt) && { negativePrompt: 'unsupported' }),
    ...(cfg.trim() !== '' && !someCan(offered, (can) => can.cfg) && { cfg: 'unsupported' }),
    ...(image !== '' && !someCan(offered, (can) => can.imageToImage) && { image: 'unsupported' }),
  };
}

/** Every field that the server would refuse, and why. */
export function problemsOf(values: FormValues, offered?: Offered): Problems {
  const prompt = promptProblem(values.prompt);
  const negativePrompt = textProblem(values.negativePrompt, LIMITS.negativePromptChars);
  const model = nameProblem(offered, 'models', values.model);
  const sampler = nameProblem(offered, 'samplers', values.sampler);
  const stepsFit = isWhole(values.steps, LIMITS.minSteps, LIMITS.maxSteps);
  const seedFits = values.seed.trim() === '' || isWhole(values.seed, 0, LIMITS.maxSeed);
  const cfgFits = values.cfg.trim() === '' || isNumber(values.cfg, 0, LIMITS.maxCfg);
  return {
    ...unsupported(values, offered),
    ...(prompt !== undefined && { prompt }),
    ...(model !== undefined && { model }),
    ...(sampler !== undefined && { sampler }),
    ...(!stepsFit && { steps: 'range' }),
    ...(!seedFits && { seed: 'range' }),
    ...(!cfgFits && { cfg: 'range' }),
    ...(negativePrompt !== undefined && { negativePrompt }),
  };
}

function filled(value: string): string | undefined {
  return value.trim() === '' ? undefined : value.trim();
}

function numberOf(value: string): number | undefined {
  return value.trim() === '' ? undefined : Number(value);
}

/** The request a valid form makes; what is left to the backend or to chance is undefined. */
export function requestOf(values: FormValues): CreateJobRequest {
  const { image, count } = values;
  const options: JobOptions = {
    size: SIZES.find((known) => known === values.size),
    steps: Number(values.steps),
    style: values.style === 'none' ? undefined : filled(values.style),
    provider: filled(values.provider),
    model: filled(values.model),
    sampler: filled(values.sampler),
    negativePrompt: filled(values.negativePrompt),
    cfg: numberOf(values.cfg),
    seed: numberOf(values.seed),
    count: count === EMPTY_FORM.count ? undefined : Number(count),
    image: filled(image),
    strength: image === '' ? undefined : Number(values.strength),
  };
  return { prompt: values.prompt.trim(), options };
}

/** The field that a refusal names as `options.<field>`. */
export function fieldOf(refused: string | undefined): FieldName | undefined {
  return FIELDS.find((field) => refused === `options.${field}`);
}
