import { describe, expect, it } from 'vitest';
import { readPrompt } from './read-prompt.ts';
import type { SceneDescription } from './scene-description.ts';
import { COLOUR_SYNONYMS, COLOURS } from './vocabulary/colours.ts';
import { readAt } from './vocabulary/lexicon.ts';
import { isTurkish } from './vocabulary/read-turkish.ts';
import { SEASONS, TIMES, WEATHERS } from './vocabulary/sky.ts';
import { STYLES } from './vocabulary/styles.ts';
import { SUBJECT_KINDS, SUBJECTS } from './vocabulary/subjects.ts';
import { TERRAINS } from './vocabulary/terrain.ts';
import {
  TURKISH_COLOURS,
  TURKISH_SEASONS,
  TURKISH_STYLES,
  TURKISH_SUBJECTS,
  TURKISH_TERRAINS,
  TURKISH_TIMES,
  TURKISH_WEATHERS,
} from './vocabulary/turkish.ts';

const words = (list: string) => list.split(',').map((word) => word.trim());
const kinds = (prompt: string) => readPrompt(prompt).subjects.map(({ kind }) => kind);

describe('readPrompt in Turkish', () => {
  it.each(SUBJECT_KINDS)('knows every word for %s', (kind) => {
    for (const word of words(TURKISH_SUBJECTS[kind]))
      expect([word, kinds(`güzel ışıklı bir ${word}`)]).toEqual([word, [kind]]);
  });

  const themes: readonly (readonly [string, Readonly<Record<string, string>>, (scene: SceneDescription) => unknown])[] =
    [
      ['colour', TURKISH_COLOURS, ({ colours }) => colours.join()],
      ['time', TURKISH_TIMES, ({ time }) => time],
      ['weather', TURKISH_WEATHERS, ({ weather }) => weather],
      ['season', TURKISH_SEASONS, ({ season }) => season],
      ['style', TURKISH_STYLES, ({ style }) => style],
      ['terrain', TURKISH_TERRAINS, ({ terrains }) => terrains.join()],
    ];

  it.each(themes)('knows every word for a %s', (_name, theme, partOf) => {
    const read = Object.entries(theme).flatMap(([meaning, list]) =>
      words(list).map((word) => ({ word, meaning, read: partOf(readPrompt(`ışık, ${word}`)) })),
    );
    expect(read.filter(({ meaning, read: found }) => found !== meaning)).toEqual([]);
  });

  it('knows every colour', () => {
    expect(Object.keys(TURKISH_COLOURS).sort()).toEqual(Object.keys(COLOURS).sort());
  });

  it('reads a whole sentence', () => {
    const scene = readPrompt('Gün batımında sakin bir gölde iki küçük kırmızı tekne, suluboya');
    expect(scene).toMatchObject({ time: 'sunset', terrains: ['lake'], style: 'watercolour' });
    expect(scene.subjects).toEqual([{ kind: 'boat', count: 2, colours: ['red'], size: 'small', place: {} }]);
    expect(readPrompt('karlı bir ormanda tilki')).toMatchObject({ weather: 'snow', terrains: ['forest'] });
    expect(kinds('karlı bir ormanda tilki')).toEqual(['fox']);
  });

  it.each([
    ['güzel kediler', 'cat', 3],
    ['beş kedi', 'cat', 5],
    ['köpeğin', 'dog', 1],
    ['köpekleri', 'dog', 3],
    ['çam ağaçları', 'pine', 8],
    ['deniz fenerinin', 'lighthouse', 1],
    ['ağacın altında', 'tree', 1],
    ['İstanbul’un kuşları', 'bird', 7],
    ['kirmizi kelebekler', 'butterfly', 5],
    ['üç beyaz at', 'horse', 3],
    ['bahçedeki çiçekleri', 'flower', 12],
  ])('takes endings, with accents or without: %s', (prompt, kind, count) => {
    expect(readPrompt(prompt).subjects).toMatchObject([{ kind, count }]);
  });

  it.each([
    ['şehirde', 'city'],
    ['şehrin üstünde', 'city'],
    ['dağların önünde', 'mountains'],
    ['bir ormanda', 'forest'],
    ['bir çölde', 'desert'],
    ['ormanın içinden', 'forest'],
    ['denizi ve', 'sea'],
  ])('takes the endings of places: %s', (prompt, terrain) => {
    expect(readPrompt(prompt).terrains).toEqual([terrain]);
  });

  it.each(['kuşsuz bir gökyüzü', 'göl, tekne olmadan', 'göl, tekneler yok'])(
    'leaves out what is not wanted: %s',
    (prompt) => {
      expect(readPrompt(prompt).subjects).toEqual([]);
    },
  );

  it('gives the colours that words bring along', () => {
    expect(readPrompt('bir karga').subjects).toMatchObject([{ kind: 'bird', colours: ['black'] }]);
    expect(readPrompt('mavi gökyüzü, bir karga').tints).toEqual({ sky: 'blue' });
  });

  it('takes words that are also English for Turkish only in a Turkish prompt', () => {
    expect(kinds('a man on a bench at night, sis')).toEqual(['person']);
    expect(kinds('beyaz bir at')).toEqual(['horse']);
  });

  it('takes no English word of the vocabulary for Turkish, so that English pictures stay as they were', () => {
    const english = [
      ...SUBJECT_KINDS.flatMap((kind) => SUBJECTS[kind].words),
      ...[TIMES, WEATHERS, SEASONS, STYLES, TERRAINS].flatMap((theme) => Object.values(theme).flat()),
      ...Object.keys(COLOURS),
      ...Object.keys(COLOUR_SYNONYMS),
    ];
    const ours = ['kedi', 'suluboya'];
    const taken = english.filter((word) => !ours.includes(word) && isTurkish(word, word.split(' ')));
    expect(taken).toEqual([]);
    expect(readAt(['cat'], 0)?.word).toBe('cat');
  });
});
