/** @file Roads: paved ones with verges, patches, lane marks and cars, and farm tracks with two ruts. */
import type { Rgb } from "../../raster/index.js";
import type { Random } from "../../util/random.js";
import { type Canvas, forSamples, mix, paint } from "./canvas.js";
import { Noise, smoothStep } from "./noise.js";
import { type Beside, measure, type PathPoint } from "./path.js";
import { classIndex, pickTone, shadeOf } from "./tones.js";

export type RoadKind = "main" | "street" | "track";

export interface Road {
  readonly kind: RoadKind;
  readonly path: readonly PathPoint[];
  readonly halfWidth: number;
}

/** Half the width of each kind in output pixels. */
export const halfWidths: { readonly [Kind in RoadKind]: readonly [low: number, high: number] } = {
  main: [4.2, 5.8],
  street: [2.9, 3.7],
  track: [1.9, 2.4],
};

const verge = 1.6;

/** A road with where the samples lie beside it. */
interface Laid extends Road {
  readonly beside: Beside;
  readonly surface: Rgb;
}

function paintPavement(canvas: Canvas, random: Random, { beside, halfWidth, surface }: Laid): void {
  const noise = new Noise(random);
  const kerb = shadeOf(random, pickTone(random, "field", ["grass", "straw", "chalk", "soil"]), 0.1);
  const worn = random.between(0, 0.08);
  const mended = random.between(0.55, 0.8);
  for (let i = 0; i < beside.across.length; i++) {
    const across = beside.across[i]!;
    const along = beside.along[i]!;
    const out = Math.abs(across) - halfWidth;
    if (!(out < verge)) continue;
    if (out >= 0) {
      mix(canvas, i, kerb, 1 + 0.12 * noise.at(along / 1.5, across), 0.8 * (1 - smoothStep(0.6, verge, out)));
      continue;
    }
    canvas.label[i] = classIndex.road;
    const streaks = 0.045 * noise.at(along / 14, across * 1.1) + 0.03 * noise.at(along * 1.4, across * 1.4);
    // Wheels polish two bands in each lane.
    const polish = worn * Math.cos((4 * Math.PI * across) / halfWidth);
    const patch = noise.at(Math.floor(along / 7) * 3.7, Math.floor((across + halfWidth) / halfWidth) * 2.9) > mended;
    paint(canvas, i, surface, (1 + streaks + polish) * (patch ? 0.86 : 1));
  }
}

function paintTrack(canvas: Canvas, random: Random, { beside, halfWidth, surface }: Laid): void {
  const noise = new Noise(random);
  const middle = shadeOf(random, pickTone(random, "field", ["grass", "olive", "straw"]), 0.1);
  for (let i = 0; i < beside.across.length; i++) {
    const [across, along] = [beside.across[i]!, beside.along[i]!];
    const ragged = Math.abs(across) + 0.35 * noise.at(along / 2, across > 0 ? 3 : 8);
    if (!(ragged < halfWidth)) continue;
    canvas.label[i] = classIndex.road;
    const shade = 1 + 0.08 * noise.at(along / 3, across);
    paint(canvas, i, surface, shade);
    mix(canvas, i, middle, shade, 0.8 * (1 - smoothStep(0.3, 0.75, Math.abs(across))));
  }
}

/** Lane marks of a road, left out where it meets another. */
function paintMarks(canvas: Canvas, random: Random, road: Laid, others: readonly Laid[]): void {
  const { beside, halfWidth, kind } = road;
  const dash = random.between(2.6, 3.6);
  const edges = kind === "main" && random.chance(0.7);
  const centre = kind === "main" || random.chance(0.4);
  const paintLeft = random.between(0.45, 0.85);
  for (let i = 0; i < beside.across.length; i++) {
    const across = Math.abs(beside.across[i]!);
    if (!(across < halfWidth) || canvas.label[i] !== classIndex.road) continue;
    if (others.some((other) => Math.abs(other.beside.across[i]!) < other.halfWidth + 0.8)) continue;
    const period = ((beside.along[i]! % (2.4 * dash)) + 2.4 * dash) % (2.4 * dash);
    const onCentre = centre && across < 0.32 && period < dash;
    const onEdge = edges && Math.abs(across - halfWidth + 0.75) < 0.26;
    if (onCentre || onEdge) mix(canvas, i, [236, 234, 222], 1, paintLeft);
  }
}

const carPaints: readonly Rgb[] = [
  [236, 236, 232],
  [198, 200, 204],
  [62, 64, 70],
  [150, 36, 34],
  [44, 74, 126],
  [120, 122, 120],
];

/** Cars in their lanes: a body with a dark windscreen, high enough to throw a shadow. They count as road. */
function paintCars(canvas: Canvas, random: Random, { path, halfWidth, kind }: Road): void {
  const density = kind === "main" ? 0.05 : 0.025;
  for (const { x, y, heading } of path) {
    if (!random.chance(density)) continue;
    const lane = random.chance(0.5) ? 1 : -1;
    const [cos, sin] = [Math.cos(heading), Math.sin(heading)];
    const [cx, cy] = [x - lane * 0.5 * halfWidth * sin, y + lane * 0.5 * halfWidth * cos];
    const lorry = kind === "main" && random.chance(0.15);
    const [halfLength, halfCar] = lorry ? [4, 1.15] : [2.1, 0.95];
    const body = carPaints[random.integer(carPaints.length)]!;
    forSamples(canvas, [cx, cy, cx, cy], halfLength, (index, px, py) => {
      const u = lane * ((px - cx) * cos + (py - cy) * sin);
      const v = (py - cy) * cos - (px - cx) * sin;
      if (Math.abs(u) > halfLength || Math.abs(v) > halfCar || canvas.label[index] !== classIndex.road) return;
      const glass = !lorry && ((u > 0.45 && u < 1.15) || (u > -1.6 && u < -1.15)) && Math.abs(v) < 0.8;
      paint(canvas, index, body, glass ? 0.3 : 1);
      canvas.height[index] = lorry ? 2 : 1;
    });
  }
}

/** Paints roads in their order: later ones lie over earlier ones, and over water as bridges. */
export function paintRoads(canvas: Canvas, random: Random, roads: readonly Road[]): void {
  const street = pickTone(random, "road");
  const laid = roads.map((road): Laid => {
    const tone =
      road.kind === "track"
        ? pickTone(random, "road", ["soil", "straw", "clay", "chalk"])
        : random.chance(0.6)
          ? street
          : pickTone(random, "road");
    const beside = measure(canvas, road.path, road.halfWidth + verge);
    return { ...road, beside, surface: shadeOf(random, tone, 0.14) };
  });
  for (const road of laid) (road.kind === "track" ? paintTrack : paintPavement)(canvas, random, road);
  for (const road of laid) {
    if (road.kind === "track") continue;
    paintMarks(
      canvas,
      random,
      road,
      laid.filter((other) => other !== road),
    );
    paintCars(canvas, random, road);
  }
}
