/**
 * @file SegNet-Basic (Badrinarayanan et al. 2015, https://arxiv.org/abs/1511.00561), the small SegNet of the authors' Caffe
 * models: four 7x7 convolutions down and four up, all of 64 channels; unpooling to the places of the maxima.
 *
 *     image ─ conv1 64 ────────────────────────── conv_decode1 64 ─ conv_classifier 1x1 ─ logits    stride 1
 *               └ pool ─ conv2 64 ─────────── conv_decode2 64 ┘                                            2
 *                   └ pool ─ conv3 64 ─── conv_decode3 64 ┘                                                4
 *                       └ pool ─ conv4 64 ─ conv_decode4 64 ┘                                              8
 *                           └ pool ┘                                                                      16
 *
 * Each convolution has a bias and BatchNorm; those on the way down have ReLU too, those on the way up do not. Poolings keep
 * odd last rows, as Caffe's do, so any image size goes. The Caffe model's normalisation of the input over neighbouring
 * channels is left to the preparation of images.
 */
import { z } from "zod";
import { MaxUnpool } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { convNorm, relu } from "../../nn/blocks.js";
import { conv2d } from "../../nn/conv.js";
import { maxPool2d } from "../../nn/pool.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  width: z.int().min(1).default(64).describe("channels of every level"),
  kernel: z.literal([3, 5, 7, 9]).default(7).describe("side of the convolutions' kernels: 3, 5, 7 or 9"),
});

export type SegnetBasicOptions = z.output<typeof options>;

const depth = 4;

function build(scope: Scope, image: Value, numClasses: number, { width, kernel }: SegnetBasicOptions): Value {
  const convolution = (at: Scope, x: Value): Value =>
    convNorm(at, x, { outChannels: width, kernel, bias: true, names: ["conv", "bn"] });
  const pooling = { kernel: 2, ceilMode: true } as const;
  const pooled: Value[] = [];
  let x = image;
  for (let i = 0; i < depth; i++) {
    const at = scope.at(`conv${i + 1}`);
    const y = relu(at, convolution(at, x));
    pooled.push(y);
    x = maxPool2d(at, y, pooling);
  }
  for (let i = depth - 1; i >= 0; i--) {
    const at = scope.at(`conv_decode${i + 1}`);
    const unpooled = at.run(() => MaxUnpool(pooled[i]!, x, [2, 2], { strides: [2, 2], ceilMode: true }));
    x = convolution(at, unpooled);
  }
  return conv2d(scope.at("conv_classifier"), x, { outChannels: numClasses, kernel: 1 });
}

export const segnetBasic: Architecture<SegnetBasicOptions> = {
  name: "segnet-basic",
  title: "SegNet-Basic: four 7x7 convolutions down and up, with unpooling",
  paper: "https://arxiv.org/abs/1511.00561",
  year: 2015,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
