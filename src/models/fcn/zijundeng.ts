/**
 * @file FCN-32s, FCN-16s and FCN-8s of zijundeng/pytorch-semantic-segmentation, with its parameter names: the networks of
 * model.ts trained at once, with learned enlarging kernels and dropout of single elements. VGG16 is cut into sequences
 * behind the poolings that are scored, and each counts its layers from 0.
 *
 *     image ─ features3 ─ features4 ─ features5 ─ score_fr ─ upscore2 ─ + ─ upscore_pool4 ─ + ─ upscore8 ─ logits
 *                       │           └ x0.01 ─ score_pool4 ──────────────┘                   │
 *                       └ x0.0001 ─ score_pool3 ────────────────────────────────────────────┘
 *     stride  8           16          32
 */
import { z } from "zod";
import type { Value } from "../../graph/types.js";
import { dropout } from "../../nn/dropout.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture } from "../model.js";
import { type FinestStride, upscore } from "./upscore.js";
import { fullyConvolutional, placeInVgg, type VggNames, vggMaps, vggOptions } from "./vgg.js";

const options = z.strictObject({
  ...vggOptions,
  dropout: z.number().min(0).max(0.99).default(0.5).describe("dropout behind these convolutions"),
});

export type FcnZijundengOptions = z.output<typeof options>;

/** The last stage of the first sequence. */
const firstCut: Record<FinestStride, number> = { 32: 5, 16: 4, 8: 3 };

const namesOf = (finest: FinestStride): VggNames => ({
  convolution: (stage, index) => {
    const cut = Math.max(stage, firstCut[finest]);
    const start = stage > firstCut[finest] ? placeInVgg(stage, 1) : 0;
    return [`features${cut}`, placeInVgg(stage, index) - start];
  },
  fc6: ["score_fr", 0],
  fc7: ["score_fr", 3],
  score: ["score_fr", 6],
});

const build =
  (finest: FinestStride) =>
  (scope: Scope, image: Value, numClasses: number, given: FcnZijundengOptions): { logits: Value } => {
    const names = namesOf(finest);
    const maps = vggMaps(scope, image, given.width, names);
    const drop = (at: Scope, x: Value): Value => dropout(at, x, given.dropout);
    const score = fullyConvolutional(scope, maps[4]!, {
      names,
      kernel: 7,
      channels: given.fcChannels,
      numClasses,
      drop,
    });
    const last = finest === 32 ? "upscore" : `upscore${finest}`;
    const logits = upscore(scope, score, maps, image, {
      finest,
      names: { pool4: "upscore2", pool3: "upscore_pool4", image: last },
      deconvolution: "learned",
      atOnce: true,
    });
    return { logits };
  };

const architecture = (finest: FinestStride): Architecture<FcnZijundengOptions> => ({
  name: `fcn${finest}s-zijundeng`,
  title: `FCN-${finest}s of zijundeng/pytorch-semantic-segmentation`,
  paper: "https://arxiv.org/abs/1411.4038",
  year: 2017,
  options,
  keepsSize: true,
  build: build(finest),
});

export const fcnsZijundeng: readonly Architecture<FcnZijundengOptions>[] = ([32, 16, 8] as const).map(architecture);
