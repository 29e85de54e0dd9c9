import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LANGUAGES } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import type { Message } from './translate.ts';

const SOURCES = join(import.meta.dirname, '..');
type Part = Readonly<Record<string, Message>>;

/** What a part of the catalogue holds, by the name of its file; files without `messages` are no parts. */
async function partsOf(language: string): Promise<ReadonlyMap<string, Part>> {
  const parts = new Map<string, Part>();
  for (const file of readdirSync(join(import.meta.dirname, language))) {
    const loaded: { readonly messages?: Part } = await import(`./${language}/${basename(file, '.ts')}.ts`);
    if (loaded.messages !== undefined) parts.set(file, loaded.messages);
  }
  return parts;
}

const english = await partsOf('en');
/** Texts whose English is not the app's: the protocol's and the server's. */
const isElsewhere = (key: string) => /^error\.[A-Z_]+(\.advice)?$|^operation\./.test(key);

const forms = (message: Message) => (typeof message === 'string' ? [message] : [message.one, message.other]);
const namesIn = (message: Message) =>
  [...new Set(forms(message).flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();

/** Every source that is not part of the catalogue, with its path. */
function sources(): readonly (readonly [path: string, text: string])[] {
  return readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path) && !/^i18n\/\w\w\//.test(path))
    .map((path) => [path, readFileSync(join(SOURCES, path), 'utf8')]);
}

describe.each(LANGUAGES.filter((language) => language !== 'en'))('[C6] the catalogue in %s', async (language) => {
  const translated = await partsOf(language);

  it('has every part', () => {
    expect([...translated.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it.each([...english.keys()])('%s has every key, and no other', (part) => {
    const keys = Object.keys(translated.get(part) ?? {}).filter((key) => !isElsewhere(key));
    expect(keys.sort()).toEqual(Object.keys(english.get(part) ?? {}).sort());
  });

  it.each([...english.keys()])('%s leaves the same names open, and no text empty', (part) => {
    const open = (messages: Part | undefined) =>
      Object.fromEntries(
        Object.entries(messages ?? {})
          .filter(([key]) => !isElsewhere(key))
          .map(([key, message]) => [key, namesIn(message)]),
      );
    expect(open(translated.get(part))).toEqual(open(english.get(part)));
    const empty = Object.entries(translated.get(part) ?? {}).filter(([, message]) => forms(message).includes(''));
    expect(empty).toEqual([]);
  });
});

describe('[C6] the catalogue', () => {
  const keys = [...english.values()].flatMap((part) => Object.keys(part));

  it('has every key once over all its parts', () => {
    expect(keys).toHaveLength(new Set(keys).size);
  });

  it('has no text that nothing uses', () => {
    const all = sources()
      .map(([, text]) => text)
      .join('\n');
    expect(keys.filter((key) => !all.includes(`'${key}'`))).toEqual([]);
  });

  it('reaches memoised components: each follows the language', () => {
    const count = (text: string, word: RegExp) => text.match(word)?.length ?? 0;
    const deaf = sources().filter(
      ([, text]) => count(text, /\bmemo\(\s*function/g) > count(text, /^ +useLanguage\(\);/gm),
    );
    expect(deaf.map(([path]) => path)).toEqual([]);
  });
});
