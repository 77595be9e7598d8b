/**
 * @file Four photographs with masks that networks learn by heart: scenes of streets, or drawn ones where those are not
 * there. Three classes, none of more than half of the pixels, which networks of a few channels can tell apart.
 */
import { type Dataset, openDataset } from "../../src/data/dataset.js";
import { createLoader } from "../../src/data/loader/index.js";
import { normalize, resize } from "../../src/data/transforms/index.js";
import { encodePng } from "../../src/raster/png-encode.js";
import type { TrainingBatch } from "../../src/train/trainer.js";
import { shared } from "../evaluate.js";
import { smallSet } from "../small-sets.js";
import { drawStreet, streetClasses } from "./street.js";

export const numClasses = 3;
export const ignoreIndex = 255;

/** Which of the three each named class belongs to; all others to the last. */
const merged: { readonly [name: string]: number } = { sky: 0, road: 1, pavement: 1 };
const others = 2;

export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

async function batchOf({ splits, classes }: Dataset, { height, width }: ImageSize): Promise<TrainingBatch> {
  const train = splits.train!;
  const every = Math.floor(train.length / 4);
  const loader = createLoader({
    // Frames that follow each other are nearly the same picture.
    samples: [0, 1, 2, 3].map((i) => train[i * every]!),
    transforms: [resize({ height, width }), normalize({ mean: [100], std: [70] })],
    batchSize: 4,
    workers: 0,
  });
  for await (const { images, masks } of loader.batches()) {
    const classOf = (index: number): number => merged[classes.names[index]!] ?? others;
    return { images, masks: masks.map((index) => (index === ignoreIndex ? ignoreIndex : classOf(index))) };
  }
  throw new Error("no batch");
}

async function photographs(size: ImageSize): Promise<TrainingBatch> {
  const { path, present } = shared("data/camvid-mini");
  if (present) return batchOf(await openDataset(path), size);
  const set = smallSet();
  try {
    set.text("classes.json", streetClasses);
    // With a split of its own for validation none of the four is taken for that.
    for (const [split, seed] of [1, 2, 3, 4, 5].map((i) => [i < 5 ? "train" : "val", i] as const)) {
      const { image, mask } = drawStreet(seed);
      set.bytes(
        `${split}/images/${seed}.png`,
        await encodePng({ ...image, data: image.data as Uint8Array, channels: 3 }),
      );
      set.bytes(`${split}/masks/${seed}.png`, await encodePng({ ...mask, data: mask.data as Uint8Array, channels: 1 }));
    }
    return await batchOf(await openDataset(set.path), size);
  } finally {
    set.remove();
  }
}

/** Planes in the middle of larger ones that are filled with a value. */
function framed<Data extends Float32Array | Int32Array>(
  planes: Data,
  inner: ImageSize,
  outer: ImageSize,
  fill: number,
): Data {
  const [y0, x0] = [(outer.height - inner.height) >> 1, (outer.width - inner.width) >> 1];
  const count = planes.length / (inner.height * inner.width);
  const kind = planes.constructor as new (length: number) => Data;
  const framed = new kind(count * outer.height * outer.width).fill(fill) as Data;
  for (let plane = 0; plane < count; plane++)
    for (let y = 0; y < inner.height; y++) {
      const from = (plane * inner.height + y) * inner.width;
      framed.set(planes.subarray(from, from + inner.width), (plane * outer.height + y0 + y) * outer.width + x0);
    }
  return framed;
}

/**
 * Images [4, 3, H, W] and masks [4, H, W], brought to the size `inner`, in the middle of the size `outer`, which the
 * networks need that answer for the middle of their input only.
 */
export async function fourImages(inner: ImageSize, outer: ImageSize): Promise<TrainingBatch> {
  const { images, masks } = await photographs(inner);
  return { images: framed(images, inner, outer, 0), masks: framed(masks, inner, outer, ignoreIndex) };
}
