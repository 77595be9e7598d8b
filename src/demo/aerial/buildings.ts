/** @file Buildings: houses of one or two wings under pitched roofs, sheds and flat-roofed halls, with their yards. */
import type { Rgb } from "../../raster/index.js";
import type { Random } from "../../util/random.js";
import { type Canvas, mix, paint, sampleAt } from "./canvas.js";
import type { Noise } from "./noise.js";
import { forInside, pointOf, type Rectangle } from "./rectangle.js";
import { classIndex, pickTone, shadeOf } from "./tones.js";

export type BuildingKind = "house" | "barn" | "hall";

/** Where a building stands: its centre and the direction of its longer side. */
export interface Site {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
  readonly kind: BuildingKind;
}

/** Half lengths and half widths of the main wing in output pixels. */
const dimensions: {
  readonly [Kind in BuildingKind]: { readonly a: readonly [number, number]; readonly b: readonly [number, number] };
} = {
  house: { a: [5.2, 8.5], b: [3.8, 5.4] },
  barn: { a: [9, 14], b: [4.8, 6.8] },
  hall: { a: [11, 19], b: [7, 12] },
};

/** One wing, or two that make an L or a T. */
function layOut(random: Random, { x, y, angle, kind }: Site): Rectangle[] {
  const { a: lengths, b: widths } = dimensions[kind];
  const [a, b] = [random.between(...lengths), random.between(...widths)];
  const main: Rectangle = { x, y, angle, a, b };
  if (!random.chance(kind === "house" ? 0.4 : 0.3)) return [main];
  const side = random.chance(0.5) ? 1 : -1;
  const [width, length] = [b * random.between(0.7, 0.95), a * random.between(0.55, 0.9)];
  // The second wing stands across the first, at its end (L) or along it (T).
  const at = (random.chance(0.7) ? 1 : random.between(0, 0.5)) * (a - width);
  const out = side * (b + length) * 0.5;
  const [wingX, wingY] = pointOf(main, at, out);
  return [main, { x: wingX, y: wingY, angle: angle + Math.PI / 2, a: Math.abs(out) + 0.5 * b, b: width }];
}

/** True when the wings, with `margin` around them, cover nothing but free ground of the canvas. */
function isFree(canvas: Canvas, wings: readonly Rectangle[], margin: number): boolean {
  return wings.every((wing) => {
    for (let u = -wing.a - margin; u <= wing.a + margin; u += 1)
      for (let v = -wing.b - margin; v <= wing.b + margin; v += 1) {
        const sample = sampleAt(canvas, ...pointOf(wing, u, v));
        if (sample >= 0 && canvas.label[sample] !== classIndex.field) return false;
      }
    return true;
  });
}

interface Roof {
  readonly tone: Rgb;
  /** Height of the walls in output pixels. */
  readonly eaves: number;
  /** Rise of the roof per pixel; 0 for a flat one. */
  readonly pitch: number;
  /** Sloping ends instead of gables. */
  readonly hipped: boolean;
  /** Distance of tile rows or sheet ribs, and how strongly they show. */
  readonly rows: number;
  readonly relief: number;
}

function makeRoof(random: Random, kind: BuildingKind): Roof {
  const flat = kind === "hall" ? random.chance(0.75) : random.chance(0.12);
  return {
    tone: shadeOf(random, pickTone(random, "building"), 0.16),
    eaves: kind === "hall" ? random.between(5, 8) : random.between(2.8, 4.2),
    pitch: flat ? 0 : kind === "hall" ? random.between(0.2, 0.35) : random.between(0.45, 0.75),
    hipped: random.chance(0.35),
    rows: kind === "house" ? random.between(1, 1.3) : random.between(1.4, 2.4),
    relief: random.between(0.03, 0.09),
  };
}

/** Paints the wings; where they overlap the higher roof shows, which makes the valley between them. */
function paintRoof(canvas: Canvas, noise: Noise, wings: readonly Rectangle[], roof: Roof): void {
  const { tone, eaves, pitch, hipped, rows, relief } = roof;
  for (const wing of wings) {
    forInside(canvas, wing, (index, u, v, x, y) => {
      const end = wing.a - Math.abs(u);
      const side = wing.b - Math.abs(v);
      const onEnd = hipped && end < side;
      const height = eaves + pitch * (onEnd ? end : side);
      if (canvas.label[index] === classIndex.building && canvas.height[index]! >= height) return;
      canvas.label[index] = classIndex.building;
      canvas.height[index] = height;
      const across = onEnd ? u : v;
      const tiles = relief * Math.sin((2 * Math.PI * across) / rows) + 0.6 * relief * noise.at(u * 1.8, v * 1.8);
      const weather = 0.06 * noise.fractal(x / 7, y / 7, 2);
      const edge = Math.min(end, side);
      // Pitched roofs have a pale ridge; flat ones a pale parapet with a dark gutter inside.
      const trim = pitch > 0 ? (Math.abs(v) < 0.35 && !onEnd ? 0.12 : 0) : edge < 0.7 ? 0.16 : edge < 1.2 ? -0.14 : 0;
      paint(canvas, index, tone, 1 + tiles + weather + trim);
    });
  }
}

/** A box on a roof, such as a chimney, a vent or a row of skylights. */
function paintBox(canvas: Canvas, box: Rectangle, tone: Rgb, height: number): void {
  forInside(canvas, box, (index) => {
    if (canvas.label[index] !== classIndex.building) return;
    paint(canvas, index, tone, 1);
    canvas.height[index]! += height;
  });
}

function paintFittings(canvas: Canvas, random: Random, main: Rectangle, { pitch }: Roof, kind: BuildingKind): void {
  const at = (u: number, v: number, a: number, b: number): Rectangle => {
    const [x, y] = pointOf(main, u, v);
    return { x, y, angle: main.angle, a, b };
  };
  const along = () => random.between(-0.7, 0.7) * main.a;
  if (pitch === 0) {
    const vents = kind === "hall" ? 2 + random.integer(5) : random.integer(2);
    const metal = shadeOf(random, "ash", 0.3);
    for (let i = 0; i < vents; i++)
      paintBox(
        canvas,
        at(along(), random.between(-0.6, 0.6) * main.b, random.between(0.6, 1.5), random.between(0.6, 1.1)),
        metal,
        1.2,
      );
    return;
  }
  if (kind === "house") paintBox(canvas, at(along(), 0.25 * main.b, 0.55, 0.55), shadeOf(random, "clay", 0.2), 1.8);
  if (random.chance(0.22)) {
    const side = random.chance(0.5) ? 1 : -1;
    paintBox(canvas, at(0.2 * along(), side * 0.5 * main.b, 0.6 * main.a, 0.3 * main.b), [46, 56, 84], 0.1);
  }
}

/** Ground around a house: lawn or gravel, with a soft edge. Stays class field. */
function paintYard(canvas: Canvas, random: Random, noise: Noise, house: Rectangle): void {
  const tone = shadeOf(random, pickTone(random, "field", ["grass", "ash", "straw", "olive"]), 0.12);
  const yard = { ...house, a: house.a + random.between(1.5, 4), b: house.b + random.between(1.5, 4) };
  forInside(canvas, yard, (index, u, v, x, y) => {
    const inside = Math.min(yard.a - Math.abs(u), yard.b - Math.abs(v)) + 0.8 * noise.at(x / 2, y / 2);
    if (inside < 0 || canvas.label[index] !== classIndex.field) return;
    mix(canvas, index, tone, 1 + 0.1 * noise.at(x, y), 0.85);
  });
}

/**
 * Builds on a site if the ground there is free.
 *
 * @param noise texture of roofs and yards, shared by the buildings of a scene
 * @returns whether it was.
 */
export function build(canvas: Canvas, random: Random, noise: Noise, site: Site): boolean {
  const wings = layOut(random, site);
  if (!isFree(canvas, wings, 1.5)) return false;
  const roof = makeRoof(random, site.kind);
  if (site.kind === "house" ? random.chance(0.75) : random.chance(0.4)) paintYard(canvas, random, noise, wings[0]!);
  paintRoof(canvas, noise, wings, roof);
  paintFittings(canvas, random, wings[0]!, roof, site.kind);
  return true;
}
