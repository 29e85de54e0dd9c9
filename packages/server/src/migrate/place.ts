import type { Images } from '../images.ts';
import type { Tables } from '../tables.ts';

/** Where a Darkroom's data is. */
export interface Place {
  readonly tables: Tables;
  readonly images: Images;
}

/** From where to where. */
export interface Route {
  readonly source: Place;
  readonly target: Place;
}
