import type { Meaning, Reading } from './lexicon.ts';
import {
  ALSO_ENGLISH,
  TURKISH_BREED_COLOURS,
  TURKISH_COLOURS,
  TURKISH_COUNTS,
  TURKISH_GROUP_WORDS,
  TURKISH_PLACES,
  TURKISH_SEASONS,
  TURKISH_SIZES,
  TURKISH_SKY,
  TURKISH_STYLES,
  TURKISH_SUBJECTS,
  TURKISH_TERRAINS,
  TURKISH_TIMES,
  TURKISH_WEATHERS,
  TURKISH_WITHOUT,
} from './turkish.ts';

/** Lower case without accents and with dotted i's only: how words are compared, however they were typed. */
export function fold(text: string): string {
  return text
    .toLowerCase()
    .replaceAll('ı', 'i')
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '');
}

const wordsOf = (list: string) => list.split(',').map((word) => fold(word.trim()));

/** Endings of nouns, with accents gone: plural, belonging, case, “which is at”, “with” and “without”; with the consonant that joins them, and without. */
const ENDINGS: readonly RegExp[] = [
  /l[ae]r$/,
  /[iu][mn]?$/,
  /[sny][iu]$/,
  /n[iu]n$/,
  /[ae]$/,
  /[yn][ae]$/,
  /[dt][ae]n?$/,
  /n[dt][ae]n?$/,
  /ki$/,
  /y?l[ae]$/,
  /l[iu]$/,
  /s[iu]z$/,
];
const WITHOUT_ENDING = /s[iu]z$/;
const MOST_ENDINGS = 4;

/** A stem with what was taken off it. */
interface Stem {
  readonly word: string;
  readonly plural: boolean;
  readonly without: boolean;
}

/** The sounds a stem may have had before an ending softened or shortened it: köpeği, kanadı, şehri. */
function soundsOf(stem: string): string[] {
  if (stem.endsWith('g')) return [stem, `${stem.slice(0, -1)}k`];
  if (stem.endsWith('d')) return [stem, `${stem.slice(0, -1)}t`];
  return stem.endsWith('hr') ? [stem, `${stem.slice(0, -1)}ir`] : [stem];
}

/** Stems a word may have, the word itself first, longer ones before shorter ones. */
function stemsOf(word: string): Stem[] {
  const stems: Stem[] = [{ word, plural: false, without: false }];
  let ends = stems;
  for (let depth = 0; depth < MOST_ENDINGS; depth++) {
    const shorter: Stem[] = [];
    for (const { word: long, plural, without } of ends) {
      for (const ending of ENDINGS) {
        const short = long.replace(ending, '');
        if (short.length < 2 || short === long) continue;
        const taken = { plural: plural || /l[ae]r$/.test(long), without: without || WITHOUT_ENDING.test(long) };
        for (const sound of soundsOf(short)) shorter.push({ word: sound, ...taken });
      }
    }
    stems.push(...shorter);
    ends = shorter;
  }
  return stems;
}

/** What takes endings: things, and where and when they are. */
const takesEndings = ({ type }: Meaning) => !['count', 'size', 'place', 'style', 'without'].includes(type);

function buildLexicon(): ReadonlyMap<string, Meaning> {
  const lexicon = new Map<string, Meaning>();
  const add = (list: string, meaning: Meaning) => {
    for (const word of wordsOf(list)) if (!lexicon.has(word)) lexicon.set(word, meaning);
  };
  const addAll = <Key extends string>(theme: Readonly<Record<Key, string>>, meaningOf: (key: Key) => Meaning) => {
    for (const key in theme) add(theme[key], meaningOf(key));
  };
  addAll(TURKISH_WEATHERS, (weather) => ({ type: 'weather', weather }));
  addAll(TURKISH_TIMES, (time) => ({ type: 'time', time }));
  addAll(TURKISH_SUBJECTS, (kind) => ({ type: 'subject', kind }));
  addAll(TURKISH_TERRAINS, (terrain) => ({ type: 'terrain', terrain }));
  addAll(TURKISH_SEASONS, (season) => ({ type: 'season', season }));
  addAll(TURKISH_STYLES, (style) => ({ type: 'style', style }));
  addAll(TURKISH_COLOURS, (colour) => ({ type: 'colour', colour }));
  addAll(TURKISH_SIZES, (size) => ({ type: 'size', size }));
  for (const [word, count] of Object.entries(TURKISH_COUNTS)) add(word, { type: 'count', count });
  for (const [word, place] of Object.entries(TURKISH_PLACES)) add(word, { type: 'place', place });
  add(TURKISH_SKY, { type: 'sky' });
  return lexicon;
}

const LEXICON = buildLexicon();
const NOT_WANTED = new Set(wordsOf(TURKISH_WITHOUT));
const UNSURE = new Set(wordsOf(ALSO_ENGLISH));
/** Words that look like a known one with an ending, and are not. */
const OTHER_WORDS = new Set(
  wordsOf('kısa, yazı, ada, adı, onu, ona, onun, ayak, evet, atla, suyu, dede, kare, kara kedi'),
);

const folded = <T>(table: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(table).map(([word, value]) => [fold(word), value]));

export const FOLDED_BREED_COLOURS = folded(TURKISH_BREED_COLOURS);
export const FOLDED_GROUP_WORDS = folded(TURKISH_GROUP_WORDS);

/** Compounds end like nouns that belong to something: their stem before that ending, so that a plural finds them. */
const COMPOUNDS = new Map<string, string>();
for (const word of LEXICON.keys())
  if (word.includes(' '))
    for (const { word: stem } of stemsOf(word).slice(1)) if (!LEXICON.has(stem)) COMPOUNDS.set(stem, word);

function readPhrase(phrase: string): (Stem & { readonly meaning: Meaning }) | undefined {
  if (OTHER_WORDS.has(phrase)) return undefined;
  for (const stem of stemsOf(phrase)) {
    const word = LEXICON.has(stem.word) ? stem.word : (COMPOUNDS.get(stem.word) ?? stem.word);
    const meaning = LEXICON.get(word);
    if (meaning !== undefined && (stem.word === phrase || takesEndings(meaning))) return { ...stem, word, meaning };
  }
  return undefined;
}

/** The longest known Turkish word or phrase at a place in the prompt. */
export function readTurkishAt(tokens: readonly string[], index: number): Reading | undefined {
  for (let length = Math.min(3, tokens.length - index); length > 0; length--) {
    const found = readPhrase(tokens.slice(index, index + length).join(' '));
    if (found === undefined) continue;
    const { word, plural, meaning } = found;
    const denied = NOT_WANTED.has(tokens[index + length] ?? '');
    return { meaning, word, plural, length: denied ? length + 1 : length, unwanted: found.without || denied };
  }
  return undefined;
}

/** A stem shorter than this could be the beginning of any word. */
const LEAST_STEM = 4;

/** Whether a word is Turkish and could not be English. */
function isSurelyTurkish(token: string): boolean {
  if (UNSURE.has(token)) return false;
  if (LEXICON.has(token)) return true;
  const word = readPhrase(token)?.word ?? '';
  return word.length >= LEAST_STEM && !UNSURE.has(word);
}

/** Whether a prompt is Turkish: by a letter that only Turkish has, or by a word that could not be English. */
export function isTurkish(prompt: string, tokens: readonly string[]): boolean {
  return /[ğĞşŞıİ]/.test(prompt) || tokens.some(isSurelyTurkish);
}
