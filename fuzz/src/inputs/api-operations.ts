import * as z from 'zod/mini';
import { JsonSchema } from './json-schema.ts';

const Parameter = z.object({
  in: z.enum(['path', 'query', 'header', 'cookie']),
  name: z.string(),
  required: z.optional(z.boolean()),
  schema: JsonSchema,
});

const OpenApi = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        parameters: z.optional(z.array(Parameter)),
        requestBody: z.optional(z.object({ content: z.record(z.string(), z.object({ schema: JsonSchema })) })),
      }),
    ),
  ),
});

/** One request that the OpenAPI document describes. */
export interface ApiOperation {
  readonly method: string;
  /** With `{name}` for its parameters. */
  readonly path: string;
  readonly parameters: readonly z.infer<typeof Parameter>[];
  /** Schema of the JSON body. */
  readonly body: JsonSchema | undefined;
}

/** What the document leaves out: pages, files, metrics and the socket's address. */
const UNDOCUMENTED = [
  '/',
  '/docs',
  '/chat',
  '/history',
  '/status',
  '/jobs/{jobId}',
  '/chat/{id}',
  '/ws',
  '/metrics',
  '/api/openapi.json',
  '/favicon.svg',
  '/assets/{name}',
  '/{name}',
  '/api/{name}',
];

const parameterOf = (name: string) => ({ in: 'path' as const, name, schema: { type: 'string' } });

/** Every operation of the document, and the addresses that it leaves out. */
export function readOperations(document: unknown): readonly ApiOperation[] {
  const described = Object.entries(OpenApi.parse(document).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      body: requestBody?.content['application/json']?.schema,
    })),
  );
  const others = UNDOCUMENTED.map((path) => ({
    method: 'GET',
    path,
    parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => parameterOf(name)),
    body: undefined,
  }));
  return [...described, ...others];
}
