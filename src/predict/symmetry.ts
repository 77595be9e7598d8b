/** @file The eight flips and quarter turns of a map, for averaging predictions over them (test-time augmentation). */
import type { Planes } from "./planes.js";

/** A quarter turn count (counter-clockwise) after an optional left-right flip. */
export interface Symmetry {
  readonly flip: boolean;
  readonly turns: 0 | 1 | 2 | 3;
}

export const symmetryNames = ["none", "flip", "flips", "rotations", "all"] as const;
export type SymmetrySet = (typeof symmetryNames)[number];

const identity: Symmetry = { flip: false, turns: 0 };

/** What each name averages over: `flip` left-right only, `flips` both axes, `rotations` the four quarter turns, `all` eight views. */
export const symmetrySets: { readonly [Name in SymmetrySet]: readonly Symmetry[] } = {
  none: [identity],
  flip: [identity, { flip: true, turns: 0 }],
  flips: [identity, { flip: true, turns: 0 }, { flip: false, turns: 2 }, { flip: true, turns: 2 }],
  rotations: [0, 1, 2, 3].map((turns) => ({ flip: false, turns }) as Symmetry),
  all: [false, true].flatMap((flip) => [0, 1, 2, 3].map((turns) => ({ flip, turns }) as Symmetry)),
};

/** Index in the source of each pixel of the result. */
function sources(
  height: number,
  width: number,
  { flip, turns }: Symmetry,
): { index: Int32Array; height: number; width: number } {
  const [h, w] = turns % 2 === 0 ? [height, width] : [width, height];
  const index = new Int32Array(h * w);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      // Undo the turns, then the flip.
      const [sy, turned] =
        turns === 0
          ? [y, x]
          : turns === 1
            ? [x, width - 1 - y]
            : turns === 2
              ? [height - 1 - y, width - 1 - x]
              : [height - 1 - x, y];
      index[y * w + x] = sy * width + (flip ? width - 1 - turned : turned);
    }
  return { index, height: h, width: w };
}

const isIdentity = ({ flip, turns }: Symmetry): boolean => !flip && turns === 0;

/** The map flipped and turned; a copy, except for the view that changes nothing. */
export function applySymmetry(map: Planes, symmetry: Symmetry): Planes {
  if (isIdentity(symmetry)) return map;
  const { data, channels, height, width } = map;
  const source = sources(height, width, symmetry);
  const pixels = height * width;
  const out = new Float32Array(data.length);
  for (let k = 0; k < channels; k++)
    for (let i = 0; i < pixels; i++) out[k * pixels + i] = data[k * pixels + source.index[i]!]!;
  return { data: out, channels, height: source.height, width: source.width };
}

/** Undoes `applySymmetry`: the map as it was, for a map of any channels in the turned frame. */
export function undoSymmetry(map: Planes, symmetry: Symmetry): Planes {
  if (isIdentity(symmetry)) return map;
  const { data, channels, height, width } = map;
  const [h, w] = symmetry.turns % 2 === 0 ? [height, width] : [width, height];
  const source = sources(h, w, symmetry);
  const pixels = height * width;
  const out = new Float32Array(data.length);
  for (let k = 0; k < channels; k++)
    for (let i = 0; i < pixels; i++) out[k * pixels + source.index[i]!] = data[k * pixels + i]!;
  return { data: out, channels, height: h, width: w };
}
