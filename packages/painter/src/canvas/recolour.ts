import type { Hex } from '../colour.ts';
import type { Drawn, Paint, Shape } from './drawing.ts';

function repaint(paint: Paint, change: (colour: Hex) => Hex): Paint {
  if (typeof paint === 'string') return change(paint);
  return { ...paint, stops: paint.stops.map((stop) => ({ ...stop, colour: change(stop.colour) })) };
}

function recolourShape(shape: Shape, change: (colour: Hex) => Hex): Shape {
  return {
    ...shape,
    ...(shape.fill ? { fill: repaint(shape.fill, change) } : {}),
    ...(shape.stroke ? { stroke: { ...shape.stroke, colour: change(shape.stroke.colour) } } : {}),
  };
}

/** The same drawing in other colours. What shines by itself (role `light`) keeps its own. */
export function recolour(drawn: readonly Drawn[], change: (colour: Hex) => Hex): Drawn[] {
  return drawn.map((item) => {
    if (item.kind === 'group') return { ...item, children: recolour(item.children, change) };
    return item.role === 'light' ? item : recolourShape(item, change);
  });
}
