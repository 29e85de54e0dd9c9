import type { Hex } from '../colour.ts';
import type { Drawn, Group, Paint, Shape } from './drawing.ts';
import { n } from './path.ts';

/** How a picture's shapes become SVG: as coloured surfaces, or as outlines in front of what they hide. */
export interface Manner {
  /** SVG definitions that the outlines' bodies refer to. */
  readonly defs?: string;
  /** Lines instead of surfaces: outline and body colour of a shape, or nothing to leave it out. */
  readonly outline?: (
    shape: Shape,
  ) => { readonly line: Hex; readonly width: number; readonly body: Hex | undefined } | undefined;
}

/** Writes one SVG document; gradients and clips are shared where they are equal. */
class SvgWriter {
  readonly #defs: string[] = [];
  readonly #ids = new Map<string, string>();
  readonly #manner: Manner;

  constructor(manner: Manner) {
    this.#manner = manner;
  }

  #define(make: (id: string) => string): string {
    const key = make('');
    const known = this.#ids.get(key);
    if (known) return known;
    const id = `d${this.#defs.length}`;
    this.#defs.push(make(id));
    this.#ids.set(key, id);
    return id;
  }

  #paint(paint: Paint): string {
    if (typeof paint === 'string') return paint;
    const stops = paint.stops.map(
      ({ at, colour, opacity }) =>
        `<stop offset="${n(at)}" stop-color="${colour}"${opacity === undefined ? '' : ` stop-opacity="${n(opacity)}"`}/>`,
    );
    const id = this.#define((name) =>
      paint.kind === 'linear'
        ? `<linearGradient id="${name}" gradientUnits="userSpaceOnUse" x1="${n(paint.from[0])}" y1="${n(paint.from[1])}" x2="${n(paint.to[0])}" y2="${n(paint.to[1])}">${stops.join('')}</linearGradient>`
        : `<radialGradient id="${name}" gradientUnits="userSpaceOnUse" cx="${n(paint.centre[0])}" cy="${n(paint.centre[1])}" r="${n(paint.radius)}">${stops.join('')}</radialGradient>`,
    );
    return `url(#${id})`;
  }

  #surface({ d, fill, stroke, opacity }: Shape): string {
    const line = stroke
      ? ` stroke="${stroke.colour}" stroke-width="${n(stroke.width)}" stroke-linecap="round" stroke-linejoin="round"`
      : '';
    const faded = opacity === undefined || opacity === 1 ? '' : ` opacity="${n(opacity)}"`;
    return `<path d="${d}" fill="${fill ? this.#paint(fill) : 'none'}"${line}${faded}/>`;
  }

  #outlined(shape: Shape, part: 'both' | 'line' | 'body'): string {
    const look = this.#manner.outline?.(shape);
    if (!look) return '';
    const { line, width, body } = look;
    const pen =
      part === 'body'
        ? ''
        : ` stroke="${line}" stroke-width="${n(part === 'line' ? width * 2 : width)}" stroke-linejoin="round" stroke-linecap="round" vector-effect="non-scaling-stroke"`;
    return `<path d="${shape.d}" fill="${part === 'line' ? 'none' : (body ?? 'none')}"${pen}/>`;
  }

  #shape(shape: Shape): string {
    return this.#manner.outline ? this.#outlined(shape, 'both') : this.#surface(shape);
  }

  #group(group: Group): string {
    if (this.#manner.outline && group.surfaceOnly) return '';
    const marks: string[] = [];
    if (group.transform) marks.push(`transform="${group.transform}"`);
    if (group.opacity !== undefined && !this.#manner.outline) marks.push(`opacity="${n(group.opacity)}"`);
    const { blur, clip, ripple } = group;
    if (clip)
      marks.push(`clip-path="url(#${this.#define((id) => `<clipPath id="${id}"><path d="${clip}"/></clipPath>`)})"`);
    if (blur && !this.#manner.outline)
      marks.push(
        `filter="url(#${this.#define((id) => `<filter id="${id}" x="-20%" y="-20%" width="140%" height="140%"><feGaussianBlur stdDeviation="${n(blur)}"/></filter>`)})"`,
      );
    if (ripple)
      marks.push(
        `filter="url(#${this.#define((id) => `<filter id="${id}" filterUnits="userSpaceOnUse" x="0" y="${n(ripple.top)}" width="1000" height="${n(ripple.bottom - ripple.top)}"><feTurbulence type="fractalNoise" baseFrequency="0.006 0.06" numOctaves="2" seed="7" result="t"/><feDisplacementMap in="SourceGraphic" in2="t" scale="${n(ripple.reach)}" xChannelSelector="R" yChannelSelector="G"/></filter>`)})"`,
      );
    return `<g ${marks.join(' ')}>${this.#children(group)}</g>`;
  }

  #children(group: Group): string {
    const shapes = group.children.filter((child) => child.kind === 'shape');
    if (!group.fused || !this.#manner.outline || shapes.length !== group.children.length)
      return group.children.map((child) => this.drawn(child)).join('');
    return [
      ...shapes.map((part) => this.#outlined(part, 'line')),
      ...shapes.map((part) => this.#outlined(part, 'body')),
    ].join('');
  }

  drawn(item: Drawn): string {
    return item.kind === 'shape' ? this.#shape(item) : this.#group(item);
  }

  document(drawn: readonly Drawn[], size: number): string {
    const content = drawn.map((item) => this.drawn(item)).join('');
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 1000 1000"><defs>${this.#manner.defs ?? ''}${this.#defs.join('')}</defs>${content}</svg>`;
  }
}

/** The drawing as an SVG document of `size` pixels, 1000 units wide and high. */
export function toSvg(drawn: readonly Drawn[], size: number, manner: Manner = {}): string {
  return new SvgWriter(manner).document(drawn, size);
}
