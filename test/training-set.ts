/** @file Generated data sets that a tiny network learns in seconds: a coloured box and a coloured disc on a dark ground. */

import { encodePng } from "../src/raster/png-encode.js";
import { Random } from "../src/util/random.js";
import { type SmallSet, smallSet } from "./small-sets.js";

export const trainingSize = [24, 32] as const;

/** Pixels of one image and the classes of its mask: 0 ground, 1 box, 2 disc. */
function scene(seed: number): { image: Uint8Array; mask: Uint8Array } {
  const [height, width] = trainingSize;
  const random = new Random(seed, "scene");
  const [top, left, side] = [random.integer(height - 8), random.integer(width - 8), 5 + random.integer(6)];
  const [cy, cx, radius] = [random.integer(height), random.integer(width), 4 + random.integer(4)];
  const image = new Uint8Array(height * width * 3);
  const mask = new Uint8Array(height * width);
  const colours = [
    [40, 50, 60],
    [200, 80, 60],
    [70, 90, 210],
  ];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const inBox = y >= top && y < top + side && x >= left && x < left + side;
      const inDisc = (y - cy) ** 2 + (x - cx) ** 2 < radius ** 2;
      const label = inDisc ? 2 : inBox ? 1 : 0;
      mask[y * width + x] = label;
      for (let c = 0; c < 3; c++) image[(y * width + x) * 3 + c] = colours[label]![c]! + random.integer(40);
    }
  return { image, mask };
}

/** A data set in folders `train` and `val` with the given numbers of images; `remove` deletes it. */
export async function trainingSet(train = 7, val = 2): Promise<SmallSet> {
  const set = smallSet();
  const [height, width] = trainingSize;
  set.text("classes.json", ["ground", "box", "disc"]);
  for (const [split, count, first] of [
    ["train", train, 1],
    ["val", val, 1001],
  ] as const)
    for (let i = 0; i < count; i++) {
      const { image, mask } = scene(first + i);
      set.bytes(`${split}/images/${i}.png`, await encodePng({ data: image, height, width, channels: 3 }));
      set.bytes(`${split}/masks/${i}.png`, await encodePng({ data: mask, height, width, channels: 1 }));
    }
  return set;
}
