/** Text that stands in JSON as it is, valid or not: `NaN`, `1e999`, an unpaired surrogate, bytes that are no UTF-8. */
export class RawJson {
  /** Latin-1: one character is one byte. */
  readonly bytes: string;

  constructor(bytes: string) {
    this.bytes = bytes;
  }
}

/** The object's fields as they are to be written: a name may occur twice. */
export class RawFields {
  readonly fields: readonly (readonly [name: string, value: unknown])[];

  constructor(fields: readonly (readonly [name: string, value: unknown])[]) {
    this.fields = fields;
  }
}

const utf8 = (text: string | undefined) => Buffer.from(text ?? 'null').toString('latin1');

/** JSON that may contain `RawJson` and `RawFields`, as Latin-1: one character is one byte. */
export function writeJson(value: unknown): string {
  if (value instanceof RawJson) return value.bytes;
  if (value instanceof RawFields)
    return `{${value.fields.map(([name, field]) => `${utf8(JSON.stringify(name))}:${writeJson(field)}`).join(',')}}`;
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) return writeJson(new RawFields(Object.entries(value)));
  return utf8(JSON.stringify(value));
}
