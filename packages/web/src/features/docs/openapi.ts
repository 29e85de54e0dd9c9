/** A named value that a request may or must carry. */
export interface Parameter {
  readonly name: string;
  readonly place: 'path' | 'query' | 'header' | 'cookie' | 'body';
  readonly required: boolean;
  /** The type and its bounds, for example `integer, 5–50`. */
  readonly type: string;
  readonly description: string;
}

export interface Answer {
  readonly status: string;
  /** The members of its JSON body, if it has one. */
  readonly members: readonly string[];
}

export interface Endpoint {
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly answers: readonly Answer[];
}

type Dict = Readonly<Record<string, unknown>>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const PLACES = ['path', 'query', 'header', 'cookie'] as const;

/** The members of an object; none of anything else, so that a document of another shape shows less, not an error. */
function dict(value: unknown): Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function range(least: unknown, most: unknown): string {
  const isBound = (bound: unknown) => typeof bound === 'number' && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  if (isBound(least) && isBound(most)) return `${least}–${most}`;
  if (isBound(most)) return `≤ ${most}`;
  return isBound(least) ? `≥ ${least}` : '';
}

/** A schema in a few words. */
function typeText(value: unknown): string {
  const schema = dict(value);
  const choices = list(schema['enum']);
  if (choices.length > 0) return choices.map((choice) => JSON.stringify(choice)).join(' | ');
  const type = schema['multipleOf'] === 1 ? 'integer' : text(schema['type']);
  const length = range(schema['minLength'], schema['maxLength']);
  const bounds = range(schema['minimum'], schema['maximum']) || (length && `${length} chars`);
  const preset = schema['default'] === undefined ? '' : `default ${JSON.stringify(schema['default'])}`;
  return [type, bounds, preset].filter(Boolean).join(', ');
}

function jsonSchema(content: unknown): Dict {
  return dict(dict(dict(content)['application/json'])['schema']);
}

/** The members of a request's body, those of objects within it as `options.size`. */
function bodyParameters(schema: Dict, prefix = ''): Parameter[] {
  const required = list(schema['required']);
  return Object.entries(dict(schema['properties'])).flatMap(([name, member]) => {
    const inner = dict(member);
    if (inner['properties'] !== undefined) return bodyParameters(inner, `${prefix}${name}.`);
    const description = text(inner['description']);
    return [
      { name: prefix + name, place: 'body', required: required.includes(name), type: typeText(inner), description },
    ];
  });
}

function parameter(value: unknown): Parameter[] {
  const { name, in: where, required, schema, description } = dict(value);
  const place = PLACES.find((known) => known === where);
  if (place === undefined) return [];
  const words = text(description) || text(dict(schema)['description']);
  return [{ name: text(name), place, required: required === true, type: typeText(schema), description: words }];
}

function answers(responses: unknown): Answer[] {
  return Object.entries(dict(responses)).map(([status, answer]) => ({
    status,
    members: Object.keys(dict(jsonSchema(dict(answer)['content'])['properties'])),
  }));
}

/** Reads the endpoints out of an OpenAPI document. */
export function endpointsOf(document: unknown): readonly Endpoint[] {
  return Object.entries(dict(dict(document)['paths'])).flatMap(([path, operations]) =>
    Object.entries(dict(operations))
      .filter(([method]) => METHODS.includes(method))
      .map(([method, value]) => {
        const operation = dict(value);
        const given = list(operation['parameters']).flatMap(parameter);
        const inPath = given.filter(({ place }) => place === 'path');
        return {
          method: method.toUpperCase(),
          path,
          summary: text(operation['summary']),
          description: text(operation['description']),
          parameters: [
            ...inPath,
            ...given.filter((known) => !inPath.includes(known)),
            ...bodyParameters(jsonSchema(dict(operation['requestBody'])['content'])),
          ],
          answers: answers(operation['responses']),
        };
      }),
  );
}
