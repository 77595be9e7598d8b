/** @file Unlabelled images beside the labelled ones: the inputs that a method's step wants, a pure function of seed and position. */
import type { Batch, Loader } from "../data/loader/index.js";
import { cutMixBoxes, type MixKind } from "../data/mixing.js";
import { float32, int32, type Tensor } from "../runtime/tensor.js";
import { Random } from "../util/random.js";

/** More inputs of a step, by name. */
export type MethodInputs = { readonly [input: string]: Tensor };

/** The endless stream of unlabelled micro-batches. */
export interface UnlabelledStream {
  /** Inputs from micro-batch `first` (counted from 0 over the whole run) on. */
  inputs(first: number): AsyncGenerator<MethodInputs, void, void>;
}

export interface UnlabelledOptions {
  readonly loader: Loader;
  readonly seed: number;
  readonly numClasses: number;
  /** How often a step mixes images. */
  readonly mixings: number;
  readonly boxes: MixKind;
}

/** Random numbers in (0, 1), one for each class of each image. */
const priorities = (random: Random, count: number): Float32Array =>
  Float32Array.from({ length: count }, () => 1e-6 + (1 - 2e-6) * random.between(0, 1));

function inputsOf(
  { views, images, masks, size, channels, height, width }: Batch,
  number: number,
  { seed, numClasses, mixings, boxes }: Omit<UnlabelledOptions, "loader">,
): MethodInputs {
  const shape = [size, channels, height, width];
  const inputs: { [name: string]: Tensor } = {
    "unlabelled weak": float32(images, shape),
    "unlabelled truth": int32(masks, [size, height, width]),
  };
  views.forEach((view, i) => {
    inputs[`unlabelled strong ${i}`] = float32(view, shape);
  });
  for (let i = 0; i < mixings; i++) {
    const random = new Random(seed, "mixing", number, i);
    inputs[`boxes ${i}`] = float32(cutMixBoxes(random, { count: size, height, width, kind: boxes }), [
      size,
      1,
      height,
      width,
    ]);
    inputs[`priority ${i}`] = float32(priorities(random, size * numClasses), [size, numClasses]);
  }
  return inputs;
}

/** The stream of a loader. */
export function unlabelledStream({ loader, ...options }: UnlabelledOptions): UnlabelledStream {
  return {
    async *inputs(first) {
      const { batchesPerEpoch } = loader;
      let number = first;
      const start = { epoch: Math.floor(first / batchesPerEpoch), batch: first % batchesPerEpoch };
      for await (const batch of loader.batches({ ...start, epochs: Number.POSITIVE_INFINITY }))
        yield inputsOf(batch, number++, options);
    },
  };
}
