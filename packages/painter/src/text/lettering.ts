import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Font, type Glyph, type PathCommand, parse } from 'opentype.js/dist/opentype.mjs';

import { n } from '../canvas/path.ts';

/** Text as one SVG path, and how wide it came out. */
export interface Lettering {
  readonly d: string;
  readonly width: number;
}

const SUBSETS = ['latin', 'latin-ext', 'cyrillic', 'vietnamese'] as const;
let fonts: readonly Font[] | undefined;

/** Cormorant Garamond Italic, from the package, so that no font need be installed. */
function loadFonts(): readonly Font[] {
  fonts ??= SUBSETS.map((subset) => {
    const file = createRequire(import.meta.url).resolve(
      `@fontsource/cormorant-garamond/files/cormorant-garamond-${subset}-500-italic.woff`,
    );
    const bytes = readFileSync(file);
    return parse(Uint8Array.from(bytes).buffer);
  });
  return fonts;
}

interface Letter {
  readonly font: Font;
  readonly glyph: Glyph;
}

function letterOf(character: string): Letter | undefined {
  for (const font of loadFonts()) {
    const glyph = font.charToGlyph(character);
    if (glyph.index > 0) return { font, glyph };
  }
  return undefined;
}

const lettersOf = (text: string): Letter[] => {
  const letters: Letter[] = [];
  for (const character of text.normalize('NFC')) {
    const letter = letterOf(character);
    if (letter) letters.push(letter);
  }
  return letters;
};

function advance({ font, glyph }: Letter, next: Letter | undefined, size: number): number {
  const kern = next && next.font === font ? font.getKerningValue(glyph, next.glyph) : 0;
  return (((glyph.advanceWidth ?? 0) + kern) * size) / font.unitsPerEm;
}

const widthOf = (letters: readonly Letter[], size: number): number =>
  letters.reduce((sum, letter, i) => sum + advance(letter, letters[i + 1], size), 0);

/** As many whole words as fit, with an ellipsis where some were left out. */
function fitting(letters: readonly Letter[], size: number, room: number): readonly Letter[] {
  if (widthOf(letters, size) <= room) return letters;
  const ellipsis = letterOf('…');
  const space = letterOf(' ')?.glyph.index;
  let cut = letters.length;
  while (cut > 0 && widthOf([...letters.slice(0, cut), ...(ellipsis ? [ellipsis] : [])], size) > room) cut--;
  const gap = letters.slice(0, cut).findLastIndex(({ glyph }) => glyph.index === space);
  const end = gap > cut * 0.7 ? gap : cut;
  return [...letters.slice(0, end), ...(ellipsis ? [ellipsis] : [])];
}

/** One step of an outline as path data; opentype.js's own writer packs numbers in ways librsvg stops at. */
function written({ type, x, y, x1, y1, x2, y2 }: PathCommand): string {
  const numbers = [x1, y1, x2, y2, x, y].filter((value) => value !== undefined);
  return `${type}${numbers.map(n).join(' ')}`;
}

/** Sets text from (0, 0) on its baseline, at most `room` wide. Characters the font lacks are left out. */
export function setText(text: string, size: number, room: number): Lettering {
  const letters = fitting(lettersOf(text.replace(/\s+/g, ' ').trim().slice(0, 400)), size, room);
  let [x, d] = [0, ''];
  letters.forEach((letter, i) => {
    d += letter.glyph.getPath(x, 0, size).commands.map(written).join('');
    x += advance(letter, letters[i + 1], size);
  });
  return { d, width: x };
}
