/** @file Paths: the centre lines of roads and rivers, and how far every sample lies from one. */
import type { Random } from "../../util/random.js";
import { type Canvas, forSamples } from "./canvas.js";
import { Noise, norm } from "./noise.js";

/** A point on a path. */
export interface PathPoint {
  readonly x: number;
  readonly y: number;
  /** Direction of travel in radians, 0 to the right, growing clockwise on the screen. */
  readonly heading: number;
  /** Length of the path up to here, in output pixels; negative before the anchor. */
  readonly along: number;
}

export interface PathShape {
  /** A point that the path goes through. */
  readonly anchor: readonly [x: number, y: number];
  readonly heading: number;
  /** How far the heading swings to either side, in radians; 0 is straight. */
  readonly swing: number;
  /** Length of a swing in output pixels. */
  readonly period: number;
  /** Length before and after the anchor. */
  readonly reach: readonly [before: number, after: number];
}

const step = 3;

/** A path as points every 3 pixels. */
export function makePath(random: Random, { anchor, heading, swing, period, reach }: PathShape): PathPoint[] {
  const noise = new Noise(random);
  const headingAt = (along: number) => heading + swing * noise.fractal(along / period, 0.5, 2);
  const walk = (length: number, sign: 1 | -1): PathPoint[] => {
    const points: PathPoint[] = [];
    let [x, y] = anchor;
    for (let along = 0; along <= length; along += step) {
      const towards = headingAt(sign * along);
      points.push({ x, y, heading: towards, along: sign * along });
      x += sign * step * Math.cos(towards);
      y += sign * step * Math.sin(towards);
    }
    return points;
  };
  return [...walk(reach[0], -1).slice(1).reverse(), ...walk(reach[1], 1)];
}

/** Where the samples lie beside a path; samples beyond the reach hold NaN. */
export interface Beside {
  /** Distance from the centre line, negative to its left. */
  readonly across: Float32Array;
  /** Position along the path. */
  readonly along: Float32Array;
}

/** The position of each sample within `reach` of the path. */
export function measure(canvas: Canvas, path: readonly PathPoint[], reach: number): Beside {
  const count = canvas.samples ** 2;
  const across = new Float32Array(count).fill(Number.NaN);
  const along = new Float32Array(count).fill(Number.NaN);
  for (let i = 0; i + 1 < path.length; i++) {
    const [a, b] = [path[i]!, path[i + 1]!];
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const squared = dx * dx + dy * dy;
    forSamples(canvas, [a.x, a.y, b.x, b.y], reach, (index, x, y) => {
      const t = Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / squared));
      const distance = norm(x - a.x - t * dx, y - a.y - t * dy);
      if (distance > reach || distance >= Math.abs(across[index]!)) return;
      across[index] = (x - a.x) * dy - (y - a.y) * dx > 0 ? -distance : distance;
      along[index] = a.along + t * (b.along - a.along);
    });
  }
  return { across, along };
}
