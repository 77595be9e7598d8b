/**
 * @file VGG16 as the fully convolutional networks of 2015 use it: zeros of 100 pixels around the image, so that the 7x7
 * convolution that was a fully connected layer leaves something of any image, and poolings that count a last window which
 * is only partly inside.
 */
import { z } from "zod";
import type { Value } from "../../graph/types.js";
import { relu } from "../../nn/blocks.js";
import { conv2d } from "../../nn/conv.js";
import { type Initializer, kaimingNormalFanOut, normal, zeros } from "../../nn/initializers.js";
import { maxPool2d } from "../../nn/pool.js";
import type { Scope } from "../../nn/scope.js";

/** Sizes that all networks on VGG16 can be given. */
export const vggOptions = {
  width: z
    .int()
    .min(1)
    .default(64)
    .describe("channels of VGG's first stage; the others have 2, 4, 8 and 8 times as many"),
  fcChannels: z.int().min(1).default(4096).describe("channels of the convolutions that were fully connected"),
};

/** Where a layer stands, as in `scope.at(...path)`. */
export type Path = readonly (string | number)[];

/** What the layers are called: all that the projects differ in up to the scores. */
export interface VggNames {
  /** Convolution `index` of a stage, both counted from 1. */
  convolution(stage: number, index: number): Path;
  readonly fc6: Path;
  readonly fc7: Path;
  readonly score: Path;
}

export interface FullyConvolutionalOptions {
  readonly names: Pick<VggNames, "fc6" | "fc7" | "score">;
  /** Side of the first kernel: that of the map which the fully connected layer saw. */
  readonly kernel: number;
  /** Channels of fc6 and fc7. */
  readonly channels: number;
  readonly numClasses: number;
  /** Dropout behind fc6 and fc7. */
  drop(scope: Scope, x: Value): Value;
}

/** Convolutions of each stage, and their channels as multiples of the first stage's. */
const stages = [
  { layers: 2, widening: 1 },
  { layers: 2, widening: 2 },
  { layers: 3, widening: 4 },
  { layers: 3, widening: 8 },
  { layers: 3, widening: 8 },
] as const;

/** Zeros around the image on each side. */
const border = 100;

/** Place of each stage's first convolution in torchvision's sequence, in which ReLUs and poolings count. */
const firstPlaces = [0, 5, 10, 17, 24] as const;

/** Place of a convolution in torchvision's VGG16; stage and index are counted from 1. */
export const placeInVgg = (stage: number, index: number): number => firstPlaces[stage - 1]! + 2 * (index - 1);

/** The maps of `image` [N, C, H, W] behind each of the five poolings; `[3]` is that of pool4, at stride 16. */
export function vggMaps(scope: Scope, image: Value, width: number, names: VggNames): readonly Value[] {
  let x = image;
  return stages.map(({ layers, widening }, i) => {
    for (let index = 1; index <= layers; index++) {
      const y = conv2d(scope.at(...names.convolution(i + 1, index)), x, {
        outChannels: width * widening,
        kernel: 3,
        padding: i === 0 && index === 1 ? border : 1,
        initializer: kaimingNormalFanOut,
      });
      x = relu(scope, y);
    }
    x = maxPool2d(scope, x, { kernel: 2, ceilMode: true });
    return x;
  });
}

/** A 1x1 convolution to the classes that begins with zeros, as in the paper: nothing is gained by a random start. */
export const scores = (scope: Scope, x: Value, numClasses: number): Value =>
  conv2d(scope, x, { outChannels: numClasses, kernel: 1, initializer: zeros });

/** The classifier's three fully connected layers as convolutions: coarse logits of the last map. */
export function fullyConvolutional(
  scope: Scope,
  x: Value,
  { names, kernel, channels, numClasses, drop }: FullyConvolutionalOptions,
): Value {
  const initializer: Initializer = normal(0.01);
  const connect = (path: Path, input: Value, side: number): Value => {
    const inside = scope.at(...path);
    const y = relu(scope, conv2d(inside, input, { outChannels: channels, kernel: side, initializer }));
    return drop(inside, y);
  };
  return scores(scope.at(...names.score), connect(names.fc7, connect(names.fc6, x, kernel), 1), numClasses);
}
