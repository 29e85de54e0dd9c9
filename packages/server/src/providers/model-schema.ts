import * as z from 'zod';

/** What a model's schema says of one field of its input. */
export interface InputField {
  /** JSON types it may be; empty where the schema does not say. */
  readonly types: ReadonlySet<string>;
  /** The values it may have, where they are listed. */
  readonly values: readonly (string | number)[] | undefined;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
}

/** The fields of a model's input by name. */
export type InputFields = ReadonlyMap<string, InputField>;

const Text = z.optional(z.string());
const Nodes = z.optional(z.array(z.unknown()));
const Limit = z.optional(z.number());

const Node = z.object({
  $ref: Text,
  type: z.optional(z.union([z.string(), z.array(z.string())])),
  enum: Nodes,
  minimum: Limit,
  maximum: Limit,
  allOf: Nodes,
  anyOf: Nodes,
  oneOf: Nodes,
  properties: z.optional(z.record(z.string(), z.unknown())),
});

/** An OpenAPI document, as far as it matters here. */
export const OpenApi = z.object({ components: z.object({ schemas: z.record(z.string(), z.unknown()) }) });
export type OpenApi = z.infer<typeof OpenApi>;

/** A schema may refer to others, which refer to others; no model's input is deeper. */
const MAX_DEPTH = 6;

/** The fields of the schema with this name; undefined if the document has none. */
export function readInputFields({ components }: OpenApi, name: string): InputFields | undefined {
  const input = Node.safeParse(components.schemas[name]).data;
  if (input?.properties === undefined) return undefined;
  const fields = Object.entries(input.properties).map(([field, schema]) => {
    return [field, describeField(components.schemas, schema, MAX_DEPTH)] as const;
  });
  return new Map(fields);
}

/** A field for which only its name is known. */
export const ANY_FIELD: InputField = { types: new Set(), values: undefined, minimum: undefined, maximum: undefined };

function describeField(schemas: Readonly<Record<string, unknown>>, schema: unknown, depth: number): InputField {
  const node = Node.safeParse(schema).data;
  if (node === undefined || depth === 0) return ANY_FIELD;
  const referred = node.$ref === undefined ? [] : [schemas[node.$ref.replace('#/components/schemas/', '')]];
  const parts = [...referred, ...(node.allOf ?? []), ...(node.anyOf ?? []), ...(node.oneOf ?? [])].map((part) =>
    describeField(schemas, part, depth - 1),
  );
  const listed = node.enum?.filter((value) => typeof value === 'string' || typeof value === 'number');
  const own = node.type === undefined ? [] : [node.type].flat();
  return {
    types: new Set([...own, ...parts.flatMap(({ types }) => [...types])]),
    values: listed ?? parts.find(({ values }) => values !== undefined)?.values,
    minimum: node.minimum ?? parts.find(({ minimum }) => minimum !== undefined)?.minimum,
    maximum: node.maximum ?? parts.find(({ maximum }) => maximum !== undefined)?.maximum,
  };
}
