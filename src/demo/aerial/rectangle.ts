/** @file Rectangles at any angle, with coordinates of their own: what walls, roofs and yards are made of. */
import { type Canvas, forSamples } from "./canvas.js";

/** A rectangle: `u` runs along it from -a to a, `v` across from -b to b. Lengths in output pixels, the angle in radians. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
  readonly a: number;
  readonly b: number;
}

/** The point (u, v) of a rectangle on the canvas. */
export function pointOf({ x, y, angle }: Rectangle, u: number, v: number): [x: number, y: number] {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [x + u * cos - v * sin, y + u * sin + v * cos];
}

/** Calls `draw` with every sample inside the rectangle: its index, its (u, v), and its place on the canvas. */
export function forInside(
  canvas: Canvas,
  { x: cx, y: cy, angle, a, b }: Rectangle,
  draw: (index: number, u: number, v: number, x: number, y: number) => void,
): void {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  forSamples(canvas, [cx, cy, cx, cy], Math.hypot(a, b), (index, x, y) => {
    const u = (x - cx) * cos + (y - cy) * sin;
    const v = (y - cy) * cos - (x - cx) * sin;
    if (Math.abs(u) <= a && Math.abs(v) <= b) draw(index, u, v, x, y);
  });
}
