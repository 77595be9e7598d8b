/**
 * @file DeconvNet (Noh et al. 2015, https://arxiv.org/abs/1505.04366) with the layer names of the authors' Caffe model: VGG16
 * down to a single vector for an image of 224x224, and its mirror up, which writes each value to the place where the pooling
 * found its maximum.
 *
 *     image ─ conv1 2x 64 ──────────────────────────── deconv1 2x 64 ─ seg-score 1x1 ─ logits    stride 1
 *               └ pool ─ conv2 2x 128 ─────────── deconv2 128, 64 ┘                                     2
 *                   └ pool ─ conv3 3x 256 ──── deconv3 2x 256, 128 ┘                                    4
 *                       └ pool ─ conv4 3x 512 ─ deconv4 2x 512, 256 ┘                                   8
 *                           └ pool ─ conv5 3x 512 ─ deconv5 3x 512 ┘                                   16
 *                               └ pool ─ fc6 7x7 4096 ─ fc7 4096 ─ fc6-deconv 7x7 512 ┘                32
 *
 * conv = 3x3 convolution; deconv = 3x3 transposed convolution that keeps the size; these and fc have BatchNorm and ReLU. The
 * authors run it on crops of 224x224. Here an image is padded to a multiple of 32 and at least 224, and the logits are
 * cropped; beyond 224 fc6 runs as a convolution. Up to 224 it leaves one value of each image, so that training needs batches
 * of at least 2.
 */
import { z } from "zod";
import { MaxUnpool } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { relu } from "../../nn/blocks.js";
import { type Conv2dOptions, conv2d, convTranspose2d } from "../../nn/conv.js";
import { batchNorm2d } from "../../nn/norm.js";
import { padToAtLeast, padToMultiple } from "../../nn/padding.js";
import { maxPool2d } from "../../nn/pool.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  width: z
    .int()
    .min(1)
    .default(64)
    .describe("channels of the first level; those below have 2, 4, 8 and 8 times as many"),
  fcChannels: z.int().min(1).default(4096).describe("channels of fc6 and fc7"),
  batchNorm: z.boolean().default(true).describe("whether each layer but the last has BatchNorm"),
});

export type DeconvnetOptions = z.output<typeof options>;

/** Multiples of the width: of each level's convolutions, and of its transposed ones, which end as wide as the level above. */
const levels = [
  { down: [1, 1], up: [1, 1] },
  { down: [2, 2], up: [2, 1] },
  { down: [4, 4, 4], up: [4, 4, 2] },
  { down: [8, 8, 8], up: [8, 8, 4] },
  { down: [8, 8, 8], up: [8, 8, 8] },
] as const;

/** Side of the kernels of fc6 and fc6-deconv: the whole map that is left of 224 pixels. */
const fcKernel = 7;

interface Layer {
  readonly name: string;
  readonly norm: string;
  /** A transposed convolution, or a plain one. */
  readonly transposed?: true;
  readonly options: Omit<Conv2dOptions, "padding"> & { readonly padding?: number };
}

function build(scope: Scope, image: Value, numClasses: number, given: DeconvnetOptions): Value {
  const { width, fcChannels, batchNorm } = given;
  const run = (x: Value, { name, norm, transposed, options: settings }: Layer): Value => {
    const y = (transposed ? convTranspose2d : conv2d)(scope.at(name), x, settings);
    return relu(scope, batchNorm ? batchNorm2d(scope.at(norm), y) : y);
  };
  const same = (factor: number) => ({ outChannels: width * factor, kernel: 3, padding: 1 });

  const pooled: Value[] = [];
  let x = image;
  for (const [i, { down }] of levels.entries()) {
    for (const [j, factor] of down.entries()) {
      const place = `${i + 1}_${j + 1}`;
      x = run(x, { name: `conv${place}`, norm: `bn${place}`, options: same(factor) });
    }
    pooled.push(x);
    x = maxPool2d(scope.at(`pool${i + 1}`), x, { kernel: 2 });
  }

  x = run(x, { name: "fc6", norm: "bnfc6", options: { outChannels: fcChannels, kernel: fcKernel } });
  x = run(x, { name: "fc7", norm: "bnfc7", options: { outChannels: fcChannels, kernel: 1 } });
  const whole = { outChannels: 8 * width, kernel: fcKernel };
  x = run(x, { name: "fc6-deconv", norm: "fc6-deconv-bn", transposed: true, options: whole });

  for (let i = levels.length - 1; i >= 0; i--) {
    const before = x;
    x = scope.at(`unpool${i + 1}`).run(() => MaxUnpool(pooled[i]!, before, [2, 2], { strides: [2, 2] }));
    for (const [j, factor] of levels[i]!.up.entries()) {
      const place = `${i + 1}_${j + 1}`;
      x = run(x, { name: `deconv${place}`, norm: `debn${place}`, transposed: true, options: same(factor) });
    }
  }
  return conv2d(scope.at("seg-score"), x, { outChannels: numClasses, kernel: 1 });
}

export const deconvnet: Architecture<DeconvnetOptions> = {
  name: "deconvnet",
  title: "DeconvNet: VGG16 with its fully connected layers, and its mirror",
  paper: "https://arxiv.org/abs/1505.04366",
  year: 2015,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => {
    const least = padToAtLeast(scope, image, 32 * fcKernel);
    const { padded, crop } = padToMultiple(scope, least.padded, 32);
    return { logits: least.crop(crop(build(scope, padded, numClasses, given))) };
  },
};
