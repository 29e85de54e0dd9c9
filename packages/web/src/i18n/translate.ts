import type { messages as advanced } from './en/advanced.ts';
import type { messages as app } from './en/app.ts';
import type { messages as chat } from './en/chat.ts';
import type { messages as docs } from './en/docs.ts';
import type { messages as generate } from './en/generate.ts';
import type { messages as history } from './en/history.ts';
import type { messages as job } from './en/job.ts';
import type { messages as link } from './en/link.ts';
import type { messages as queue } from './en/queue.ts';
import type { messages as status } from './en/status.ts';
import { inLanguage } from './language.ts';

/** A text, or its forms for one and for several of `{count}`. */
export type Message = string | { readonly one: string; readonly other: string };

type Catalogue = typeof app &
  typeof generate &
  typeof advanced &
  typeof chat &
  typeof job &
  typeof history &
  typeof status &
  typeof docs &
  typeof queue &
  typeof link;

/** Every text of the app, by its key. */
export type MessageKey = keyof Catalogue;

type Texts<M> = M extends string ? M : M extends { readonly other: infer Other } ? Other : never;
type Names<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;

/** What a text leaves open: nothing, or a value for each `{name}` in it. */
type Values<K extends MessageKey> = [Names<Texts<Catalogue[K]>>] extends [never]
  ? []
  : [values: Readonly<Record<Names<Texts<Catalogue[K]>>, string | number>>];

/** A key whose text leaves nothing open. */
export type PlainKey = { [K in MessageKey]: Values<K> extends [] ? K : never }[MessageKey];

const catalogue = new Map<string, Message>();
const plural = inLanguage((language) => new Intl.PluralRules(language));

/** The same texts in another language: a string may stand for the forms of a count where they are alike. */
export type Translation<Part> = { readonly [Key in keyof Part]: Message };

/** Adds a part of the catalogue. */
export function addMessages(part: Readonly<Record<string, Message>>): void {
  for (const [key, message] of Object.entries(part)) catalogue.set(key, message);
}

/** Forgets all texts, before those of another language come. */
export function forgetMessages(): void {
  catalogue.clear();
}

/** A text without names, if the catalogue has it. */
export function knownText(key: string): string | undefined {
  const message = catalogue.get(key);
  return typeof message === 'string' ? message : undefined;
}

/** The text of `key` in the reader's language, with its `{names}` filled in. */
export function t<K extends MessageKey>(key: K, ...[values]: Values<K>): string {
  const message = catalogue.get(key) ?? key;
  const known: Readonly<Record<string, string | number>> = values ?? {};
  const text =
    typeof message === 'string'
      ? message
      : message[plural().select(Number(known['count'])) === 'one' ? 'one' : 'other'];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(known[name] ?? whole));
}
