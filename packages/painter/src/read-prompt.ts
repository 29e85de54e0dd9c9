import type { Place, SceneDescription, Subject, Tints } from './scene-description.ts';
import { MOST } from './vocabulary/amounts.ts';
import { BREED_COLOURS, GROUP_WORDS } from './vocabulary/breeds.ts';
import { type Meaning, type Reading, readAt } from './vocabulary/lexicon.ts';
import { FOLDED_BREED_COLOURS, FOLDED_GROUP_WORDS, fold, isTurkish, readTurkishAt } from './vocabulary/read-turkish.ts';
import { SUBJECTS } from './vocabulary/subjects.ts';
import type { TerrainName } from './vocabulary/terrain.ts';

/** A comma or full stop: what follows describes something new. */
const PAUSE = ',';

function tokensOf(prompt: string): string[] {
  return (
    fold(prompt)
      .replace(/[,.;:!?\n]+/g, ` ${PAUSE} `)
      .match(/[a-z0-9]+|,/g) ?? []
  );
}

/** Part of the picture whose colour a landscape's colour is. */
const tintOf = (terrain: TerrainName): keyof Tints =>
  terrain === 'sea' || terrain === 'lake' || terrain === 'river' || terrain === 'underwater'
    ? 'water'
    : terrain === 'space'
      ? 'sky'
      : 'land';

/** Words whose plural looks the same; without an article or number they are taken as one. */
const SAME_PLURAL: readonly string[] = ['fish', 'sheep'];

/** What was read so far, and the words that wait for the thing they belong to. */
class Reader {
  #scene: { -readonly [K in 'time' | 'weather' | 'season' | 'style']?: SceneDescription[K] } = {};
  #tints: { -readonly [K in keyof Tints]: Tints[K] } = {};
  readonly #terrains = new Set<TerrainName>();
  readonly #subjects: Subject[] = [];
  readonly #loose: string[] = [];
  #colours: string[] = [];
  #count: number | undefined;
  #size: Subject['size'] = 'normal';
  #place: Place = {};
  #unwanted = false;
  /** The subject of this clause, to which a place said after it belongs. */
  #last: number | undefined;

  pause(): void {
    this.#last = undefined;
    this.#loosen();
  }

  number(count: number): void {
    this.#count = Math.max(1, Math.min(MOST, count));
  }

  take(reading: Reading): void {
    const { meaning, unwanted = false } = reading;
    if (unwanted) this.#unwanted = true;
    if (meaning.type === 'without') {
      this.#unwanted = true;
      return;
    }
    const isThing = !['colour', 'count', 'size', 'place'].includes(meaning.type);
    if (this.#unwanted && isThing) this.#forget();
    else this.#accept(meaning, reading);
  }

  #accept(meaning: Meaning, reading: Reading): void {
    switch (meaning.type) {
      case 'colour':
        this.#colours.push(meaning.colour);
        break;
      case 'count':
        if (this.#count === undefined || meaning.count > 1) this.number(meaning.count);
        break;
      case 'size':
        this.#size = meaning.size;
        break;
      case 'place':
        this.#locate(meaning.place);
        break;
      case 'subject':
        this.#subject(meaning.kind, reading);
        break;
      default:
        this.#setting(meaning);
    }
  }

  #setting(meaning: Meaning): void {
    if (meaning.type === 'terrain') {
      this.#terrains.add(meaning.terrain);
      this.#tint(tintOf(meaning.terrain));
    } else if (meaning.type === 'sky') this.#tint('sky');
    else if (meaning.type === 'time') {
      this.#scene.time = meaning.time;
      this.#tint('sky');
    } else if (meaning.type === 'weather') this.#scene.weather = meaning.weather;
    else if (meaning.type === 'season') this.#scene.season = meaning.season;
    else if (meaning.type === 'style') this.#scene.style = meaning.style;
    this.#count = undefined;
    this.#size = 'normal';
  }

  #tint(part: keyof Tints): void {
    const [colour] = this.#colours;
    if (colour) this.#tints[part] = colour;
    this.#colours = [];
  }

  #locate(place: Place): void {
    const last = this.#last === undefined ? undefined : this.#subjects[this.#last];
    if (last && this.#last !== undefined) this.#subjects[this.#last] = { ...last, place: { ...last.place, ...place } };
    else this.#place = { ...this.#place, ...place };
  }

  #subject(kind: Subject['kind'], reading: Reading): void {
    const { word } = reading;
    const breed = BREED_COLOURS[word] ?? FOLDED_BREED_COLOURS[word];
    const plural = reading.plural || (this.#count === undefined && SAME_PLURAL.includes(word));
    const count = plural
      ? Math.max(this.#count ?? SUBJECTS[kind].plural ?? 3, 2)
      : Math.max(this.#count ?? 1, GROUP_WORDS[word] ?? FOLDED_GROUP_WORDS[word] ?? 1);
    const colours = this.#colours.length > 0 || !breed ? this.#colours : [breed];
    this.#subjects.push({ kind, count, colours, size: this.#size, place: this.#place });
    this.#last = this.#subjects.length - 1;
    this.#colours = [];
    this.#forget();
  }

  #forget(): void {
    this.#loosen();
    this.#count = undefined;
    this.#size = 'normal';
    this.#place = {};
    this.#unwanted = false;
  }

  #loosen(): void {
    this.#loose.push(...this.#colours);
    this.#colours = [];
  }

  finish(): SceneDescription {
    this.#loosen();
    return {
      ...this.#scene,
      terrains: [...this.#terrains],
      subjects: mergeSame(this.#subjects),
      tints: { ...this.#tints },
      colours: [...new Set(this.#loose)],
    };
  }
}

const sameLook = (one: Subject, other: Subject) =>
  one.kind === other.kind &&
  one.size === other.size &&
  one.colours.join() === other.colours.join() &&
  JSON.stringify(one.place) === JSON.stringify(other.place);

/** A thing named twice ("pine forest, tall pines") is one thing. */
function mergeSame(subjects: readonly Subject[]): Subject[] {
  const merged: Subject[] = [];
  for (const subject of subjects) {
    const at = merged.findIndex((other) => sameLook(other, subject));
    const known = merged[at];
    if (known) merged[at] = { ...known, count: Math.max(known.count, subject.count) };
    else merged.push(subject);
  }
  return merged.slice(0, 8);
}

/** What a prompt asks to see, as far as the vocabulary knows its words. */
export function readPrompt(prompt: string): SceneDescription {
  const tokens = tokensOf(prompt);
  const turkish = isTurkish(prompt, tokens);
  const reader = new Reader();
  for (let index = 0; index < tokens.length; ) {
    const token = tokens[index] ?? '';
    const reading =
      token === PAUSE ? undefined : ((turkish ? readTurkishAt(tokens, index) : undefined) ?? readAt(tokens, index));
    if (token === PAUSE) reader.pause();
    else if (reading) reader.take(reading);
    else if (/^\d{1,3}$/.test(token)) reader.number(Number(token));
    index += reading?.length ?? 1;
  }
  return reader.finish();
}
