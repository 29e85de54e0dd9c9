import type { Place } from '../scene-description.ts';
import { COUNTS, SIZES } from './amounts.ts';
import { COLOUR_SYNONYMS, COLOURS } from './colours.ts';
import { PLACES } from './places.ts';
import { SEASONS, type Season, TIMES, type TimeOfDay, WEATHERS, type Weather } from './sky.ts';
import { STYLES, type StyleName } from './styles.ts';
import { SUBJECT_KINDS, SUBJECTS, type SubjectKind } from './subjects.ts';
import { TERRAINS, type TerrainName } from './terrain.ts';

/** What one word or phrase of a prompt means. */
export type Meaning =
  | { readonly type: 'subject'; readonly kind: SubjectKind }
  | { readonly type: 'terrain'; readonly terrain: TerrainName }
  | { readonly type: 'time'; readonly time: TimeOfDay }
  | { readonly type: 'weather'; readonly weather: Weather }
  | { readonly type: 'season'; readonly season: Season }
  | { readonly type: 'style'; readonly style: StyleName }
  | { readonly type: 'colour'; readonly colour: string }
  | { readonly type: 'count'; readonly count: number }
  | { readonly type: 'size'; readonly size: 'small' | 'large' }
  | { readonly type: 'place'; readonly place: Place }
  /** The sky as a whole, to which a colour may belong. */
  | { readonly type: 'sky' }
  /** The next thing is not wanted. */
  | { readonly type: 'without' };

/** A word of a prompt understood: `word` in the singular, as the vocabulary has it. */
export interface Reading {
  readonly meaning: Meaning;
  readonly word: string;
  readonly plural: boolean;
  /** The thing is named in order to be left out: “bulutsuz”. */
  readonly unwanted?: boolean;
  /** Tokens it took. */
  readonly length: number;
}

/** `key in object`, as a type guard. */
const keysOf = <K extends string>(list: Readonly<Record<K, unknown>>): K[] => {
  const keys: K[] = [];
  for (const key in list) keys.push(key);
  return keys;
};

function buildLexicon(): ReadonlyMap<string, Meaning> {
  const lexicon = new Map<string, Meaning>();
  const add = (words: readonly string[], meaning: Meaning) => {
    for (const word of words) lexicon.set(word, meaning);
  };
  for (const [word, count] of Object.entries(COUNTS)) add([word], { type: 'count', count });
  for (const [word, size] of Object.entries(SIZES)) add([word], { type: 'size', size });
  for (const [word, place] of Object.entries(PLACES)) add([word], { type: 'place', place });
  for (const colour of Object.keys(COLOURS)) add([colour], { type: 'colour', colour });
  for (const [word, colour] of Object.entries(COLOUR_SYNONYMS)) add([word], { type: 'colour', colour });
  for (const time of keysOf(TIMES)) add(TIMES[time], { type: 'time', time });
  for (const weather of keysOf(WEATHERS)) add(WEATHERS[weather], { type: 'weather', weather });
  for (const season of keysOf(SEASONS)) add(SEASONS[season], { type: 'season', season });
  for (const style of keysOf(STYLES)) add(STYLES[style], { type: 'style', style });
  for (const terrain of keysOf(TERRAINS)) add(TERRAINS[terrain], { type: 'terrain', terrain });
  for (const kind of SUBJECT_KINDS) add(SUBJECTS[kind].words, { type: 'subject', kind });
  add(['sky', 'heaven'], { type: 'sky' });
  add(['no', 'without', 'not'], { type: 'without' });
  return lexicon;
}

const LEXICON = buildLexicon();

const IRREGULAR: Readonly<Record<string, string>> = {
  men: 'man',
  women: 'woman',
  children: 'child',
  geese: 'goose',
  wolves: 'wolf',
  mice: 'mouse',
  leaves: 'leaf',
  foxes: 'fox',
};

/** Singular forms a word may have; the word itself first. */
export function singulars(word: string): string[] {
  const forms = [word];
  const irregular = IRREGULAR[word];
  if (irregular) forms.push(irregular);
  if (word.endsWith('ies')) forms.push(`${word.slice(0, -3)}y`);
  if (word.endsWith('es')) forms.push(word.slice(0, -2));
  if (word.endsWith('s')) forms.push(word.slice(0, -1));
  return forms;
}

/** The longest known word or phrase at a place in the prompt. */
export function readAt(tokens: readonly string[], index: number): Reading | undefined {
  for (let length = Math.min(3, tokens.length - index); length > 0; length--) {
    const phrase = tokens.slice(index, index + length).join(' ');
    for (const [nth, word] of singulars(phrase).entries()) {
      const meaning = LEXICON.get(word);
      if (meaning) return { meaning, word, plural: nth > 0 || word === 'people', length };
    }
  }
  return undefined;
}

/** The style a job's option names, if it is one of ours. */
export function readStyle(text: string): StyleName | undefined {
  const word = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
  const tokens = word.split(' ');
  const meanings = tokens.map((_, index) => readAt(tokens, index)?.meaning);
  return meanings.find((meaning) => meaning?.type === 'style')?.style;
}

/** Styles by their own names. */
export const STYLE_NAMES: readonly StyleName[] = keysOf(STYLES);
