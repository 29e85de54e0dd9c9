import fc, { type Arbitrary } from 'fast-check';
import type { JsonSchema } from './json-schema.ts';

/** Longest text that is made where a schema allows any: long ones are the hostile values' business. */
const MAX_CHARS = 40;

function texts({ pattern, minLength = 0, maxLength = MAX_CHARS }: JsonSchema): Arbitrary<unknown> {
  if (pattern !== undefined && /\{\d/.test(pattern)) return fc.stringMatching(new RegExp(pattern));
  const max = Math.max(minLength, Math.min(maxLength, MAX_CHARS));
  return fc.string({ minLength: Math.max(1, minLength), maxLength: max, unit: 'grapheme' });
}

function numbers({ type, minimum = 0, maximum = 1_000 }: JsonSchema): Arbitrary<unknown> {
  // A query's numbers are whole ones, too; a body's fraction is one of `number`.
  return type === 'number' && maximum <= 100
    ? fc.oneof(fc.integer({ min: minimum, max: maximum }), fc.double({ min: minimum, max: maximum, noNaN: true }))
    : fc.integer({ min: minimum, max: Math.min(maximum, Number.MAX_SAFE_INTEGER) });
}

function objects({ properties = {}, required = [] }: JsonSchema): Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valuesOf(schema)]));
  return fc.record(fields, { requiredKeys: [...required] });
}

/** Values that a schema allows, most of the time: what it says in words or by several patterns is left out. */
export function valuesOf(schema: JsonSchema): Arbitrary<unknown> {
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants !== undefined) return fc.oneof(...variants.map(valuesOf));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => valuesOf({ ...schema, type })));
  switch (schema.type) {
    case 'string':
      return texts(schema);
    case 'number':
    case 'integer':
      return numbers(schema);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}), { maxLength: 3 });
    case 'object':
      return objects(schema);
    default:
      return fc.string({ maxLength: MAX_CHARS });
  }
}
