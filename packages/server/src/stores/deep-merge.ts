/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * `patch` laid over `target` (RFC 7396): objects are merged field by field, null takes a field away, anything else
 * replaces. So writers that change different fields lose nothing of each other.
 */
export function deepMerge(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    const before = merged.get(key);
    if (value === null) merged.delete(key);
    else merged.set(key, isObject(value) ? deepMerge(isObject(before) ? before : {}, value) : value);
  }
  return Object.fromEntries(merged);
}

/** An object out of a database's text. */
export function parseJsonObject(text: string): JsonObject {
  const value: Json = JSON.parse(text);
  if (!isObject(value)) throw new TypeError('expected a JSON object');
  return value;
}
