import * as z from 'zod';
import { ANY_FIELD, type InputFields, OpenApi, readInputFields } from '../model-schema.ts';

/** Answer of a submission. */
export const FalSubmitted = z.object({
  request_id: z.string().regex(/^[\w-]{1,100}$/),
  status_url: z.optional(z.string()),
});
export type FalSubmitted = z.infer<typeof FalSubmitted>;

/** Answer of `GET …/status?logs=1`. There is no state for a failure: it is `COMPLETED`, and the result tells. */
export const FalStatus = z.object({
  status: z.enum(['IN_QUEUE', 'IN_PROGRESS', 'COMPLETED']),
  /** Requests before it. */
  queue_position: z.nullish(z.int().min(0)),
  logs: z.nullish(z.array(z.object({ message: z.string() }))),
});

const Picture = z.union([z.string(), z.object({ url: z.string() })]);

/** A model's result, as far as image models agree. */
export const FalResult = z.object({
  images: z.optional(z.array(Picture)),
  image: z.nullish(Picture),
  has_nsfw_concepts: z.nullish(z.array(z.boolean())),
});
export type FalResult = z.infer<typeof FalResult>;

/** The address of a result's picture. */
export function pictureAddress({ images, image }: FalResult): string | undefined {
  const picture = images?.[0] ?? image;
  return typeof picture === 'string' ? picture : picture?.url;
}

/** Body of a refusal: of the model about its input (`detail` a list), or of the request. */
export const FalRefusal = z.object({
  detail: z.optional(
    z.union([z.string(), z.array(z.object({ loc: z.optional(z.array(z.unknown())), type: z.optional(z.string()) }))]),
  ),
  error_type: z.nullish(z.string()),
});

/** A request at fal: the app that it is asked for under, which is the model without its subpath, and its id. */
export interface FalRequest {
  readonly app: string;
  readonly requestId: string;
}

const APP = '(?:(?:workflows|comfy)/)?[\\w.-]+/[\\w.-]+';
const STATUS_PATH = new RegExp(`/(${APP})/requests/[^/]+/status$`);
const UPSTREAM_ID = new RegExp(`^(${APP}):([\\w-]{1,100})$`);

/** `fal-ai/flux/dev` → `fal-ai/flux`; the namespaces `workflows` and `comfy` keep one part more. */
export function appOf(model: string): string {
  const parts = model.split('/');
  return parts.slice(0, parts[0] === 'workflows' || parts[0] === 'comfy' ? 3 : 2).join('/');
}

/** What is needed to ask for a request later, in one text: `fal-ai/flux:REQUEST_ID`. The app is the one that fal itself says. */
export function toUpstreamId({ request_id, status_url }: FalSubmitted, model: string): string {
  const path = URL.parse(status_url ?? '')?.pathname ?? '';
  return `${STATUS_PATH.exec(path)?.[1] ?? appOf(model)}:${request_id}`;
}

/** Reads it back; undefined if it is none. Only a path comes of it: requests always go to the configured host. */
export function readUpstreamId(text: string): FalRequest | undefined {
  const [, app, requestId] = UPSTREAM_ID.exec(text) ?? [];
  if (app === undefined || requestId === undefined || app.split('/').some((part) => /^\.+$/.test(part)))
    return undefined;
  return { app, requestId };
}

const Reference = z.object({ $ref: z.string() });
const Operation = z.object({
  post: z.object({
    requestBody: z.object({ content: z.object({ 'application/json': z.object({ schema: Reference }) }) }),
  }),
});

/** A model's OpenAPI document (`GET https://fal.ai/api/openapi/queue/openapi.json?endpoint_id=`). */
export const FalModel = OpenApi.extend({ paths: z.record(z.string(), z.unknown()) });

/** The fields of the model's input by its document; undefined if it tells none. */
export function fieldsOfModel(document: z.infer<typeof FalModel>, model: string): InputFields | undefined {
  const operation = Operation.safeParse(document.paths[`/${model}`]).data;
  const reference = operation?.post.requestBody.content['application/json'].schema.$ref;
  return reference === undefined ? undefined : readInputFields(document, reference.replace(/^.*\//, ''));
}

/** What fal's image models take as a rule, for a model whose document cannot be read. */
export const USUAL_FIELDS: InputFields = new Map(
  ['prompt', 'image_size', 'num_inference_steps', 'guidance_scale', 'seed', 'num_images'].map((name) => [
    name,
    ANY_FIELD,
  ]),
);
/** And those that begin with a picture. */
export const USUAL_IMAGE_FIELDS: InputFields = new Map(
  [...USUAL_FIELDS.keys(), 'image_url', 'strength'].map((name) => [name, ANY_FIELD]),
);
