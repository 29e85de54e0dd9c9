import { type Drawn, filled, group } from '../canvas/drawing.ts';
import { belowCurve } from '../canvas/path.ts';
import { darken, mix } from '../colour.ts';
import { createRandom, type Random } from '../random.ts';
import type { SceneDescription } from '../scene-description.ts';
import { COLOURS } from '../vocabulary/colours.ts';
import type { Season } from '../vocabulary/sky.ts';
import { SUBJECTS } from '../vocabulary/subjects.ts';
import type { TerrainName } from '../vocabulary/terrain.ts';
import { city, dunes, hills, shoreLights, treeline } from './backdrops.ts';
import { cosmos, craters } from './cosmos.ts';
import { deepWater, underwater } from './deep.ts';
import { bank, framing, type Layer, type Soil, soilColour } from './ground.ts';
import { type Light, lightOf } from './light.ts';
import { mountains } from './mountains.ts';
import { type Item, itemsOf, Placement, type Stage } from './place-subjects.ts';
import { paintSky } from './sky.ts';
import { trace } from './skyline.ts';
import { water } from './water.ts';
import { weatherOver } from './weather.ts';

/** Everything the parts of one composition share. */
interface Plan {
  readonly scene: SceneDescription;
  readonly terrains: ReadonlySet<TerrainName>;
  readonly light: Light;
  readonly season: Season;
  readonly random: Random;
  readonly items: readonly Item[];
}

/** Landscapes asked for, with those the subjects bring along. */
function terrainsOf(scene: SceneDescription, random: Random): Set<TerrainName> {
  const terrains = new Set(scene.terrains);
  const wet = terrains.has('sea') || terrains.has('lake') || terrains.has('beach') || terrains.has('river');
  for (const { kind, place } of scene.subjects) {
    const { brings, habitat } = SUBJECTS[kind];
    if (!brings || place.height === 'high') continue;
    if (habitat === 'water' && !wet && !terrains.has('underwater') && !terrains.has('space'))
      terrains.add(terrains.size > 0 ? 'lake' : brings);
    else if (terrains.size === 0 || (habitat === 'deep' && terrains.has('sea'))) terrains.add(brings);
  }
  if (terrains.size === 0)
    for (const terrain of random.pick([
      ['hills', 'meadow'],
      ['mountains', 'meadow'],
      ['hills', 'meadow'],
    ] as const))
      terrains.add(terrain);
  return terrains;
}

function seasonOf(scene: SceneDescription, terrains: ReadonlySet<TerrainName>): Season {
  if (scene.season) return scene.season;
  return terrains.has('snowfield') || scene.weather === 'snow' ? 'winter' : 'summer';
}

function soilOf(terrains: ReadonlySet<TerrainName>, season: Season): Soil {
  if (terrains.has('desert') || terrains.has('beach')) return 'sand';
  if (terrains.has('snowfield') || season === 'winter') return 'snow';
  if (terrains.has('forest')) return 'moss';
  return terrains.has('city') && !terrains.has('meadow') && !terrains.has('hills') ? 'paved' : 'grass';
}

function backdrop({ terrains, light, season, random, scene }: Plan, horizon: number, side: number): Drawn[] {
  const drawn: Drawn[] = [];
  const land = COLOURS[scene.tints.land ?? ''];
  if (terrains.has('mountains'))
    drawn.push(
      ...mountains(light, random.fork('mountains'), horizon, {
        snowy: season === 'winter' || random.chance(0.35),
        rock: land ?? random.pick(['#566079', '#5f5a70', '#4d6470', '#6d5a58']),
        side,
        tall: random.range(250, 350),
      }),
    );
  if (terrains.has('hills') || (terrains.size === 1 && (terrains.has('meadow') || terrains.has('lake'))))
    drawn.push(...hills(light, random.fork('hills'), horizon, land ?? soilColour('grass', season)));
  if (terrains.has('desert')) drawn.push(...dunes(light, random.fork('dunes'), horizon, land ?? '#d9a864', side));
  if (terrains.has('snowfield') && !terrains.has('mountains'))
    drawn.push(...hills(light, random.fork('drifts'), horizon, '#e3ebf5', 70));
  if (terrains.has('city')) drawn.push(...city(light, random.fork('city'), horizon));
  if (terrains.has('forest'))
    drawn.push(...treeline(light, random.fork('trees'), horizon, season, season !== 'winter' && random.chance(0.55)));
  return drawn;
}

/** Banks of ground from far to near. */
function banks(plan: Plan, tops: readonly number[], soil: Soil): Layer[] {
  const { light, season, random, scene } = plan;
  const tint = COLOURS[scene.tints.land ?? ''];
  const colour = tint && !plan.terrains.has('mountains') ? tint : soilColour(soil, season);
  return tops.map((y, nth) => {
    const near = nth === tops.length - 1;
    const t = tops.length === 1 ? 1 : nth / (tops.length - 1);
    return bank({
      light,
      random: random.fork(`bank ${nth}`),
      soil,
      colour: near ? darken(colour, 0.06) : colour,
      season,
      y,
      height: 26 + (soil === 'sand' ? 0 : 10) * t,
      depth: 0.5 - 0.46 * t,
      person: 78 + 122 * t,
      near,
    });
  });
}

/** A headland at one side, for what stands by the sea. */
function headland(plan: Plan, horizon: number, side: 'left' | 'right'): Layer {
  const { light, random } = plan;
  const middle = side === 'left' ? 210 : 790;
  const foot = horizon + 62;
  const skyline = (x: number) => foot - 86 * Math.exp(-(((x - middle) / 190) ** 4));
  const rock = light.far('#6f6258', 0.22);
  const grass = light.far(soilColour('grass', plan.season), 0.2);
  const ragged = random.fork('rock');
  const shore = trace(skyline, 12, middle - 330, middle + 330).map(([x, y]) => [x, y + ragged.bell() * 4] as const);
  const outline = belowCurve(shore, foot + 4);
  const drawn = [
    filled('land', outline, {
      kind: 'linear',
      from: [0, foot - 88],
      to: [0, foot + 4],
      stops: [
        { at: 0, colour: grass },
        { at: 0.28, colour: mix(grass, rock, 0.5) },
        { at: 0.5, colour: rock },
        { at: 1, colour: darken(rock, 0.45) },
      ],
    }),
  ];
  return { skyline: (x) => skyline(x) + 4, depth: 0.2, person: 105, from: middle - 80, to: middle + 80, drawn };
}

interface Floor {
  readonly layers: Layer[];
  readonly water: readonly [number, number] | undefined;
  readonly soil: Soil;
}

function floorOf(plan: Plan, horizon: number): Floor {
  const { terrains, items, season, scene } = plan;
  const soil = soilOf(terrains, season);
  const standing = items.filter(({ habitat }) => habitat === 'ground');
  if (terrains.has('beach')) return { layers: banks(plan, [830, 885], 'sand'), water: [horizon, 850], soil: 'sand' };
  if (terrains.has('lake') || terrains.has('river'))
    return { layers: banks(plan, [865], soil), water: [horizon, 880], soil };
  if (!terrains.has('sea'))
    return {
      layers: banks(plan, [horizon + 26, horizon + 105, Math.max(790, horizon + 190)], soil),
      water: undefined,
      soil,
    };
  const tall = standing.find(({ kind }) => SUBJECTS[kind].height >= 1.65);
  const others = standing.some(({ kind }) => SUBJECTS[kind].height < 1.65);
  const side =
    tall?.subject.place.side === 'left' || (!tall?.subject.place.side && plan.random.fork('side').chance(0.5))
      ? 'left'
      : 'right';
  const layers = [
    ...(tall ? [headland(plan, horizon, side)] : []),
    ...(others || scene.terrains.includes('meadow') ? banks(plan, [850], soil) : []),
  ];
  return { layers, water: [horizon, 1000], soil };
}

function composeLand(plan: Plan): Drawn[] {
  const { scene, terrains, light, season, random, items } = plan;
  const wet = terrains.has('sea') || terrains.has('lake') || terrains.has('beach') || terrains.has('river');
  const horizon = random.range(wet ? 545 : 560, wet ? 610 : 640);
  const sky = paintSky(scene, light, random.fork('sky'), horizon);
  const behind = backdrop(plan, horizon, sky.source[0] < 500 ? -1 : 1);
  const floor = floorOf(plan, horizon);
  const stage: Stage = { light, season, layers: floor.layers, water: floor.water, horizon, afloat: false };
  const placement = new Placement(stage, random.fork('places'), items);
  const standing = placement.ground(items.filter(({ habitat }) => habitat === 'ground'));
  const drawn: Drawn[] = [...sky.drawn, ...behind];
  if (floor.water) {
    const [top, bottom] = floor.water;
    const calm = !terrains.has('sea') && light.weather !== 'storm' && light.weather !== 'wind';
    drawn.push(
      ...water({
        light,
        random: random.fork('water'),
        horizon: top,
        bottom,
        above: [...sky.drawn, ...behind],
        source: sky.source,
        tint: COLOURS[scene.tints.water ?? ''],
        calm,
      }),
    );
    if (light.dark && terrains.has('city')) drawn.push(...shoreLights(random.fork('lamps'), top + 6));
  }
  floor.layers.forEach((layer, nth) => {
    if (nth === floor.layers.length - 1 || !floor.water) return;
    drawn.push(...layer.drawn, ...(standing[nth] ?? []));
  });
  drawn.push(...placement.onWater(items.filter(({ habitat }) => habitat === 'water')));
  drawn.push(
    ...placement.floating(
      items.filter(({ habitat }) => habitat === 'air' || habitat === 'space' || habitat === 'deep'),
    ),
  );
  floor.layers.forEach((layer, nth) => {
    if (nth < floor.layers.length - 1 && floor.water) return;
    drawn.push(...layer.drawn, ...(standing[nth] ?? []));
  });
  if (floor.layers.some(({ person }) => person > 150))
    drawn.push(...framing(light, random.fork('framing'), floor.soil, season));
  return [
    ...drawn,
    ...weatherOver(light, random.fork('weather'), {
      season,
      asked: scene.season !== undefined,
      meadow: !floor.water && floor.soil !== 'paved' && floor.soil !== 'sand',
    }),
  ];
}

function composeSpace(plan: Plan): Drawn[] {
  const { scene, light, season, random, items } = plan;
  const { drawn, ground } = cosmos(scene, light, random.fork('cosmos'));
  const standing = items.filter(({ habitat }) => habitat === 'ground' || habitat === 'water');
  const floating = items.filter(({ habitat }) => habitat !== 'ground' && habitat !== 'water');
  const landing = standing.length > 0;
  const open: Light = {
    ...light,
    haze: mix(light.haze, '#2a2450', 0.6),
    dark: true,
    far: (colour, depth) => mix(colour, '#1a1740', 0.12 + depth * 0.4),
  };
  const layers = landing
    ? [
        bank({
          light: open,
          random: random.fork('bank'),
          soil: 'dust',
          colour: ground,
          season,
          y: 800,
          height: 34,
          depth: 0.05,
          person: 205,
          near: true,
        }),
      ]
    : [];
  const placement = new Placement(
    { light: open, season, layers, water: undefined, horizon: landing ? 780 : 900, afloat: !landing },
    random.fork('places'),
    items,
  );
  const onGround = placement.ground(standing.map((item) => ({ ...item, habitat: 'ground' as const })));
  return [
    ...drawn,
    ...layers.flatMap((layer) => layer.drawn),
    ...(landing ? craters(random.fork('craters'), ground, 800) : []),
    ...placement.floating(floating),
    ...onGround.flat(),
  ];
}

function composeDeep(plan: Plan): Drawn[] {
  const { scene, light, season, random, items } = plan;
  const deep = deepWater(random, COLOURS[scene.tints.water ?? scene.tints.sky ?? ''], light.dark);
  const { behind, before } = underwater(random.fork('reef'), deep);
  const sunk: Light = {
    ...light,
    haze: deep.middle,
    far: (colour, depth) => mix(colour, deep.middle, 0.1 + depth * 0.75),
  };
  const placement = new Placement(
    { light: sunk, season, layers: [], water: undefined, horizon: 800, afloat: true },
    random.fork('places'),
    items,
  );
  const stray: Drawn[] =
    items.length > 0
      ? []
      : placement.floating(
          itemsOf({ ...scene, subjects: [{ kind: 'fish', count: 7, colours: [], size: 'small', place: {} }] }),
        );
  return [...behind, ...stray, ...placement.floating(items), ...before];
}

/** Places everything a scene describes: the drawing of a picture, from the prompt's scene and a seed. */
export function composeScene(scene: SceneDescription, seed: string): Drawn[] {
  const random = createRandom(seed);
  const terrains = terrainsOf(scene, random.fork('terrain'));
  const season = seasonOf(scene, terrains);
  const lit = lightOf(scene, random.fork('light'));
  const plan: Plan = { scene, terrains, light: lit, season, random, items: itemsOf(scene) };
  const drawn = terrains.has('underwater')
    ? composeDeep(plan)
    : terrains.has('space')
      ? composeSpace(plan)
      : composeLand(plan);
  return [group(drawn)];
}
