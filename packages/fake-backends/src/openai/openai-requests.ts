import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import * as z from 'zod';

/** Models the hosted service offers; the first three make only three sizes. */
export const MODELS = [
  'gpt-image-1-mini',
  'gpt-image-1.5',
  'chatgpt-image-latest',
  'gpt-image-2',
  'gpt-image-2.6-flare',
];
const OLD_MODELS = /^(gpt-image-1($|-mini|\.5)|chatgpt-image-latest)/;
const OLD_SIZES = ['1024x1024', '1024x1536', '1536x1024', 'auto'];

const number = (low: number, high: number) => z.coerce.number().int().min(low).max(high);
const flag = z.union([z.boolean(), z.stringbool()]);

/** Fields both endpoints take; in a form every one is text. */
const FIELDS = {
  prompt: z.string().min(1).max(32_000),
  model: z.string().optional(),
  n: number(1, 10).default(1),
  size: z
    .string()
    .regex(/^(auto|\d{1,4}x\d{1,4})$/)
    .default('auto'),
  quality: z.enum(['auto', 'low', 'medium', 'high', 'xhigh', 'max']).default('auto'),
  background: z.enum(['auto', 'transparent', 'opaque']).default('auto'),
  moderation: z.enum(['auto', 'low']).default('auto'),
  output_format: z.enum(['png', 'jpeg', 'webp']).default('png'),
  output_compression: number(0, 100).default(100),
  partial_images: number(0, 3).default(0),
  stream: flag.default(false),
  input_fidelity: z.enum(['high', 'low']).optional(),
  safety_identifier: z.string().optional(),
  user: z.string().optional(),
} as const;

/** A request for one picture, as understood. */
export interface ImageRequest extends z.output<z.ZodObject<typeof FIELDS>> {
  readonly endpoint: 'generation' | 'edit';
  readonly width: number;
  readonly height: number;
}

/** Why a request is refused, in the service's words. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly type: string;
  readonly code: string | null;
  readonly param?: string;
  /** Put into the error as it is. */
  readonly details?: Readonly<Record<string, unknown>>;
}

const invalid = (code: string, param: string, message: string): Refusal => ({
  status: 400,
  type: 'invalid_request_error',
  code,
  param,
  message,
});

/** The body of a submission: its JSON, or its form's fields, each file as its size. */
export async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const bytes = await buffer(request);
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) {
    const parsed = z.record(z.string(), z.unknown()).safeParse(JSON.parse(bytes.toString('utf8')));
    return parsed.success ? parsed.data : {};
  }
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
  const fields: Record<string, unknown> = {};
  for (const [name, value] of form) fields[name] = typeof value === 'string' ? value : { file: value.size };
  return fields;
}

/** What is wrong with a size the model does not make; the newer ones make any that can be divided by 16. */
function refuseSize(model: string, size: string): Refusal | undefined {
  if (size === 'auto') return undefined;
  if (OLD_MODELS.test(model) && !OLD_SIZES.includes(size))
    return invalid('invalid_value', 'size', `Invalid value: '${size}'. Supported values are: ${OLD_SIZES.join(', ')}.`);
  const [width = 0, height = 0] = size.split('x').map(Number);
  const fits = [width, height].every((edge) => edge > 0 && edge % 16 === 0);
  if (fits && width <= 3 * height && height <= 3 * width) return undefined;
  return invalid('invalid_value', 'size', `Invalid size '${size}'. Width and height must both be divisible by 16.`);
}

/** What only the hosted service refuses: fields, models and sizes it does not know. */
function refuseStrictly(body: Readonly<Record<string, unknown>>, parsed: z.output<z.ZodObject<typeof FIELDS>>) {
  const files = ['image', 'image[]', 'mask'];
  const unknown = Object.keys(body).find((name) => !(name in FIELDS) && !files.includes(name));
  if (unknown !== undefined) return invalid('unknown_parameter', unknown, `Unknown parameter: '${unknown}'.`);
  if (parsed.model === undefined)
    return invalid('missing_required_parameter', 'model', "Missing required parameter: 'model'.");
  if (!MODELS.includes(parsed.model)) {
    const message = `The model '${parsed.model}' does not exist or you do not have access to it.`;
    return { status: 404, type: 'invalid_request_error', code: 'model_not_found', message };
  }
  return refuseSize(parsed.model, parsed.size);
}

/** Reads a submission as the service does. A local server takes any field and any model. */
export function parseImageRequest(
  body: Readonly<Record<string, unknown>>,
  { endpoint, strict }: { readonly endpoint: ImageRequest['endpoint']; readonly strict: boolean },
): { readonly request: ImageRequest } | { readonly refusal: Refusal } {
  const parsed = z.object(FIELDS).safeParse(body);
  if (!parsed.success) {
    const param = String(parsed.error.issues[0]?.path[0] ?? '');
    if (param === 'prompt' && !strict) return { refusal: { ...invalid('', '', 'prompt required') } };
    return { refusal: invalid('invalid_value', param, `Invalid value for '${param}'.`) };
  }
  if (endpoint === 'edit' && !('image' in body) && !('image[]' in body))
    return { refusal: invalid('missing_required_parameter', 'image', "Missing required parameter: 'image'.") };
  const refusal = strict ? refuseStrictly(body, parsed.data) : undefined;
  if (refusal !== undefined) return { refusal };
  const [width = 1024, height = 1024] = parsed.data.size === 'auto' ? [] : parsed.data.size.split('x').map(Number);
  return { request: { ...parsed.data, endpoint, width, height } };
}
