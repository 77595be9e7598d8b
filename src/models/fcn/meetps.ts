/**
 * @file FCN-32s, FCN-16s and FCN-8s of meetps/pytorch-semseg (MIT), with its parameter names. Its FCN-8s is that of model.ts
 * trained in stages, with learned enlarging kernels; its others (and FCN-8s when asked to) repeat the nearest score
 * instead: the maps, which cover the image and the 100 pixels of padding around it, are summed and then squeezed into the
 * image's size as they are. That is what the project computes, not what the paper describes.
 *
 *     image ─ conv_block1 .. 3 ─ conv_block4 ─ conv_block5 ─ classifier ─ stretch ─ + ─ stretch ─ + ─ stretch ─ logits
 *                              │             └ score_pool4 ─────────────────────────┘             │
 *                              └ score_pool3 ─────────────────────────────────────────────────────┘
 */
import { z } from "zod";
import { Add } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { dropout2d } from "../../nn/dropout.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture } from "../model.js";
import { type FinestStride, upscore } from "./upscore.js";
import { fullyConvolutional, scores, type VggNames, vggMaps, vggOptions } from "./vgg.js";

const common = {
  ...vggOptions,
  dropout: z.number().min(0).max(0.99).default(0.5).describe("dropout of whole channels behind these convolutions"),
};

const options = z.strictObject(common);
const options8 = z.strictObject({
  ...common,
  deconvolution: z
    .enum(["learned", "none"])
    .default("learned")
    .describe("whether scores are enlarged by trained kernels or by repeating the nearest"),
});

export type FcnMeetpsOptions = z.output<typeof options>;
export type Fcn8sMeetpsOptions = z.output<typeof options8>;

const names: VggNames = {
  convolution: (stage, index) => [`conv_block${stage}`, 2 * (index - 1)],
  fc6: ["classifier", 0],
  fc7: ["classifier", 3],
  score: ["classifier", 6],
};

/** Scores of the finer maps, by the finest stride: names and places among the maps. */
const skips: Record<FinestStride, readonly (readonly [name: string, index: number])[]> = {
  32: [],
  16: [["score_pool4", 3]],
  8: [
    ["score_pool4", 3],
    ["score_pool3", 2],
  ],
};

const build =
  (finest: FinestStride) =>
  (scope: Scope, image: Value, numClasses: number, given: FcnMeetpsOptions & Partial<Fcn8sMeetpsOptions>) => {
    const { width, fcChannels: channels, deconvolution = "none" } = given;
    const maps = vggMaps(scope, image, width, names);
    const drop = (at: Scope, x: Value): Value => dropout2d(at, x, given.dropout);
    const score = fullyConvolutional(scope, maps[4]!, { names, kernel: 7, channels, numClasses, drop });
    if (deconvolution === "learned") {
      const upscores = { pool4: "upscore2", pool3: "upscore4", image: "upscore8" };
      return { logits: upscore(scope, score, maps, image, { finest, names: upscores, deconvolution, atOnce: false }) };
    }
    const stretch = (x: Value, like: Value): Value => resizeLike(scope, x, like, { mode: "nearest" });
    const sum = skips[finest].reduce((x, [name, index]) => {
      const skip = scores(scope.at(name), maps[index]!, numClasses);
      return scope.run(() => Add(stretch(x, skip), skip));
    }, score);
    return { logits: stretch(sum, image) };
  };

const shared = { paper: "https://arxiv.org/abs/1411.4038", year: 2017, keepsSize: true } as const;

const coarse = (finest: 32 | 16): Architecture<FcnMeetpsOptions> => ({
  ...shared,
  name: `fcn${finest}s-meetps`,
  title: `FCN-${finest}s of meetps/pytorch-semseg, which repeats the nearest score`,
  options,
  build: build(finest),
});

export const fcn32sMeetps: Architecture<FcnMeetpsOptions> = coarse(32);

export const fcn16sMeetps: Architecture<FcnMeetpsOptions> = coarse(16);

export const fcn8sMeetps: Architecture<Fcn8sMeetpsOptions> = {
  ...shared,
  name: "fcn8s-meetps",
  title: "FCN-8s of meetps/pytorch-semseg",
  options: options8,
  build: build(8),
};
