import * as z from 'zod';
import type { Behaviour } from '../fake-backend.ts';

/** An answer that is no success, with fal's own headers. */
export interface FalFailure {
  readonly status: number;
  readonly body: { readonly detail: unknown; readonly error_type?: string };
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error of the request or of the machine under it. */
export function requestError(status: number, type: string, detail: string): FalFailure {
  return { status, body: { detail, error_type: type }, headers: { 'x-fal-error-type': type } };
}

/** An error of the model, about one field of its input. */
export function modelError(type: string, field: string, msg: string): FalFailure {
  const url = `https://docs.fal.ai/errors#${type}`;
  return { status: 422, body: { detail: [{ loc: ['body', field], msg, type, url, input: null }] } };
}

export const CANCELLED = requestError(499, 'client_cancelled', 'Request was cancelled by the client.');
export const NOT_FOUND = requestError(404, 'not_found', 'Request not found.');
export const UNAUTHORIZED: FalFailure = {
  status: 401,
  body: { detail: 'Authentication is required to access this application.' },
};
/** It waited longer than `X-Fal-Request-Timeout`. */
export const TOO_LATE: FalFailure = {
  ...requestError(504, 'request_timeout', 'Request timed out before processing started.'),
  headers: { 'x-fal-error-type': 'request_timeout', 'x-fal-request-timeout-type': 'user' },
};

/** What a planned failure answers when its result is asked for. */
export function failureOf(behaviour: Behaviour): FalFailure {
  const how = behaviour.kind === 'fails' ? behaviour.how : 'server-error';
  if (how === 'rejection') {
    const text = 'The content could not be processed because it contained material flagged by a content checker.';
    return modelError('content_policy_violation', 'prompt', text);
  }
  if (how === 'invalid') return modelError('greater_than', 'num_inference_steps', 'Input should be greater than 0');
  if (how === 'out-of-memory')
    return requestError(500, 'runner_server_error', 'CUDA out of memory. Tried to allocate 2.00 GiB.');
  return requestError(500, 'internal_server_error', 'Internal server error');
}

/** The input of its model, of the FLUX kind. */
export const FalInput = z.object({
  prompt: z.string(),
  image_size: z.optional(
    z.union([z.string(), z.object({ width: z.int().min(64).max(14_142), height: z.int().min(64).max(14_142) })]),
  ),
  num_inference_steps: z.optional(z.int().min(1).max(50)),
  guidance_scale: z.optional(z.number().min(1).max(20)),
  seed: z.optional(z.nullable(z.int())),
  num_images: z.optional(z.int().min(1).max(4)),
  image_url: z.optional(z.string().regex(/^(https?:|data:image\/)/)),
  strength: z.optional(z.number().min(0.01).max(1)),
  output_format: z.optional(z.enum(['jpeg', 'png'])),
});
export type FalInput = z.infer<typeof FalInput>;

/** The model's OpenAPI document, as `GET /api/openapi/queue/openapi.json?endpoint_id=` tells it. */
export function describeModel(model: string): object {
  const number = (type: string, minimum: number, maximum: number) => ({ type, minimum, maximum });
  return {
    openapi: '3.0.4',
    paths: {
      [`/${model}/requests/{request_id}/status`]: { get: {} },
      [`/${model}`]: {
        post: {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { $ref: '#/components/schemas/ModelInput' } } },
          },
        },
      },
    },
    components: {
      schemas: {
        ImageSize: {
          type: 'object',
          properties: { width: number('integer', 0, 14_142), height: number('integer', 0, 14_142) },
        },
        ModelInput: {
          type: 'object',
          required: ['prompt'],
          properties: {
            prompt: { type: 'string' },
            image_size: {
              anyOf: [
                { $ref: '#/components/schemas/ImageSize' },
                { type: 'string', enum: ['square_hd', 'square', 'portrait_4_3', 'landscape_4_3'] },
              ],
              default: 'landscape_4_3',
            },
            num_inference_steps: number('integer', 1, 50),
            guidance_scale: number('number', 1, 20),
            seed: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
            num_images: number('integer', 1, 4),
            enable_safety_checker: { type: 'boolean', default: true },
            output_format: { type: 'string', enum: ['jpeg', 'png'], default: 'jpeg' },
            sync_mode: { type: 'boolean', default: false },
            image_url: { type: 'string' },
            strength: number('number', 0.01, 1),
          },
        },
      },
    },
  };
}
