/** @file Light: the sun on the canvas, shadows, haze and clouds, and the camera that turns it into an 8-bit picture. */
import type { Raster } from "../../raster/index.js";
import type { Random } from "../../util/random.js";
import { type Canvas, supersample } from "./canvas.js";
import { Noise, smoothStep } from "./noise.js";

type Triple = readonly [red: number, green: number, blue: number];

/** Light and camera of one scene. */
export interface Conditions {
  /** Direction towards the sun on the ground, a unit vector. */
  readonly sun: readonly [x: number, y: number];
  /** Tangent of the sun's height: shadows are `height / rise` long. */
  readonly rise: number;
  /** Share of light that comes from the sky and fills shadows, 0..1. */
  readonly sky: number;
  /** Share of the picture's light hidden by cloud shadows, 0 for none. */
  readonly clouds: number;
  /** Share of haze over everything, 0..1, and its colour. */
  readonly haze: number;
  readonly hazeColour: Triple;
  /** Factor of each colour channel: exposure and colour cast. */
  readonly gain: Triple;
  readonly gamma: number;
  /** Standard deviation of the lens blur in output pixels. */
  readonly blur: number;
  /** Standard deviation of the sensor noise in grey values. */
  readonly grain: number;
}

/** Conditions of a random hour and camera. */
export function makeConditions(random: Random): Conditions {
  const azimuth = random.between(0, 2 * Math.PI);
  const exposure = random.between(1, 1.4);
  const warmth = random.between(-0.09, 0.09);
  const tint = random.between(-0.05, 0.05);
  return {
    sun: [Math.cos(azimuth), Math.sin(azimuth)],
    rise: random.between(0.8, 1.7),
    sky: random.between(0.36, 0.55),
    clouds: random.chance(0.25) ? random.between(0.2, 0.45) : 0,
    haze: random.chance(0.5) ? random.between(0, 0.25) : 0,
    hazeColour: [196, 206, 216],
    gain: [exposure * (1 + warmth), exposure * (1 + tint), exposure * (1 - warmth)],
    gamma: random.between(0.85, 1.08),
    blur: random.between(0.2, 0.75),
    grain: random.between(2, 6),
  };
}

/** Steeper steps than this are walls, not slopes, and get no shading of their own. */
const steepest = 1.4;

/** 1 where the sun reaches a sample, 0 in the shadow of something higher. */
function castShadows({ height, samples }: Canvas, { sun, rise }: Conditions): Uint8Array {
  const lit = new Uint8Array(samples * samples).fill(1);
  for (let i = 0; i < height.length; i++) {
    const [row, column] = [Math.floor(i / samples), i % samples];
    // Away from the sun, until the shadow reaches the ground. A little clearance keeps a slope from shading itself.
    for (let k = 1, ray = height[i]! - 0.3; ray > 0; k++) {
      ray -= rise / supersample;
      const x = Math.round(column - k * sun[0]);
      const y = Math.round(row - k * sun[1]);
      if (x < 0 || y < 0 || x >= samples || y >= samples) break;
      if (height[y * samples + x]! < ray) lit[y * samples + x] = 0;
    }
  }
  return lit;
}

/** Brightness of the sun on each sample's slope, 1 on flat ground, 0 in cast shadow. */
function sunlight(canvas: Canvas, conditions: Conditions): Float32Array {
  const { height, samples } = canvas;
  const { sun, rise } = conditions;
  const light = new Float32Array(samples * samples);
  const lit = castShadows(canvas, conditions);
  const slope = (from: number, to: number) => {
    const difference = height[to]! - height[from]!;
    return Math.abs(difference) > steepest ? 0 : difference * supersample;
  };
  const rayLength = Math.hypot(1, rise);
  for (let row = 0; row < samples; row++)
    for (let column = 0; column < samples; column++) {
      const i = row * samples + column;
      if (lit[i] === 0) continue;
      const gx = (slope(column > 0 ? i - 1 : i, i) + slope(i, column + 1 < samples ? i + 1 : i)) / 2;
      const gy = (slope(row > 0 ? i - samples : i, i) + slope(i, row + 1 < samples ? i + samples : i)) / 2;
      const facing = (rise - gx * sun[0] - gy * sun[1]) / (rayLength * Math.sqrt(1 + gx * gx + gy * gy));
      light[i] = Math.max(0, facing) / (rise / rayLength);
    }
  return light;
}

/** Colours of direct sun and of the blue sky that lights the shadows. */
const sunColour: Triple = [1.06, 1, 0.9];
const skyColour: Triple = [0.86, 0.98, 1.2];

/** The lit scene, averaged to output pixels: `[size, size, 3]`. */
function expose(canvas: Canvas, random: Random, conditions: Conditions): Float32Array {
  const { size, samples, colour } = canvas;
  const { sky, clouds, haze, hazeColour, gain, gamma } = conditions;
  const light = sunlight(canvas, conditions);
  const noise = new Noise(random);
  const out = new Float32Array(size * size * 3);
  for (let row = 0; row < samples; row++)
    for (let column = 0; column < samples; column++) {
      const i = row * samples + column;
      const cover = clouds && clouds * smoothStep(-0.1, 0.5, noise.fractal(column / 170, row / 170, 2));
      const direct = (1 - sky) * light[i]! * (1 - cover);
      const pixel = 3 * (Math.floor(row / supersample) * size + Math.floor(column / supersample));
      for (let c = 0; c < 3; c++) {
        const surface = colour[3 * i + c]! * (direct * sunColour[c]! + sky * skyColour[c]!);
        const seen = gain[c]! * ((1 - haze) * surface + haze * hazeColour[c]!);
        out[pixel + c]! += seen / supersample ** 2;
      }
    }
  for (let i = 0; i < out.length; i++) out[i] = 255 * (out[i]! / 255) ** gamma;
  return out;
}

/** Gaussian blur of `[size, size, 3]`, edges repeated. */
function blurred(picture: Float32Array, size: number, sigma: number): Float32Array {
  const radius = Math.ceil(3 * sigma);
  const taps = Array.from({ length: 2 * radius + 1 }, (_, k) => Math.exp(-((k - radius) ** 2) / (2 * sigma ** 2)));
  const total = taps.reduce((a, b) => a + b, 0);
  const inside = (p: number) => Math.min(size - 1, Math.max(0, p));
  const pass = (from: Float32Array, dx: number, dy: number) => {
    const to = new Float32Array(from.length);
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++)
        for (let k = -radius; k <= radius; k++) {
          const source = 3 * (inside(y + k * dy) * size + inside(x + k * dx));
          const weight = taps[k + radius]! / total;
          for (let c = 0; c < 3; c++) to[3 * (y * size + x) + c]! += weight * from[source + c]!;
        }
    return to;
  };
  return pass(pass(picture, 1, 0), 0, 1);
}

/** The picture a camera takes of the canvas, 8-bit RGB. */
export function photograph(canvas: Canvas, random: Random, conditions: Conditions): Raster {
  const { size } = canvas;
  const picture = blurred(expose(canvas, random, conditions), size, conditions.blur);
  // Sensor noise comes from a table: drawing a deviate for each value took as long as lighting the scene.
  const deviates = Float32Array.from({ length: 4096 }, () => conditions.grain * random.normal());
  // Float to byte by Uint8ClampedArray: rounded and kept within 0..255.
  const bytes = Uint8ClampedArray.from(picture, (value) => value + deviates[random.bits() & 4095]!);
  return { data: new Uint8Array(bytes.buffer), height: size, width: size, channels: 3 };
}
