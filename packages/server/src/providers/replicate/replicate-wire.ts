import * as z from 'zod';
import { OpenApi } from '../model-schema.ts';

const Version = z.object({ id: z.string(), openapi_schema: z.nullish(OpenApi) });

/** Answer of `GET /models/{owner}/{name}/versions/{id}`. */
export const ReplicateVersion = Version;

/** Answer of `GET /models/{owner}/{name}`. */
export const ReplicateModel = z.object({
  is_official: z.optional(z.boolean()),
  latest_version: z.nullish(Version),
});

/** Answer of `POST …/predictions` and `POST /predictions/{id}/cancel`. */
export const CreatedPrediction = z.object({ id: z.string().regex(/^[\w-]{1,100}$/) });

/** Answer of `GET /predictions/{id}`. */
export const Prediction = z.object({
  id: z.string(),
  status: z.enum(['starting', 'processing', 'succeeded', 'failed', 'canceled', 'aborted']),
  output: z.unknown(),
  error: z.unknown(),
  logs: z.nullish(z.string()),
  /** An hour after its end, input, output and logs are deleted. */
  data_removed: z.optional(z.boolean()),
});
export type Prediction = z.infer<typeof Prediction>;

/** Body of a refusal. */
export const Refusal = z.object({
  title: z.optional(z.string()),
  detail: z.optional(z.string()),
  invalid_fields: z.optional(z.array(z.object({ field: z.string(), description: z.optional(z.string()) }))),
});

/** What a prediction is run on: a version (also of somebody's own model), or an official model by its name. */
export type PredictionTarget = { readonly version: string } | { readonly model: string };

/** Path and body of the request that creates a prediction. */
export function predictionRequest(target: PredictionTarget, input: Readonly<Record<string, unknown>>) {
  return 'version' in target
    ? { path: '/predictions', data: { version: target.version, input } }
    : { path: `/models/${target.model}/predictions`, data: { input } };
}

const SHORTEST_S = 5;

/** The header `Cancel-After` for a time in milliseconds: `1h2m3s`, at least 5 s. */
export function cancelAfter(ms: number): string {
  const seconds = Math.max(SHORTEST_S, Math.ceil(ms / 1_000));
  const parts = [
    [Math.floor(seconds / 3_600), 'h'],
    [Math.floor((seconds % 3_600) / 60), 'm'],
    [seconds % 60, 's'],
  ] as const;
  return parts.map(([count, unit]) => (count > 0 ? `${count}${unit}` : '')).join('');
}

/** The addresses in an output, whatever its shape: text, a list, or an object of them. */
export function outputAddresses(output: unknown): string[] {
  if (typeof output === 'string') return /^(https?:|data:)/.test(output) ? [output] : [];
  if (Array.isArray(output)) return output.flatMap(outputAddresses);
  if (typeof output === 'object' && output !== null) return Object.values(output).flatMap(outputAddresses);
  return [];
}
