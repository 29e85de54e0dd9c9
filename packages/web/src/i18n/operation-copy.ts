import { language } from './language.ts';
import { knownText } from './translate.ts';

/** What the operations of the API do, in a language other than English, whose copy is the server's own: `operation.GET /path`, and `.more`. */
export type OperationTexts = { readonly [Key in `operation.${string}`]: string };

/** Words, and the language they are in where that is not the reader's. */
export interface Words {
  readonly text: string;
  readonly lang: 'en' | undefined;
}

/** An operation as the server tells of it. */
interface Operation {
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
}

function wordsOf(key: string, english: string): Words {
  const text = english === '' ? '' : (knownText(key) ?? english);
  return { text, lang: text === english && language() !== 'en' ? 'en' : undefined };
}

/** What an operation does, in the reader's language as far as there are words for it. */
export function operationWords({ method, path, summary, description }: Operation): {
  readonly summary: Words;
  readonly description: Words;
} {
  const key = `operation.${method} ${path}`;
  return { summary: wordsOf(key, summary), description: wordsOf(`${key}.more`, description) };
}
