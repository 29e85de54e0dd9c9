import type { MotifKind } from '../vocabulary/subjects.ts';
import { bear, camel, deer, elephant, horse, sheep, unicorn, wolf } from './beasts.ts';
import { bird, butterfly, dragon, duck, owl, penguin } from './birds.ts';
import { castle, house, lighthouse, mosque, temple, tent, windmill } from './buildings.ts';
import { astronaut, person, robot } from './figures.ts';
import type { Motif } from './motif.ts';
import { cat, dog, fox, rabbit } from './pets.ts';
import { cactus, flower, mushroom, palm, pine, tree } from './plants.ts';
import { dolphin, fish, jellyfish, turtle, whale } from './swimmers.ts';
import { campfire, car, kite, lantern, plane, train } from './vehicles.ts';
import { balloon, boat, rocket, ship, ufo } from './vessels.ts';

/** The drawing of every subject that is not part of the sky. */
export const MOTIFS: Readonly<Record<MotifKind, Motif>> = {
  cat,
  dog,
  fox,
  wolf,
  rabbit,
  bear,
  deer,
  horse,
  elephant,
  unicorn,
  sheep,
  owl,
  penguin,
  camel,
  dragon,
  bird,
  butterfly,
  whale,
  dolphin,
  duck,
  fish,
  jellyfish,
  turtle,
  tree,
  pine,
  palm,
  flower,
  mushroom,
  cactus,
  person,
  robot,
  house,
  castle,
  temple,
  mosque,
  lighthouse,
  windmill,
  tent,
  campfire,
  lantern,
  car,
  train,
  boat,
  ship,
  balloon,
  plane,
  kite,
  rocket,
  astronaut,
  ufo,
};
