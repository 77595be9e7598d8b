/**
 * @file Fields: the ground of a scene, cut by straight lines into parcels, each sown, ploughed or mown in its own way.
 *
 * Parcels come from cutting the square again and again, along or across the grain of the land, like real farmland.
 */
import type { Rgb } from "../../raster/index.js";
import type { Random } from "../../util/random.js";
import { type Canvas, forSamples, mix, paint } from "./canvas.js";
import { Noise, smoothStep } from "./noise.js";
import { pickTone, shadeOf } from "./tones.js";

type Polygon = readonly (readonly [x: number, y: number])[];

/** How a parcel looks. */
interface Crop {
  readonly tone: Rgb;
  /** Second colour, for bare patches and between rows. */
  readonly under: Rgb;
  /** Direction across the rows as a unit vector. */
  readonly across: readonly [x: number, y: number];
  /** Distance of rows in output pixels. */
  readonly period: number;
  /** Contrast of rows, 0 (meadow) to 1. */
  readonly rows: number;
  /** Contrast of blotches. */
  readonly blotches: number;
  /** Share of the second colour in the blotches. */
  readonly bare: number;
  /** Distance of the wheel tracks of the sprayer; 0 for none. */
  readonly tracks: number;
}

/** A cut of the land, `nx * x + ny * y = offset`, or a parcel at the end of the cuts. */
type Land =
  | { readonly nx: number; readonly ny: number; readonly offset: number; readonly low: Land; readonly high: Land }
  | { readonly crop: Crop };

function area(polygon: Polygon): number {
  let twice = 0;
  for (let i = 0; i < polygon.length; i++) {
    const [[x0, y0], [x1, y1]] = [polygon[i]!, polygon[(i + 1) % polygon.length]!];
    twice += x0 * y1 - x1 * y0;
  }
  return Math.abs(twice) / 2;
}

/** The part of a convex polygon where `sign * (nx * x + ny * y - offset)` is negative. */
function clip(polygon: Polygon, nx: number, ny: number, offset: number, sign: 1 | -1): Polygon {
  const side = ([x, y]: readonly [number, number]) => sign * (nx * x + ny * y - offset);
  const kept: [number, number][] = [];
  for (let i = 0; i < polygon.length; i++) {
    const [a, b] = [polygon[i]!, polygon[(i + 1) % polygon.length]!];
    const [sa, sb] = [side(a), side(b)];
    if (sa <= 0) kept.push([a[0], a[1]]);
    if (sa * sb < 0) kept.push([a[0] + (sa / (sa - sb)) * (b[0] - a[0]), a[1] + (sa / (sa - sb)) * (b[1] - a[1])]);
  }
  return kept;
}

/** Kinds of use: contrast of rows, their distance, contrast of blotches, share of bare ground, distance of wheel tracks. */
const uses = [
  { rows: [0.5, 0.9], period: [2.2, 3.2], blotches: [0.3, 0.7], bare: [0, 0.3], tracks: [0, 0] }, // ploughed
  { rows: [0.3, 0.6], period: [2.4, 4], blotches: [0.4, 0.9], bare: [0.1, 0.5], tracks: [12, 20] }, // row crop
  { rows: [0.3, 0.6], period: [7, 13], blotches: [0.3, 0.6], bare: [0, 0.2], tracks: [0, 0] }, // mown in bands
  { rows: [0.08, 0.2], period: [2.4, 5], blotches: [0.6, 1.2], bare: [0.2, 0.6], tracks: [14, 24] }, // cereal
  { rows: [0, 0], period: [4, 4], blotches: [0.9, 1.5], bare: [0.2, 0.7], tracks: [0, 0] }, // meadow
] as const;

function makeCrop(random: Random, grain: number): Crop {
  const use = uses[random.integer(uses.length)]!;
  const within = ([low, high]: readonly [number, number]) => random.between(low, high);
  const angle = grain + (random.chance(0.5) ? 0 : Math.PI / 2) + random.between(-0.08, 0.08);
  const tone = pickTone(random, "field");
  return {
    tone: shadeOf(random, tone, 0.16),
    under: shadeOf(random, pickTone(random, "field"), 0.12),
    across: [Math.cos(angle), Math.sin(angle)],
    period: within(use.period),
    rows: within(use.rows),
    blotches: within(use.blotches),
    bare: within(use.bare),
    tracks: within(use.tracks),
  };
}

function divide(random: Random, polygon: Polygon, grain: number, smallest: number): Land {
  if (area(polygon) < smallest * random.between(1, 2.4)) return { crop: makeCrop(random, grain) };
  const extent = (angle: number) => {
    const along = polygon.map(([x, y]) => x * Math.cos(angle) + y * Math.sin(angle));
    return [Math.min(...along), Math.max(...along)] as const;
  };
  const spread = (angle: number) => extent(angle)[1] - extent(angle)[0];
  // Cut across the longer side, so that parcels stay compact.
  const angle =
    (spread(grain) > spread(grain + Math.PI / 2) ? grain : grain + Math.PI / 2) + random.between(-0.12, 0.12);
  const [nx, ny] = [Math.cos(angle), Math.sin(angle)];
  const [low, high] = extent(angle);
  const offset = low + (high - low) * random.between(0.3, 0.7);
  const part = (sign: 1 | -1) => divide(random, clip(polygon, nx, ny, offset, sign), grain, smallest);
  return { nx, ny, offset, low: part(1), high: part(-1) };
}

/** Brightness of a crop at a point: rows, wheel tracks and blotches. */
function shadeAt({ across, period, rows, blotches, tracks }: Crop, noise: Noise, x: number, y: number): number {
  const u = x * across[0] + y * across[1];
  const v = x * across[1] - y * across[0];
  const wobble = 0.4 * noise.at(u / 9, v / 17);
  const wave = Math.sin((2 * Math.PI * (u + wobble)) / period);
  // Rows are patchy: plants are missing here and there along them.
  const patchy = 0.75 + 0.5 * noise.at(u / 2.1 + 31, v / 5.3);
  const track = tracks > 0 && Math.abs(((((u + wobble) % tracks) + tracks) % tracks) - 2) < 0.55 ? -0.13 : 0;
  return 1 + 0.16 * rows * wave * patchy + 0.11 * blotches * noise.fractal(x / 13, y / 13, 3) + track;
}

/**
 * Covers the canvas with parcels.
 *
 * @param grain main direction of the land, in radians
 * @param smallest area of the smallest parcels in square pixels
 */
export function paintFields(canvas: Canvas, random: Random, grain: number, smallest: number): void {
  const { size } = canvas;
  const noise = new Noise(random);
  const square: Polygon = [
    [0, 0],
    [size, 0],
    [size, size],
    [0, size],
  ];
  const land = divide(random, square, grain, smallest);
  const margin = shadeOf(random, pickTone(random, "field", ["grass", "straw", "moss"]), 0.1);
  forSamples(canvas, [0, 0, size, size], 0, (index, x, y) => {
    // Borders of parcels are never quite straight.
    const wx = x + 0.9 * noise.at(x / 11, y / 11);
    const wy = y + 0.9 * noise.at(x / 11 + 40, y / 11);
    let border = Number.POSITIVE_INFINITY;
    let here = land;
    while (!("crop" in here)) {
      const side = here.nx * wx + here.ny * wy - here.offset;
      border = Math.min(border, Math.abs(side));
      here = side < 0 ? here.low : here.high;
    }
    const { crop } = here;
    const shade = shadeAt(crop, noise, x, y);
    const speckle = 1 + 0.05 * noise.at(x * 1.3, y * 1.3);
    paint(canvas, index, crop.tone, shade * speckle);
    mix(canvas, index, crop.under, shade, crop.bare * smoothStep(0.05, 0.5, noise.fractal(x / 19 + 7, y / 19, 3)));
    if (border < 1.2) mix(canvas, index, margin, speckle, 0.7 * (1 - smoothStep(0.5, 1.2, border)));
  });
}
