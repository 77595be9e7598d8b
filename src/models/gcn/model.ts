/**
 * @file GCN (Peng et al. 2017, Large Kernel Matters, https://arxiv.org/abs/1703.02719) after zijundeng/pytorch-semantic-segmentation
 * (MIT), with its parameter names: kernels as large as the map's objects, made of columns and rows, turn each of the
 * ResNet's maps into scores, which are joined from coarse to fine.
 *
 *     image ─ layer0 64 ────────────────────────────────────────────── stretch ─ BR8 ─ stretch ─ BR9 ─ logits   stride 2, 1
 *               └ layer1 256 ─ GCM4 ─ BR4 ───────────────── + ─ BR7 ──────┘                                     4
 *                   └ layer2 512 ─ GCM3 ─ BR3 ────── + ─ BR6 ┘                                                  8
 *                       └ layer3 1024 ─ GCM2 ─ BR2 ─ + BR5 ┘                                                   16
 *                           └ layer4 2048 ─ GCM1 ─ BR1 ┘                                                       32
 *
 *     GCM: (k x 1, 1 x k) + (1 x k, k x 1), nothing between them;  BR: x + 3x3(relu(3x3(x)));  all have numClasses channels.
 *     What is added is stretched from the coarser scores.
 */
import { z } from "zod";
import { Add } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { relu } from "../../nn/blocks.js";
import { conv2d, type Pair } from "../../nn/conv.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture } from "../model.js";
import { plainStages, resnetTrunk, trunkOption, trunkWidthOption } from "../resnet-trunk.js";

const options = z.strictObject({
  encoder: trunkOption.default("resnet152"),
  width: trunkWidthOption,
  kernel: z
    .int()
    .min(1)
    .refine((k) => k % 2 === 1, "an odd number")
    .default(7)
    .describe("side of the large kernels, odd; 15 in the paper, 7 in the reference"),
});

export type GcnOptions = z.output<typeof options>;

/** A kernel of `side` x `side` and rank 2, as columns behind rows and rows behind columns. */
function globalConvolution(scope: Scope, x: Value, outChannels: number, side: number): Value {
  const layer = (name: string, y: Value, kernel: Pair): Value =>
    conv2d(scope.at(name), y, { outChannels, kernel, padding: "same" });
  const left = layer("conv_l2", layer("conv_l1", x, [side, 1]), [1, side]);
  const right = layer("conv_r2", layer("conv_r1", x, [1, side]), [side, 1]);
  return scope.run(() => Add(left, right));
}

/** Scores with a residual that sharpens borders. */
function refineBoundaries(scope: Scope, x: Value, channels: number): Value {
  const layer = (name: string, y: Value): Value =>
    conv2d(scope.at(name), y, { outChannels: channels, kernel: 3, padding: "same" });
  const residual = layer("conv2", relu(scope, layer("conv1", x)));
  return scope.run(() => Add(x, residual));
}

function build(scope: Scope, image: Value, numClasses: number, { encoder, width, kernel }: GcnOptions): Value {
  // In the reference the first pooling is place 0 of layer1, and the stage place 1.
  const stages = plainStages.map((stage, i) => (i === 0 ? { ...stage, path: "layer1.1" } : stage));
  const { stem, maps } = resnetTrunk(scope, image, { encoder, width, stages });
  const refine = (place: number, x: Value): Value => refineBoundaries(scope.at(`brm${place}`), x, numClasses);
  const stretch = (x: Value, like: Value): Value =>
    resizeLike(scope, x, like, { mode: "bilinear", alignCorners: true });

  const coarseToFine = maps.toReversed();
  const scores = coarseToFine.map((map, i) =>
    refine(i + 1, globalConvolution(scope.at(`gcm${i + 1}`), map, numClasses, kernel)),
  );
  const finest = scores.reduce((coarse, fine, i) => {
    const wide = stretch(coarse, fine);
    return refine(
      i + 4,
      scope.run(() => Add(wide, fine)),
    );
  });
  return refine(9, stretch(refine(8, stretch(finest, stem)), image));
}

export const gcn: Architecture<GcnOptions> = {
  name: "gcn",
  title: "GCN: large kernels of rows and columns at every scale of a ResNet",
  paper: "https://arxiv.org/abs/1703.02719",
  year: 2017,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
