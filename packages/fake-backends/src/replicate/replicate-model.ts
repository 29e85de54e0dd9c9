import * as z from 'zod';

/** A field of a model's `Input` schema as Cog writes it. */
export type InputProperties = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What a model of the SDXL kind takes. */
export const SDXL_INPUT: InputProperties = {
  prompt: { type: 'string', title: 'Prompt', default: 'An astronaut riding a rainbow unicorn', 'x-order': 0 },
  negative_prompt: { type: 'string', title: 'Negative Prompt', default: '', 'x-order': 1 },
  image: { type: 'string', title: 'Image', format: 'uri', 'x-order': 2 },
  width: { type: 'integer', title: 'Width', default: 1024, 'x-order': 3 },
  height: { type: 'integer', title: 'Height', default: 1024, 'x-order': 4 },
  num_outputs: { type: 'integer', title: 'Num Outputs', default: 1, maximum: 4, minimum: 1, 'x-order': 5 },
  scheduler: { allOf: [{ $ref: '#/components/schemas/scheduler' }], default: 'K_EULER', 'x-order': 6 },
  num_inference_steps: { type: 'integer', default: 50, maximum: 500, minimum: 1, 'x-order': 7 },
  guidance_scale: { type: 'number', default: 7.5, maximum: 50, minimum: 1, 'x-order': 8 },
  prompt_strength: { type: 'number', default: 0.8, maximum: 1, minimum: 0, 'x-order': 9 },
  seed: { type: 'integer', title: 'Seed', 'x-order': 10 },
  output_format: { allOf: [{ $ref: '#/components/schemas/output_format' }], default: 'webp', 'x-order': 11 },
};

/** What a model of the FLUX kind takes: the shape by its ratio, the size by its megapixels. */
export const FLUX_INPUT: InputProperties = {
  prompt: { type: 'string', title: 'Prompt', 'x-order': 0 },
  aspect_ratio: { allOf: [{ $ref: '#/components/schemas/aspect_ratio' }], default: '1:1', 'x-order': 1 },
  num_outputs: { type: 'integer', default: 1, maximum: 4, minimum: 1, 'x-order': 2 },
  num_inference_steps: { type: 'integer', default: 4, maximum: 4, minimum: 1, 'x-order': 3 },
  seed: { type: 'integer', title: 'Seed', 'x-order': 4 },
  megapixels: { allOf: [{ $ref: '#/components/schemas/megapixels' }], default: '1', 'x-order': 5 },
  output_format: { allOf: [{ $ref: '#/components/schemas/output_format' }], default: 'webp', 'x-order': 6 },
};

const ENUMS = {
  scheduler: ['DDIM', 'DPMSolverMultistep', 'HeunDiscrete', 'K_EULER', 'K_EULER_ANCESTRAL', 'PNDM'],
  output_format: ['webp', 'jpg', 'png'],
  aspect_ratio: ['1:1', '16:9', '9:16', '4:3', '3:4'],
  megapixels: ['1', '0.25'],
};

/** The version of the model that is run; 64 hex digits. */
export const VERSION = '7762fd07cf82c948538e41f63f77d685e02b063e37e496e96eefd46c929f9bdc';

/** A version as `GET /models/{owner}/{name}` and `…/versions/{id}` tell it. */
export function describeVersion(properties: InputProperties): object {
  const enums = Object.entries(ENUMS).map(([name, values]) => [
    name,
    { title: name, description: 'An enumeration.', type: 'string', enum: values },
  ]);
  return {
    id: VERSION,
    created_at: '2026-01-08T12:00:00.000Z',
    cog_version: '0.9.9',
    openapi_schema: {
      openapi: '3.0.2',
      components: {
        schemas: {
          Input: { type: 'object', title: 'Input', properties, required: ['prompt'] },
          Output: { type: 'array', items: { type: 'string', format: 'uri' }, title: 'Output' },
          ...Object.fromEntries(enums),
        },
      },
    },
  };
}

const edge = z.optional(z.int().check(z.multipleOf(8)));

/** The input it takes; what its schema does not name is ignored, as Cog does. */
export const ModelInput = z.object({
  prompt: z.string(),
  negative_prompt: z.optional(z.string()),
  width: edge,
  height: edge,
  megapixels: z.optional(z.enum(['1', '0.25'])),
  aspect_ratio: z.optional(z.string()),
  num_inference_steps: z.optional(z.int().min(1).max(500)),
  guidance_scale: z.optional(z.number().min(1).max(50)),
  scheduler: z.optional(z.string()),
  seed: z.optional(z.int().min(0)),
  image: z.optional(z.string().regex(/^(https?:|data:image\/)/)),
  prompt_strength: z.optional(z.number().min(0).max(1)),
  output_format: z.optional(z.enum(['webp', 'jpg', 'png'])),
});
export type ModelInput = z.infer<typeof ModelInput>;

/** The refusal of an input, as the API answers it with status 422. */
export function inputProblem(issues: readonly z.core.$ZodIssue[]): object {
  const fields = issues.map(({ path, message }) => ({
    type: 'validation',
    field: `input.${path.join('.')}`,
    description: message,
  }));
  return {
    title: 'Input validation failed',
    detail: fields.map(({ field, description }) => `- ${field}: ${description}\n`).join(''),
    status: 422,
    invalid_fields: fields,
  };
}
