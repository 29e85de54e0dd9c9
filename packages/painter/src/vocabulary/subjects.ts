import type { Hex } from '../colour.ts';
import type { TerrainName } from './terrain.ts';

/** Where a subject is at home: decides where it is put, and what landscape it brings along. */
export type Habitat = 'ground' | 'water' | 'air' | 'sky' | 'deep' | 'space';

/** What the vocabulary knows of a subject. */
export interface SubjectEntry {
  readonly words: readonly string[];
  readonly habitat: Habitat;
  /** Height beside a grown person's 1, for pictures rather than for zoology. */
  readonly height: number;
  readonly colour: Hex;
  /** Landscape it brings when the prompt names none. */
  readonly brings?: TerrainName;
  /** How many a bare plural shows; default 3. */
  readonly plural?: number;
}

const entry = (habitat: Habitat, height: number, colour: Hex, ...words: string[]): SubjectEntry => ({
  words,
  habitat,
  height,
  colour,
});

const animals = {
  cat: entry('ground', 1.25, '#e2913f', 'cat', 'kitten', 'kitty', 'tabby', 'feline', 'kedi'),
  dog: entry('ground', 1.25, '#b07a48', 'dog', 'puppy', 'pup', 'hound', 'labrador', 'retriever'),
  fox: entry('ground', 1.2, '#d96b2b', 'fox', 'vixen'),
  wolf: entry('ground', 1.3, '#767d8a', 'wolf', 'husky', 'coyote'),
  rabbit: entry('ground', 1, '#b89b82', 'rabbit', 'bunny', 'hare'),
  bear: entry('ground', 1.45, '#7a5238', 'bear', 'grizzly', 'panda', 'teddy', 'polar bear'),
  deer: entry('ground', 1.6, '#a8703f', 'deer', 'stag', 'elk', 'moose', 'reindeer', 'doe', 'antelope'),
  horse: entry('ground', 1.6, '#7b4a2d', 'horse', 'pony', 'stallion', 'mare', 'foal'),
  unicorn: entry('ground', 1.7, '#f7f3f5', 'unicorn', 'pegasus'),
  elephant: entry('ground', 1.7, '#8b8f9b', 'elephant', 'mammoth'),
  sheep: { ...entry('ground', 0.9, '#f1ece0', 'sheep', 'lamb', 'ram'), plural: 5 },
  owl: entry('ground', 1.05, '#94704f', 'owl'),
  penguin: { ...entry('ground', 1.05, '#2a3140', 'penguin'), brings: 'snowfield' as const, plural: 4 },
  camel: { ...entry('ground', 1.5, '#c2914f', 'camel', 'dromedary'), brings: 'desert' as const },
  dragon: entry('air', 1.7, '#3f8f6b', 'dragon', 'wyvern'),
  bird: {
    ...entry(
      'air',
      0.4,
      '#39404f',
      'bird',
      'seagull',
      'gull',
      'swallow',
      'crow',
      'raven',
      'eagle',
      'hawk',
      'goose',
      'crane',
      'dove',
      'pigeon',
    ),
    plural: 7,
  },
  butterfly: { ...entry('air', 0.42, '#e58a3a', 'butterfly', 'moth'), plural: 5 },
  whale: { ...entry('water', 1.3, '#4a6b8c', 'whale', 'orca'), brings: 'sea' as const },
  dolphin: { ...entry('water', 0.9, '#6d8fae', 'dolphin', 'porpoise'), brings: 'sea' as const },
  duck: { ...entry('water', 0.5, '#e8d9b0', 'duck', 'duckling', 'swan'), brings: 'lake' as const },
  fish: {
    ...entry('deep', 0.5, '#f0883e', 'fish', 'goldfish', 'clownfish', 'salmon', 'shark'),
    brings: 'underwater' as const,
    plural: 7,
  },
  jellyfish: {
    ...entry('deep', 0.9, '#d98bc4', 'jellyfish', 'medusa', 'octopus', 'squid'),
    brings: 'underwater' as const,
  },
  turtle: { ...entry('deep', 0.75, '#6a8f57', 'turtle', 'tortoise', 'sea turtle'), brings: 'underwater' as const },
} as const satisfies Record<string, SubjectEntry>;

const plants = {
  tree: {
    ...entry(
      'ground',
      2.1,
      '#5b8c4a',
      'tree',
      'oak',
      'maple',
      'birch',
      'apple tree',
      'blossom',
      'cherry tree',
      'cherry blossom',
      'cherry blossom tree',
      'blossom tree',
      'blossoming tree',
      'willow',
    ),
    plural: 6,
  },
  pine: {
    ...entry(
      'ground',
      2.3,
      '#35654f',
      'pine',
      'fir',
      'spruce',
      'conifer',
      'evergreen',
      'christmas tree',
      'pine tree',
      'cypress',
      'cedar',
    ),
    plural: 8,
  },
  palm: { ...entry('ground', 2.2, '#4f9260', 'palm', 'palm tree', 'coconut tree'), brings: 'beach' as const },
  flower: {
    ...entry(
      'ground',
      0.75,
      '#e4577a',
      'flower',
      'tulip',
      'daisy',
      'poppy',
      'rose',
      'sunflower',
      'bouquet',
      'wildflower',
      'lily',
      'orchid',
    ),
    plural: 12,
  },
  mushroom: { ...entry('ground', 0.8, '#cf4436', 'mushroom', 'toadstool', 'fungus'), plural: 4 },
  cactus: { ...entry('ground', 1.3, '#4c8a5c', 'cactus', 'cacti', 'saguaro'), brings: 'desert' as const },
} as const satisfies Record<string, SubjectEntry>;

const things = {
  person: {
    ...entry(
      'ground',
      1.2,
      '#c8503e',
      'person',
      'man',
      'woman',
      'girl',
      'boy',
      'child',
      'people',
      'traveller',
      'traveler',
      'wanderer',
      'human',
      'figure',
      'hiker',
      'monk',
      'princess',
      'wizard',
      'knight',
      'samurai',
      'friend',
    ),
    plural: 3,
  },
  robot: entry('ground', 1.3, '#8fa3b5', 'robot', 'android', 'droid', 'cyborg'),
  house: entry(
    'ground',
    1.7,
    '#e9dcc3',
    'house',
    'cottage',
    'cabin',
    'home',
    'hut',
    'barn',
    'farmhouse',
    'village',
    'chalet',
  ),
  castle: entry('ground', 2.6, '#b9ab9b', 'castle', 'fortress', 'palace', 'citadel'),
  temple: entry('ground', 2.3, '#c2453c', 'temple', 'pagoda', 'shrine', 'torii'),
  mosque: entry('ground', 2.3, '#d9cfc0', 'mosque', 'hagia sophia', 'minaret', 'cami'),
  lighthouse: { ...entry('ground', 2.7, '#d64a3f', 'lighthouse', 'beacon'), brings: 'sea' as const },
  windmill: entry('ground', 2.2, '#e6d6bd', 'windmill', 'mill', 'wind turbine'),
  tent: entry('ground', 0.9, '#e08a3c', 'tent', 'camp', 'campsite', 'camping', 'yurt'),
  campfire: entry('ground', 0.7, '#f2842f', 'campfire', 'bonfire', 'fire', 'fireplace'),
  lantern: { ...entry('air', 0.5, '#f2a444', 'lantern', 'sky lantern', 'paper lantern'), plural: 12 },
  car: entry('ground', 0.85, '#c9433b', 'car', 'automobile', 'truck', 'van', 'taxi', 'vehicle'),
  train: entry('ground', 1.1, '#a83a35', 'train', 'locomotive', 'railway', 'tram'),
  boat: {
    ...entry(
      'water',
      1.1,
      '#b5543c',
      'boat',
      'sailboat',
      'sailing boat',
      'yacht',
      'canoe',
      'rowboat',
      'sail',
      'caique',
    ),
    brings: 'sea' as const,
  },
  ship: {
    ...entry('water', 1.8, '#7a4f35', 'ship', 'galleon', 'pirate ship', 'frigate', 'tall ship', 'ferry', 'vessel'),
    brings: 'sea' as const,
  },
  balloon: { ...entry('air', 1.5, '#d9533f', 'balloon', 'hot air balloon', 'airship', 'zeppelin'), plural: 6 },
  plane: entry('air', 0.7, '#dfe3e8', 'plane', 'airplane', 'aeroplane', 'aircraft', 'jet', 'paper plane', 'biplane'),
  kite: { ...entry('air', 0.8, '#e4564a', 'kite'), plural: 3 },
  rocket: {
    ...entry('space', 1.5, '#e8e6e1', 'rocket', 'spaceship', 'spacecraft', 'shuttle', 'starship'),
    brings: 'space' as const,
  },
  astronaut: { ...entry('space', 1.35, '#eef0f2', 'astronaut', 'cosmonaut', 'spaceman'), brings: 'space' as const },
  ufo: { ...entry('air', 0.7, '#9fb3bf', 'ufo', 'flying saucer', 'alien ship', 'alien'), plural: 3 },
} as const satisfies Record<string, SubjectEntry>;

const heavens = {
  sun: entry('sky', 1, '#ffd76a', 'sun'),
  moon: entry('sky', 1, '#f6efd9', 'moon', 'crescent', 'full moon', 'crescent moon'),
  star: { ...entry('sky', 1, '#fff6dc', 'star', 'constellation', 'milky way'), plural: 12 },
  cloud: { ...entry('sky', 1, '#ffffff', 'cloud'), plural: 6 },
  rainbow: entry('sky', 1, '#ffffff', 'rainbow'),
  aurora: entry('sky', 1, '#58e0a8', 'aurora', 'northern light', 'aurora borealis', 'polar light'),
  comet: entry('sky', 1, '#fdf4d8', 'comet', 'shooting star', 'meteor', 'falling star'),
  planet: {
    ...entry('sky', 1, '#d99a6a', 'planet', 'saturn', 'jupiter', 'earth', 'ringed planet'),
    brings: 'space' as const,
  },
} as const satisfies Record<string, SubjectEntry>;

const all = { ...animals, ...plants, ...things, ...heavens };

export type SubjectKind = keyof typeof all;
/** Subjects of the sky itself, which the sky paints and no motif does. */
export type HeavenKind = keyof typeof heavens;
export type MotifKind = Exclude<SubjectKind, HeavenKind>;

export const SUBJECTS: Readonly<Record<SubjectKind, SubjectEntry>> = all;

const isSubjectKind = (key: string): key is SubjectKind => key in all;

export const SUBJECT_KINDS: readonly SubjectKind[] = Object.keys(all).filter(isSubjectKind);

export const isHeaven = (kind: SubjectKind): kind is HeavenKind => kind in heavens;
