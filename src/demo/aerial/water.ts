/** @file Water: lakes with bays and winding rivers, their banks, shallows, ripples and glints. */
import type { Rgb } from "../../raster/index.js";
import type { Random } from "../../util/random.js";
import { type Canvas, forSamples, mix, paint } from "./canvas.js";
import type { Landscape } from "./landscape.js";
import { Noise, norm, smoothStep } from "./noise.js";
import { makePath, measure } from "./path.js";
import { classIndex, pickTone, shadeOf } from "./tones.js";

/** Distance to the shore of each sample in output pixels: negative in the water, infinite far from any. */
type Shore = Float32Array;

const sky: Rgb = [104, 148, 190];

/** How far banks reach from the water. */
const bankReach = 4;

function addLake({ size, samples }: Canvas, shore: Shore, random: Random, radius: number): void {
  const [cx, cy] = [random.between(0.1, 0.9) * size, random.between(0.1, 0.9) * size];
  const noise = new Noise(random);
  const stretch = random.between(0.65, 1);
  const angle = random.between(0, Math.PI);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  forSamples({ samples }, [cx, cy, cx, cy], 2 * radius, (index, x, y) => {
    const u = (x - cx) * cos + (y - cy) * sin;
    const v = ((y - cy) * cos - (x - cx) * sin) / stretch;
    const bay = 0.9 * radius * noise.fractal(x / (0.8 * radius), y / (0.8 * radius), 4);
    shore[index] = Math.min(shore[index]!, norm(u, v) - radius + bay);
  });
}

function addRiver(canvas: Canvas, shore: Shore, random: Random, halfWidth: number): void {
  const { size } = canvas;
  const inside = () => random.between(0.25, 0.75) * size;
  const path = makePath(random, {
    anchor: [inside(), inside()],
    heading: random.between(0, 2 * Math.PI),
    swing: random.between(0.5, 1.1),
    period: random.between(40, 70),
    reach: [1.6 * size, 1.6 * size],
  });
  const noise = new Noise(random);
  // A wide river needs no fine steps, and they cost time.
  const coarse = path.filter((_, i) => i % 2 === 0);
  const { across, along } = measure(canvas, coarse, 1.5 * halfWidth + bankReach);
  for (let i = 0; i < shore.length; i++) {
    if (Number.isNaN(across[i]!)) continue;
    const width =
      halfWidth * (1 + 0.35 * noise.at(along[i]! / 25, 0.5)) + 0.8 * noise.at(along[i]! / 4, across[i]! > 0 ? 5 : 9);
    shore[i] = Math.min(shore[i]!, Math.abs(across[i]!) - width);
  }
}

function paintSurface(canvas: Canvas, shore: Shore, random: Random): void {
  const noise = new Noise(random);
  const own = shadeOf(random, pickTone(random, "water"), 0.18);
  // The sky is mirrored in it, more or less.
  const mirrored = random.between(0, 0.25);
  const deep = own.map((value, c) => value + mirrored * (sky[c]! - value)) as unknown as Rgb;
  const bank = shadeOf(random, pickTone(random, "field", ["straw", "soil", "moss", "grass"]), 0.12);
  // The bed shows through near the shore.
  const shallow: Rgb = [0, 1, 2].map((c) => 0.5 * deep[c]! + 0.45 * bank[c]!) as unknown as Rgb;
  const wind = random.between(0, Math.PI);
  const [wx, wy] = [Math.cos(wind), Math.sin(wind)];
  const length = random.between(2, 3);
  const swell = random.between(0.05, 0.1);
  const glitter = random.between(0.1, 0.5);
  forSamples(canvas, [0, 0, canvas.size, canvas.size], 0, (index, x, y) => {
    const distance = shore[index]!;
    if (distance > bankReach) return;
    const rough = distance + 0.9 * noise.at(x / 2.5, y / 2.5);
    if (distance >= 0) {
      mix(canvas, index, bank, 1 + 0.1 * noise.at(x, y), 0.9 * (1 - smoothStep(1.2, 3.6, rough)));
      return;
    }
    canvas.label[index] = classIndex.water;
    const u = x * wx + y * wy;
    const v = y * wx - x * wy;
    // Waves run across the wind and are broken up by it, so their crests are short.
    const wave = Math.sin((2 * Math.PI * (u + 1.6 * noise.at(u / 6, v / 9))) / length) * noise.at(u / 5 + 3, v / 7);
    const gusts = noise.fractal(x / 30, y / 30, 2);
    const depth = smoothStep(0, 14, -distance);
    const shade = 1.06 - 0.16 * depth + swell * (2 * wave + noise.at(u * 0.9, v * 0.45)) + 0.07 * gusts;
    paint(canvas, index, deep, shade);
    mix(canvas, index, shallow, shade, 0.8 * (1 - smoothStep(0.5, 7, -rough)));
    const glint = noise.at(u * 1.1 + 11, v * 0.5) + 0.5 * gusts;
    if (glint > 0.85) mix(canvas, index, [235, 238, 240], 1, glitter * smoothStep(0.85, 1.2, glint));
  });
}

/** Paints the lakes and the river of a landscape, with their banks. Banks stay class field. */
export function paintWater(canvas: Canvas, random: Random, { lakes: [least, most], river }: Landscape): void {
  const lakes = least + random.integer(most - least + 1);
  const hasRiver = random.chance(river);
  if (lakes === 0 && !hasRiver) return;
  const shore: Shore = new Float32Array(canvas.samples ** 2).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i < lakes; i++) addLake(canvas, shore, random, canvas.size * random.between(0.14, 0.28));
  if (hasRiver) addRiver(canvas, shore, random, random.between(6, 12));
  paintSurface(canvas, shore, random);
}
