import * as z from 'zod';
import type { GenerateRequest } from '../../provider.ts';
import type { OpenaiConfig } from './openai-config.ts';

/** Answer of `GET /models`; local servers leave out all but the ids. */
export const ModelsAnswer = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Answer of `POST /images/generations` and `/images/edits` without a stream. Each picture is base64, or at a URL. */
export const ImagesAnswer = z.object({
  data: z.array(z.object({ b64_json: z.string().nullish(), url: z.string().nullish() })).min(1),
});
export type ImagesAnswer = z.infer<typeof ImagesAnswer>;

/** One event of a stream, told apart by the end of `type`: `image_generation.partial_image`, `image_edit.completed`, … */
export const StreamEvent = z.object({
  type: z.string(),
  b64_json: z.string().optional(),
  /** 0-based. */
  partial_image_index: z.int().min(0).optional(),
});
export type StreamEvent = z.infer<typeof StreamEvent>;

/** Models that make three sizes only; 1024 is the one square among them. Every later one makes any size divisible by 16. */
const OLD_MODELS = /^(gpt-image-1($|-mini|\.5)|chatgpt-image-latest)/;

/** Edges of the squares that the configured model makes. */
export function sizesOf({ isHosted, model }: OpenaiConfig): ('512' | '768' | '1024')[] {
  return isHosted && OLD_MODELS.test(model ?? '') ? ['1024'] : ['512', '768', '1024'];
}

/** sd-server takes parameters from inside the prompt: not from a stranger's. */
const withoutServerTags = (prompt: string): string => prompt.replaceAll(/<\/?\s*sd_cpp_extra_args\s*>/gi, ' ');

type Field = string | number;

/** What only some servers take, under the names they have for it. */
function extraFields(config: OpenaiConfig, request: GenerateRequest): Record<string, Field> {
  const { seed, steps, negativePrompt, cfg } = config.extraFields;
  const fields: Record<string, Field> = {};
  if (seed !== undefined) fields[seed] = request.seed;
  if (steps !== undefined) fields[steps] = request.steps;
  if (negativePrompt !== undefined && request.negativePrompt !== undefined)
    fields[negativePrompt] = request.negativePrompt;
  if (cfg !== undefined && request.cfg !== undefined) fields[cfg] = request.cfg;
  return fields;
}

/** Fields of a request for one picture. One only: the events of a stream do not say which of several they are about. */
export function buildFields(config: OpenaiConfig, request: GenerateRequest) {
  const { isHosted, quality, moderation, format } = config;
  const model = request.model ?? config.model;
  return {
    ...extraFields(config, request),
    prompt: isHosted ? request.prompt : withoutServerTags(request.prompt),
    n: 1,
    size: `${request.size}x${request.size}`,
    ...(model !== undefined && { model }),
    ...(quality !== undefined && { quality }),
    ...(format !== undefined && { output_format: format }),
    // Edits know no such field.
    ...(moderation !== undefined && request.input === undefined && { moderation }),
    ...(config.partialImages > 0 && { stream: true, partial_images: config.partialImages }),
  };
}
