/** @file VGG16 (Simonyan and Zisserman 2014, https://arxiv.org/abs/1409.1556) for architectures that change its layers: which convolutions there are, in what order. */
import { z } from "zod";
import type { Value } from "../graph/types.js";

export const vggWidthOption = z
  .int()
  .min(1)
  .default(64)
  .describe("channels of VGG's first stage; the others have 2, 4, 8 and 8 times as many");

/** A convolution of VGG16; stage and index in it are counted from 1. */
export interface VggPlace {
  readonly stage: number;
  readonly index: number;
  readonly outChannels: number;
}

export interface VggLayers {
  readonly width: number;
  /** One convolution with its ReLU. */
  convolve(x: Value, place: VggPlace): Value;
  /** The pooling between a stage (counted from 1) and the next. */
  pool(x: Value, stage: number): Value;
}

/** Convolutions of each stage, and their channels as multiples of the first stage's. */
const stages = [
  { layers: 2, widening: 1 },
  { layers: 2, widening: 2 },
  { layers: 3, widening: 4 },
  { layers: 3, widening: 8 },
  { layers: 3, widening: 8 },
] as const;

/** The last map of each stage (conv1_2, conv2_2, conv3_3, conv4_3, conv5_3), each in front of its pooling. */
export function vggStages(image: Value, { width, convolve, pool }: VggLayers): readonly Value[] {
  let x = image;
  return stages.map(({ layers, widening }, i) => {
    if (i > 0) x = pool(x, i);
    for (let index = 1; index <= layers; index++)
      x = convolve(x, { stage: i + 1, index, outChannels: width * widening });
    return x;
  });
}
