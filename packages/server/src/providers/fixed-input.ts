/** Input that a provider's URL sets for every picture: `?input.output_format=png`. */
export type FixedInput = Readonly<Record<string, unknown>>;

const PREFIX = 'input.';

/** A URL's `input.…` options, and the URL without them. Values are JSON where they can be (`4`, `true`, `"1"`), else text. */
export function takeFixedInput(url: URL, kind: string): { readonly fixed: FixedInput; readonly rest: URL } {
  const rest = new URL(url);
  const fixed: Record<string, unknown> = {};
  for (const [option, text] of url.searchParams) {
    if (!option.startsWith(PREFIX)) continue;
    const name = option.slice(PREFIX.length);
    if (!/^[a-z_][a-z0-9_]{0,60}$/i.test(name)) throw new Error(`${kind}: "${option}" names no input of a model`);
    if (name in fixed) throw new Error(`${kind}: option "${option}" is given twice`);
    fixed[name] = parseValue(text);
    rest.searchParams.delete(option);
  }
  return { fixed: Object.freeze(fixed), rest };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
