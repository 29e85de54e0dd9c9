import type { Season, TimeOfDay, Weather } from './vocabulary/sky.ts';
import type { StyleName } from './vocabulary/styles.ts';
import type { SubjectKind } from './vocabulary/subjects.ts';
import type { TerrainName } from './vocabulary/terrain.ts';

/** Where in the picture a subject was asked for; what is missing the composition decides. */
export interface Place {
  readonly side?: 'left' | 'centre' | 'right';
  readonly distance?: 'near' | 'far';
  readonly height?: 'high' | 'low';
}

/** One thing or kind of thing in a picture. */
export interface Subject {
  readonly kind: SubjectKind;
  readonly count: number;
  /** Names from the vocabulary of colours, taken in turn when there are several. */
  readonly colours: readonly string[];
  readonly size: 'small' | 'normal' | 'large';
  readonly place: Place;
}

/** Colours the prompt gives to a whole part of the picture. */
export interface Tints {
  readonly sky?: string;
  readonly land?: string;
  readonly water?: string;
}

/** What a prompt asks to see: plain data, fit for JSON. Empty lists and missing fields leave the choice to the composition. */
export interface SceneDescription {
  readonly time?: TimeOfDay;
  readonly weather?: Weather;
  readonly season?: Season;
  readonly terrains: readonly TerrainName[];
  readonly subjects: readonly Subject[];
  readonly tints: Tints;
  readonly style?: StyleName;
  /** Colours that belong to nothing in particular; they lead an abstract picture. */
  readonly colours: readonly string[];
}

/** Whether nothing to show was recognised, so that the picture becomes an abstract. */
export function isAbstract(scene: SceneDescription): boolean {
  const { time, weather, season, terrains, subjects } = scene;
  return !time && !weather && !season && terrains.length === 0 && subjects.length === 0;
}
