/** @file What the examples work on: a generated data set of discs and squares, and a network trained on it, both made once. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { train } from "segkit";
import { type Rgb, writeIndexPng, writePng } from "segkit/raster";

/** Folder for everything the examples write. */
export const folder = join("runs", "examples");

const size = 64;
const colours: readonly Rgb[] = [
  [30, 30, 40],
  [220, 120, 40],
  [60, 140, 220],
];

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One disc (class 1) and one square (class 2) on dark ground (class 0), under noise that makes single pixels ambiguous. */
function scene(random: () => number) {
  const [cy, cx, r] = [12 + random() * 40, 12 + random() * 40, 7 + random() * 7];
  const [top, left, side] = [random() * 44, random() * 44, 10 + random() * 10];
  const mask = new Uint8Array(size * size);
  const image = new Uint8Array(size * size * 3);
  for (let i = 0; i < mask.length; i++) {
    const [y, x] = [Math.floor(i / size), i % size];
    const inSquare = y >= top && y < top + side && x >= left && x < left + side;
    const label = (y - cy) ** 2 + (x - cx) ** 2 < r * r ? 1 : inSquare ? 2 : 0;
    mask[i] = label;
    for (let c = 0; c < 3; c++)
      image[3 * i + c] = Math.min(255, Math.max(0, colours[label]![c]! + 150 * (random() - 0.5)));
  }
  return {
    image: { data: image, height: size, width: size, channels: 3 },
    mask: { data: mask, height: size, width: size },
  };
}

/** The data set's folder: 24 images to train on, 6 to validate, 6 to test. */
export async function shapesFolder(at = join(folder, "shapes")): Promise<string> {
  if (existsSync(join(at, "classes.json"))) return at;
  const random = seeded(1);
  for (const [split, count] of Object.entries({ train: 24, val: 6, test: 6 }))
    for (let i = 0; i < count; i++) {
      const { image, mask } = scene(random);
      await writePng(join(at, split, "images", `${i}.png`), image);
      await writeIndexPng(join(at, split, "masks", `${i}.png`), mask, colours);
    }
  const classes = ["ground", "disc", "square"].map((name, i) => ({ name, color: colours[i] }));
  writeFileSync(join(at, "classes.json"), JSON.stringify({ classes }));
  return at;
}

/** Options of a small network that learns the shapes in seconds. */
export const small = {
  model: "unet",
  set: { width: 8, depth: 2 },
  size: [size, size],
  steps: 120,
  threads: 1,
} as const;

/** A run folder with a network trained on the shapes. */
export async function trainedRun(): Promise<string> {
  const run = join(folder, "run");
  if (existsSync(join(run, "checkpoints", "best"))) return run;
  for await (const _ of train({ data: await shapesFolder(), run, ...small })) {
    // The events are of interest in example 03.
  }
  return run;
}
