import { describe, expect, it } from 'vitest';
import { captionScene } from './caption-scene.ts';
import { readPrompt } from './read-prompt.ts';
import { isAbstract } from './scene-description.ts';
import { readStyle } from './vocabulary/lexicon.ts';
import { SUBJECT_KINDS, SUBJECTS } from './vocabulary/subjects.ts';

describe('readPrompt', () => {
  it('reads colour, size, count and place of a subject', () => {
    expect(readPrompt('two small red boats left').subjects).toEqual([
      { kind: 'boat', count: 2, colours: ['red'], size: 'small', place: { side: 'left' } },
    ]);
  });

  it('reads time, weather, season, terrain and style', () => {
    const scene = readPrompt('A foggy autumn morning in the mountains by a lake, aquarelle');
    expect(scene).toMatchObject({
      time: 'dawn',
      weather: 'fog',
      season: 'autumn',
      terrains: ['mountains', 'lake'],
      style: 'watercolour',
    });
  });

  it('takes plurals, synonyms and irregular forms', () => {
    const kinds = readPrompt('wolves, butterflies, puppies and women').subjects.map(({ kind }) => kind);
    expect(kinds).toEqual(['wolf', 'butterfly', 'dog', 'person']);
  });

  it('prefers the longest phrase', () => {
    expect(readPrompt('a hot air balloon under the sea').terrains).toEqual(['underwater']);
    expect(readPrompt('northern lights').subjects[0]?.kind).toBe('aurora');
  });

  it('gives a colour to the sky or land it stands before', () => {
    expect(readPrompt('pink sky over a golden field and green water').tints).toEqual({
      sky: 'pink',
      land: 'gold',
      water: 'green',
    });
  });

  it('alternates colours named together', () => {
    expect(readPrompt('four red and blue balloons').subjects[0]).toMatchObject({ count: 4, colours: ['red', 'blue'] });
  });

  it('leaves out what is not wanted', () => {
    expect(readPrompt('a lake without boats, no clouds').subjects).toEqual([]);
  });

  it('bounds counts', () => {
    expect(readPrompt('999 sheep').subjects[0]?.count).toBe(16);
  });

  it('calls a prompt without known words abstract, and keeps its colours', () => {
    const scene = readPrompt('thoughts of serendipity in blue');
    expect(isAbstract(scene)).toBe(true);
    expect(scene.colours).toEqual(['blue']);
  });

  it('is plain JSON data', () => {
    const scene = readPrompt('three black cats in the snow at night, ink');
    expect(JSON.parse(JSON.stringify(scene))).toEqual(scene);
  });

  it('survives any text', () => {
    for (const text of ['', '   ', '🦊🌲', 'çığ', 'constructor __proto__ toString', 'a'.repeat(2000)])
      expect(() => readPrompt(text)).not.toThrow();
  });

  it.each(SUBJECT_KINDS)('knows every word for %s', (kind) => {
    for (const word of SUBJECTS[kind].words)
      expect(readPrompt(`a ${word}`).subjects.map((subject) => subject.kind)).toEqual([kind]);
  });
});

describe('captionScene', () => {
  it.each([
    'two small red boats on the left, sea, sunset',
    'a large black cat, city, rain, night, ink style',
    'five sheep in the distance, meadow, spring, day',
    'three balloons, mountains, dawn',
  ])('reads back as the same scene: %s', (prompt) => {
    const scene = readPrompt(prompt);
    expect(readPrompt(captionScene(scene))).toEqual(scene);
  });
});

describe('readStyle', () => {
  it('takes names and aliases, whatever their case', () => {
    expect(readStyle('Watercolor')).toBe('watercolour');
    expect(readStyle('pixel-art')).toBe('pixel');
    expect(readStyle('Oil painting')).toBe('oil');
    expect(readStyle('photorealistic')).toBeUndefined();
  });
});
