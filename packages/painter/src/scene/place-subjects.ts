import { type Drawn, filled, group } from '../canvas/drawing.ts';
import { ellipse, n } from '../canvas/path.ts';
import { recolour } from '../canvas/recolour.ts';
import { darken, type Hex, lighten, mix } from '../colour.ts';
import { MOTIFS } from '../motifs/motifs.ts';
import type { Random } from '../random.ts';
import type { SceneDescription, Subject } from '../scene-description.ts';
import { COLOURS } from '../vocabulary/colours.ts';
import type { Season } from '../vocabulary/sky.ts';
import { type Habitat, isHeaven, type MotifKind, SUBJECTS } from '../vocabulary/subjects.ts';
import type { Layer } from './ground.ts';
import type { Light } from './light.ts';
import { afloat } from './water.ts';

/** One thing to be drawn, of a subject that may count several. */
export interface Item {
  readonly kind: MotifKind;
  readonly subject: Subject;
  readonly nth: number;
  readonly colour: Hex;
  readonly habitat: Habitat;
}

/** Where things may be put. */
export interface Stage {
  readonly light: Light;
  readonly season: Season;
  readonly layers: readonly Layer[];
  /** Open water, from its far to its near edge. */
  readonly water: readonly [number, number] | undefined;
  readonly horizon: number;
  /** Weightless: things float wherever they like. */
  readonly afloat: boolean;
}

/** Every single thing of a scene, the sky's own left out. */
export function itemsOf(scene: SceneDescription): Item[] {
  return scene.subjects.flatMap((subject) => {
    const { kind, count, colours, place } = subject;
    if (isHeaven(kind)) return [];
    const habitat = place.height === 'high' ? 'air' : SUBJECTS[kind].habitat;
    return Array.from(
      { length: count },
      (_, nth): Item => ({
        kind,
        subject,
        nth,
        habitat,
        colour: COLOURS[colours[nth % Math.max(1, colours.length)] ?? ''] ?? SUBJECTS[kind].colour,
      }),
    );
  });
}

const SIZES = { small: 0.62, normal: 1, large: 1.5 } as const;
const PLANTS: readonly MotifKind[] = ['tree', 'pine', 'palm', 'flower', 'mushroom', 'cactus'];

/** Half a thing's width as a share of its height, where it is far from a third. */
const HALF_WIDTHS: Partial<Record<MotifKind, number>> = {
  whale: 1.2,
  train: 2,
  dragon: 0.9,
  plane: 0.9,
  car: 0.95,
  dolphin: 0.9,
  ship: 0.75,
  fish: 0.7,
  turtle: 0.75,
  ufo: 0.65,
  elephant: 0.8,
  wolf: 0.65,
  bear: 0.7,
  tent: 0.75,
  castle: 0.58,
  mosque: 0.62,
};

/** Puts the things of a scene on their places, far ones first within each layer. */
export class Placement {
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #taken: { x: number; y: number; reach: number }[] = [];
  readonly #alone: boolean;

  constructor(stage: Stage, random: Random, items: readonly Item[]) {
    this.#stage = stage;
    this.#random = random;
    this.#alone = items.filter(({ kind }) => !PLANTS.includes(kind)).length === 1;
  }

  /** A free place: of several candidates the one farthest from what is there. */
  #free(draw: () => readonly [number, number], reach: number): readonly [number, number] {
    let best: readonly [number, number] = draw();
    let bestRoom = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < 14; i++) {
      const [x, y] = i === 0 ? best : draw();
      const room = Math.min(
        ...this.#taken.map((other) => Math.hypot(other.x - x, (other.y - y) * 1.6) - other.reach - reach),
        400 - i,
      );
      if (room > bestRoom) {
        best = [x, y];
        bestRoom = room;
      }
    }
    this.#taken.push({ x: best[0], y: best[1], reach });
    return best;
  }

  #column(item: Item, from: number, to: number): number {
    const { subject, nth } = item;
    const { side } = subject.place;
    const spread = subject.count > 1 ? 190 : 60;
    if (this.#alone && !side && HALF_WIDTHS[item.kind] !== undefined) return 500 + this.#random.bell() * 90;
    if (side) return (side === 'left' ? 240 : side === 'right' ? 760 : 500) + this.#random.bell() * spread;
    if (nth === 0 && this.#taken.length === 0)
      return Math.min(to, Math.max(from, this.#random.pick([360, 500, 640]) + this.#random.bell() * 30));
    return this.#random.range(from, to);
  }

  #draw(item: Item, x: number, y: number, height: number, depth: number, onWater: boolean): Drawn[] {
    const { light, season } = this.#stage;
    const random = this.#random.fork(`${item.kind} ${item.nth}`);
    const { colour } = item;
    const raw = MOTIFS[item.kind]({
      colour,
      bright: lighten(colour, 0.2),
      shade: darken(colour, 0.25),
      random,
      dark: light.dark || light.time === 'dusk',
      season,
    });
    const drawn = recolour(raw, (paint) => mix(light.far(paint, depth), paint, light.dark ? 0.34 : 0.2));
    const fixed =
      item.kind === 'mosque' || item.kind === 'castle' || item.kind === 'person' || item.kind === 'lighthouse';
    const flip = !fixed && (item.subject.count > 1 ? random.chance(0.4) : x > 520) ? -1 : 1;
    const scale = height / 100;
    const tilt =
      item.kind === 'rocket'
        ? 24
        : item.kind === 'astronaut' && this.#stage.afloat
          ? -14
          : item.kind === 'kite'
            ? 12
            : 0;
    const transform = `translate(${n(x)} ${n(y)}) scale(${n(scale * flip)} ${n(scale)}) rotate(${tilt})`;
    if (onWater) return afloat(drawn, transform, light, 60);
    if (item.habitat !== 'ground' || this.#stage.afloat) return [group(drawn, { transform })];
    const shadow = mix(darken(light.haze, 0.75), light.sky[0], 0.5);
    return [
      group([filled('mist', ellipse(x + 6 * scale, y, 30 * scale, 4.4 * scale), shadow, 0.32)], {
        blur: 2.2 * scale + 0.5,
        surfaceOnly: true,
      }),
      group(drawn, { transform }),
    ];
  }

  #height(item: Item, person: number): number {
    const small = this.#alone && SUBJECTS[item.kind].height < 0.6 ? 1.7 : 1;
    const half = HALF_WIDTHS[item.kind] ?? 0.35;
    const hero = this.#alone && !PLANTS.includes(item.kind) ? 1.3 : 1;
    const crowd = item.subject.count > 6 ? 0.75 : 1;
    const tallest = Math.min(item.habitat === 'ground' ? 560 : 420, 360 / half);
    return Math.min(
      tallest,
      SUBJECTS[item.kind].height *
        person *
        SIZES[item.subject.size] *
        hero *
        small *
        crowd *
        this.#random.range(0.93, 1.07),
    );
  }

  /** Layer a ground thing stands on. */
  #layerOf(item: Item): number {
    const last = this.#stage.layers.length - 1;
    const { distance } = item.subject.place;
    if (distance) return distance === 'near' ? last : 0;
    if (item.kind === 'flower' || item.kind === 'mushroom' || item.kind === 'campfire') return last;
    if (PLANTS.includes(item.kind)) return this.#random.int(0, last);
    if (SUBJECTS[item.kind].height >= 1.65 || item.kind === 'train') return Math.min(last, 1);
    return item.subject.count > 3 ? this.#random.int(Math.min(1, last), last) : last;
  }

  /** Things standing on the ground, layer by layer. */
  ground(items: readonly Item[]): Drawn[][] {
    const { layers } = this.#stage;
    const drawn: { y: number; drawn: Drawn[] }[][] = layers.map(() => []);
    for (const item of items) {
      const at = this.#layerOf(item);
      const layer = layers[at];
      if (!layer) continue;
      const height = this.#height(item, layer.person);
      const low = at === layers.length - 1 ? 0.4 : 0.12;
      const [x, y] = this.#free(() => {
        const column = this.#column(item, layer.from, layer.to);
        return [column, Math.min(888, layer.skyline(column) + layer.person * this.#random.range(0.05, low) + 4)];
      }, height * 0.28);
      drawn[at]?.push({ y, drawn: this.#draw(item, x, y, height, layer.depth * 0.75, false) });
    }
    return drawn.map((list) => list.sort((a, b) => a.y - b.y).flatMap((one) => one.drawn));
  }

  /** Things on the water, far ones first. */
  onWater(items: readonly Item[]): Drawn[] {
    const [far, near] = this.#stage.water ?? [700, 1000];
    const drawn = items.map((item) => {
      const { distance } = item.subject.place;
      const base =
        distance === 'far' ? 0.06 : distance === 'near' ? 0.75 : this.#alone ? 0.46 : this.#random.range(0.14, 0.66);
      const [x, y] = this.#free(
        () => [
          this.#column(item, 130, 870),
          far + 14 + (near - far) * Math.min(0.8, Math.max(0.03, base + this.#random.bell() * 0.1)),
        ],
        90,
      );
      const t = (y - far) / Math.max(1, near - far);
      return { y, drawn: this.#draw(item, x, y, this.#height(item, 46 + t * 250), 0.5 * (1 - t), true) };
    });
    return drawn.sort((a, b) => a.y - b.y).flatMap((one) => one.drawn);
  }

  /** Things in the air, the deep or in space, small ones first. */
  floating(items: readonly Item[]): Drawn[] {
    const { horizon, afloat: weightless } = this.#stage;
    const drawn = items.map((item) => {
      const many = item.subject.count > 4;
      const near =
        item.subject.place.distance === 'far'
          ? 0.3
          : item.subject.place.distance === 'near'
            ? 1.2
            : many || item.nth > 0
              ? this.#random.range(0.4, 1)
              : 1;
      const height = this.#height(item, (weightless ? 230 : 170) * near);
      const [top, bottom] = weightless
        ? [130 + height * 0.4, 760]
        : [90 + height * 0.45, Math.max(220, horizon - height * 0.2)];
      const [x, y] = this.#free(
        () => [
          this.#column(item, 110, 890),
          item.nth === 0 && this.#alone ? (top + bottom) / 2 : this.#random.range(top, bottom),
        ],
        height * 0.4,
      );
      return { height, drawn: this.#draw(item, x, y + height / 2, height, (1 - Math.min(1, near)) * 0.55, false) };
    });
    return drawn.sort((a, b) => a.height - b.height).flatMap((one) => one.drawn);
  }
}
