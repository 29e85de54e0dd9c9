import type { Place } from '../scene-description.ts';

/** Words and phrases that put a subject somewhere. */
export const PLACES: Readonly<Record<string, Place>> = {
  left: { side: 'left' },
  right: { side: 'right' },
  centre: { side: 'centre' },
  center: { side: 'centre' },
  middle: { side: 'centre' },
  foreground: { distance: 'near' },
  'in front': { distance: 'near' },
  close: { distance: 'near' },
  'close up': { distance: 'near' },
  background: { distance: 'far' },
  distant: { distance: 'far' },
  distance: { distance: 'far' },
  far: { distance: 'far' },
  'far away': { distance: 'far' },
  flying: { height: 'high' },
  floating: { height: 'high' },
  hovering: { height: 'high' },
  soaring: { height: 'high' },
};
