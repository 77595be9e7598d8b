/** @file Trees: crowns as bumpy domes, alone, in rows, in orchards and in woods. */
import type { Rgb } from "../../raster/index.js";
import type { Random } from "../../util/random.js";
import { type Canvas, forSamples, paint, sampleAt } from "./canvas.js";
import { type Noise, norm } from "./noise.js";
import { classIndex, pickTone, shadeOf, type ToneName } from "./tones.js";

/** One crown: centre, radius and height of the top, in output pixels. */
export interface Crown {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly top: number;
  readonly tone: Rgb;
}

/** What grows in a scene: few kinds, so that a wood looks like one. */
export interface Grove {
  readonly tones: readonly ToneName[];
  readonly noise: Noise;
}

/** Two or three kinds of tree. */
export function makeGrove(random: Random, noise: Noise): Grove {
  return { tones: Array.from({ length: 2 + random.integer(2) }, () => pickTone(random, "tree")), noise };
}

/** A crown of the grove with a radius between `low` and `high`. */
export function makeCrown(random: Random, { tones }: Grove, x: number, y: number, low: number, high: number): Crown {
  const radius = random.between(low, high);
  const tone = shadeOf(random, tones[random.integer(tones.length)]!, 0.2);
  return { x, y, radius, top: radius * random.between(1, 1.5), tone };
}

/** Points to look at around a trunk, as shares of the clearance. */
const around = [
  [0, 0],
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;

/** True when a trunk can stand at the point: on open ground, with nothing built and no water within `clearance` pixels. */
export function canGrow(canvas: Canvas, x: number, y: number, clearance: number): boolean {
  return around.every(([dx, dy]) => {
    const sample = sampleAt(canvas, x + clearance * dx, y + clearance * dy);
    // Outside the picture trees may stand too: their crowns reach in.
    return sample < 0 || canvas.label[sample] === classIndex.field || canvas.label[sample] === classIndex.tree;
  });
}

/** Paints a crown; where crowns meet, the higher one shows. Crowns hang over roads, water and low roofs. */
export function paintCrown(canvas: Canvas, { noise }: Grove, { x, y, radius, top, tone }: Crown): void {
  forSamples(canvas, [x, y, x, y], 1.3 * radius, (index, px, py) => {
    // Branches make the outline ragged and the surface bumpy.
    const distance = norm(px - x, py - y) / radius;
    if (distance > 1.22) return;
    const ragged = distance + 0.22 * noise.fractal(px / 2.4, py / 2.4, 2);
    if (ragged >= 1) return;
    const leaves = noise.at(px * 0.75 + 20, py * 0.75);
    const height = top * Math.sqrt(1 - ragged * ragged) + 0.55 * leaves;
    if (height <= canvas.height[index]!) return;
    canvas.height[index] = height;
    canvas.label[index] = classIndex.tree;
    paint(canvas, index, tone, 1 + 0.16 * leaves + 0.1 * noise.at(px * 1.7, py * 1.7) - 0.12 * ragged);
  });
}
