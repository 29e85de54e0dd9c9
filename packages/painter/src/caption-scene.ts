import { isAbstract, type SceneDescription, type Subject } from './scene-description.ts';
import { SUBJECTS } from './vocabulary/subjects.ts';

const NUMBERS = [
  'no',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
];
const SAME_PLURAL = ['sheep', 'fish', 'deer', 'jellyfish'];

function pluralOf(word: string): string {
  if (SAME_PLURAL.includes(word)) return word;
  if (/(s|x|ch|sh)$/.test(word)) return `${word}es`;
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return word === 'wolf' ? 'wolves' : word === 'person' ? 'people' : `${word}s`;
}

function subjectWords({ kind, count, colours, size, place }: Subject): string {
  const noun = SUBJECTS[kind].words[0] ?? kind;
  const look = [size === 'normal' ? '' : size, colours.join(' and ')].filter(Boolean).join(' ');
  const named = [look, count === 1 ? noun : pluralOf(noun)].filter(Boolean).join(' ');
  const counted =
    count === 1 ? `${/^[aeiou]/.test(named) ? 'an' : 'a'} ${named}` : `${NUMBERS[count] ?? count} ${named}`;
  const side = place.side === 'centre' ? 'in the middle' : place.side ? `on the ${place.side}` : '';
  const distance = place.distance === 'far' ? 'in the distance' : place.distance === 'near' ? 'in the foreground' : '';
  return [counted, place.height === 'high' ? 'flying' : '', side, distance].filter(Boolean).join(' ');
}

/** The scene in words again. `readPrompt` reads the same scene back from them. */
export function captionScene(scene: SceneDescription): string {
  const { time, weather, season, terrains, subjects, tints, style, colours } = scene;
  const setting = terrains.map((terrain) => {
    const part = terrain === 'sea' || terrain === 'lake' || terrain === 'river' ? tints.water : tints.land;
    return part ? `${part} ${terrain}` : terrain;
  });
  const sky = tints.sky ? `${tints.sky} sky` : '';
  const parts = [...subjects.map(subjectWords), ...setting, sky, weather ?? '', season ?? '', time ?? ''];
  const words = isAbstract(scene) ? ['abstract composition', colours.join(', ')] : parts;
  return [...words, style ? `${style} style` : ''].filter(Boolean).join(', ');
}
