import { type CreateJobRequest, type JobOptions, LIMITS } from '@darkroom/protocol';

export const SIZES = ['512', '768', '1024'] as const;

/** The form as typed: everything is text until it is sent. */
export interface FormValues {
  readonly prompt: string;
  readonly size: string;
  readonly steps: string;
  readonly style: string;
  readonly seed: string;
}

export type FieldName = keyof FormValues;

/** What is wrong with a field; the form has the words for it. */
export type FieldProblem = 'empty' | 'long' | 'control' | 'range';

export const EMPTY_FORM: FormValues = {
  prompt: '',
  size: '512',
  steps: String(LIMITS.defaultSteps),
  style: 'none',
  seed: '',
};

/** The form as an address asks for it: `/?prompt=…&size=…&steps=…&style=…&seed=…`. */
export function valuesFromQuery(query: URLSearchParams): FormValues {
  const size = query.get('size') ?? '';
  return {
    prompt: query.get('prompt') ?? EMPTY_FORM.prompt,
    size: SIZES.some((known) => known === size) ? size : EMPTY_FORM.size,
    steps: query.get('steps') ?? EMPTY_FORM.steps,
    style: query.get('style') ?? EMPTY_FORM.style,
    seed: query.get('seed') ?? EMPTY_FORM.seed,
  };
}

function isWhole(text: string, min: number, max: number): boolean {
  return /^\d+$/.test(text.trim()) && Number(text) >= min && Number(text) <= max;
}

function promptProblem(prompt: string): FieldProblem | undefined {
  const trimmed = prompt.trim();
  if (trimmed === '') return 'empty';
  if (trimmed.length > LIMITS.promptChars) return 'long';
  return /[^\P{Cc}\n\r\t]/u.test(trimmed) ? 'control' : undefined;
}

/** Every field that the server would refuse, and why. */
export function problemsOf(values: FormValues): Partial<Record<FieldName, FieldProblem>> {
  const prompt = promptProblem(values.prompt);
  const stepsFit = isWhole(values.steps, LIMITS.minSteps, LIMITS.maxSteps);
  const seedFits = values.seed.trim() === '' || isWhole(values.seed, 0, LIMITS.maxSeed);
  return {
    ...(prompt !== undefined && { prompt }),
    ...(!stepsFit && { steps: 'range' }),
    ...(!seedFits && { seed: 'range' }),
  };
}

/** The request a valid form makes. */
export function requestOf(values: FormValues): CreateJobRequest {
  const size = SIZES.find((known) => known === values.size);
  const options: JobOptions = {
    ...(size !== undefined && { size }),
    steps: Number(values.steps),
    ...(values.style !== 'none' && values.style !== '' && { style: values.style }),
    ...(values.seed.trim() !== '' && { seed: Number(values.seed) }),
  };
  return { prompt: values.prompt.trim(), options };
}
