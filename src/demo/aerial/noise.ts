/** @file Noise: smooth random surfaces, the raw material of every texture in the scenes (value noise, Perlin 1985's lattice idea). */
import type { Random } from "../../util/random.js";

/** Lattice points along a side; a power of two, so that wrapping is a mask. The pattern repeats after as many units. */
const side = 64;

/** A smooth random surface: random values on a lattice, joined by cubic steps. */
export class Noise {
  readonly #lattice: Float32Array;

  constructor(random: Random) {
    this.#lattice = Float32Array.from({ length: side * side }, () => random.between(-1, 1));
  }

  /** The height at (x, y), -1 to 1; features are about one unit wide. */
  at(x: number, y: number): number {
    // Plain constants instead of pairs: this is called some ten million times for a data set.
    const x0 = Math.floor(x);
    const y0 = Math.floor(y);
    const u = x - x0;
    const v = y - y0;
    const left = x0 & (side - 1);
    const right = (x0 + 1) & (side - 1);
    const top = (y0 & (side - 1)) * side;
    const bottom = ((y0 + 1) & (side - 1)) * side;
    const lattice = this.#lattice;
    const su = u * u * (3 - 2 * u);
    const above = lattice[top + left]! + su * (lattice[top + right]! - lattice[top + left]!);
    const below = lattice[bottom + left]! + su * (lattice[bottom + right]! - lattice[bottom + left]!);
    return above + v * v * (3 - 2 * v) * (below - above);
  }

  /** Octaves of half the size and half the height added up, scaled back to -1 to 1. */
  fractal(x: number, y: number, octaves: number): number {
    let sum = 0;
    let total = 0;
    let weight = 1;
    for (let octave = 0, scale = 1; octave < octaves; octave++, scale *= 2, weight /= 2) {
      // Shifted, so that the lattice points of the octaves do not coincide at the origin.
      sum += weight * this.at(x * scale + 17.3 * octave, y * scale + 9.7 * octave);
      total += weight;
    }
    return sum / total;
  }
}

/** Length of a vector. `Math.hypot` guards against overflow, which takes ten times as long. */
export const norm = (x: number, y: number): number => Math.sqrt(x * x + y * y);

/** 0 below `from`, 1 above `to`, a cubic step between. */
export function smoothStep(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}
