/**
 * @file Fully convolutional networks on VGG16 (Long et al. 2015, https://arxiv.org/abs/1411.4038, and Shelhamer et al. 2016,
 * https://arxiv.org/abs/1605.06211), equal to wkentaro/pytorch-fcn (MIT) and with its parameter names: the classifier's
 * fully connected layers become convolutions, and its coarse scores are summed with scores of finer maps on the way back.
 *
 *     image ─ pad 100 ─ conv1 64 ─ pool                                                        logits ─ crop 31 ┐  stride 1
 *       └ conv2 128 ─ pool                                                                                      │         4
 *         └ conv3 256 ─ pool3 ─ score_pool3 ─ crop 9 ───────────────────────────────────────────── + ─ upscore8 ┘         8
 *           └ conv4 512 ─ pool4 ─ score_pool4 ─ crop 5 ───────────────────────── + ─ upscore_pool4 ┘                     16
 *             └ conv5 512 ─ pool5 ─ fc6 7x7 4096 ─ fc7 4096 ─ score_fr ─ upscore2 ┘                                      32
 *
 * FCN-32s and FCN-16s stop after no sum or the first one and go back by 32 or 16 in one step. Any image size works.
 */
import { z } from "zod";
import { UsageError } from "../../errors/index.js";
import type { Value } from "../../graph/types.js";
import { dropout2d } from "../../nn/dropout.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture, NetworkOutputs } from "../model.js";
import { backbones } from "./backbones.js";
import { type FinestStride, upscore } from "./upscore.js";
import { fullyConvolutional, type VggNames, vggMaps, vggOptions } from "./vgg.js";

const common = {
  ...vggOptions,
  deconvolution: z
    .enum(["fixed", "learned"])
    .default("fixed")
    .describe("whether the enlarging kernels stay bilinear, as published, or are trained from there"),
  dropout: z.number().min(0).max(0.99).default(0.5).describe("dropout of whole channels behind fc6 and fc7"),
};

const skipped = {
  ...common,
  training: z
    .enum(["at-once", "staged"])
    .default("at-once")
    .describe(
      "at-once scales the finer maps down (0.01, 0.0001) so that all is trained together; staged, from the next coarser network's weights, does not",
    ),
};

const options32 = z.strictObject({
  ...common,
  backbone: z.enum(["vgg16", "alexnet", "googlenet"]).default("vgg16").describe("classification network below"),
});
const finerOptions = z.strictObject(skipped);

export type Fcn32sOptions = z.output<typeof options32>;
/** Options of FCN-16s and FCN-8s. */
export type FcnFinerOptions = z.output<typeof finerOptions>;

const names: VggNames = {
  convolution: (stage, index) => [`conv${stage}_${index}`],
  fc6: ["fc6"],
  fc7: ["fc7"],
  score: ["score_fr"],
};

/** Options of VGG that mean nothing for the backbone. */
function refuse({ backbone, width, fcChannels }: Fcn32sOptions): void {
  const meaningless = [
    ...(backbone !== "vgg16" && width !== 64 ? [`width ${width}`] : []),
    ...(backbone === "googlenet" && fcChannels !== 4096 ? [`fcChannels ${fcChannels}`] : []),
  ];
  if (meaningless.length > 0)
    throw new UsageError({
      expected: `options of ${backbone}, whose widths are fixed`,
      found: meaningless.join(" and "),
      next: "Leave it out, or use the backbone vgg16.",
    });
}

type HeadOptions = Pick<Fcn32sOptions, "fcChannels" | "dropout">;

const headOf = ({ fcChannels: channels, dropout }: HeadOptions, numClasses: number) => ({
  names,
  channels,
  numClasses,
  drop: (scope: Scope, x: Value): Value => dropout2d(scope, x, dropout),
});

type VggOptions = Omit<Fcn32sOptions, "backbone"> & Partial<FcnFinerOptions>;

/** The network on VGG16 whose finest scored map has the given stride. */
const onVgg =
  (finest: FinestStride) =>
  (scope: Scope, image: Value, numClasses: number, given: VggOptions): NetworkOutputs => {
    const maps = vggMaps(scope, image, given.width, names);
    const score = fullyConvolutional(scope, maps[4]!, { ...headOf(given, numClasses), kernel: 7 });
    const last = finest === 32 ? "upscore" : `upscore${finest}`;
    const logits = upscore(scope, score, maps, image, {
      finest,
      names: { pool4: "upscore2", pool3: "upscore_pool4", image: last },
      deconvolution: given.deconvolution,
      atOnce: given.training === "at-once",
    });
    return { logits };
  };

const shared = { paper: "https://arxiv.org/abs/1411.4038", year: 2015, keepsSize: true } as const;

export const fcn32s: Architecture<Fcn32sOptions> = {
  ...shared,
  name: "fcn32s",
  title: "FCN-32s: VGG16 (or AlexNet, GoogLeNet) made fully convolutional",
  options: options32,
  build: (scope, image, numClasses, given) => {
    const { backbone, deconvolution } = given;
    if (backbone === "vgg16") return onVgg(32)(scope, image, numClasses, given);
    refuse(given);
    return { logits: backbones[backbone](scope, image, { ...headOf(given, numClasses), deconvolution }) };
  },
};

export const fcn16s: Architecture<FcnFinerOptions> = {
  ...shared,
  name: "fcn16s",
  title: "FCN-16s: the same with scores of pool4",
  options: finerOptions,
  build: onVgg(16),
};

export const fcn8s: Architecture<FcnFinerOptions> = {
  ...shared,
  name: "fcn8s",
  title: "FCN-8s: the same with scores of pool4 and pool3",
  options: finerOptions,
  build: onVgg(8),
};
