/** @file Planting: where woods, single trees, avenues and orchards grow. */
import type { Random } from "../../util/random.js";
import type { Canvas } from "./canvas.js";
import type { Landscape } from "./landscape.js";
import { Noise } from "./noise.js";
import type { Road } from "./roads.js";
import { canGrow, type Grove, makeCrown, makeGrove, paintCrown } from "./trees.js";

/** A canvas with the trees that grow on it. */
interface Planting {
  readonly canvas: Canvas;
  readonly random: Random;
  readonly grove: Grove;
}

/** A tree with a crown of `low` to `high` pixels radius, if the ground is open there. */
function grow({ canvas, random, grove }: Planting, x: number, y: number, low: number, high: number): void {
  if (canGrow(canvas, x, y, 0.55 * low)) paintCrown(canvas, grove, makeCrown(random, grove, x, y, low, high));
}

/** Dense woods where a slow noise is high, single trees elsewhere. */
function plantWoods(planting: Planting, noise: Noise, share: number): void {
  const { canvas, random } = planting;
  // Found by trial: a noise of two octaves exceeds this on about the wanted share of the land.
  const threshold = 0.58 - 1.1 * share;
  const spacing = random.between(3.4, 4.6);
  const jitter = () => random.between(-1.2, 1.2);
  for (let row = -3; row < canvas.size + 3; row += spacing)
    for (let column = -3; column < canvas.size + 3; column += spacing) {
      const [x, y] = [column + jitter(), row + jitter()];
      if (noise.fractal(x / 38, y / 38, 2) > threshold) grow(planting, x, y, 3, 4.8);
      else if (random.chance(0.008)) grow(planting, x, y, 1.8, 4);
    }
}

/** A row of trees along one side of a road. */
function plantAvenue(planting: Planting, { path, halfWidth }: Road): void {
  const { random } = planting;
  const away = (random.chance(0.5) ? 1 : -1) * (halfWidth + 3.2);
  const gap = 2 + random.integer(2);
  for (let i = 0; i < path.length; i += gap) {
    const { x, y, heading } = path[i]!;
    if (random.chance(0.85)) grow(planting, x - away * Math.sin(heading), y + away * Math.cos(heading), 1.9, 3.3);
  }
}

/** Small trees in rows and columns along the grain of the land. */
function plantOrchard(planting: Planting, grain: number): void {
  const { canvas, random } = planting;
  const place = () => random.between(0.2, 0.8) * canvas.size;
  const [cx, cy] = [place(), place()];
  const [columns, rows] = [3 + random.integer(4), 3 + random.integer(5)];
  const [cos, sin] = [Math.cos(grain), Math.sin(grain)];
  const spacing = 6.5;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const [u, v] = [(column - columns / 2) * spacing, (row - rows / 2) * spacing];
      grow(planting, cx + u * cos - v * sin, cy + u * sin + v * cos, 1.8, 2.4);
    }
}

/** Plants whatever the landscape has, on open ground. */
export function plant(
  canvas: Canvas,
  random: Random,
  roads: readonly Road[],
  { woods, orchard }: Landscape,
  grain: number,
): void {
  const noise = new Noise(random);
  const planting = { canvas, random, grove: makeGrove(random, noise) };
  plantWoods(planting, noise, woods);
  for (const road of roads) if (random.chance(0.4)) plantAvenue(planting, road);
  if (random.chance(orchard)) plantOrchard(planting, grain);
}
