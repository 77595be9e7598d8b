/**
 * @file The baseline from before fully convolutional networks (Ciresan et al. 2012,
 * https://papers.nips.cc/paper/4741-deep-neural-networks-segment-neuronal-membranes-in-electron-microscopy-images; Farabet et
 * al. 2013): a small CNN says the class of a patch's middle pixel and sees nothing but the patch. Here for patches of 65:
 *
 *     patch 65 ─ conv1 4x4 48: 62 ─ pool 31 ─ conv2 4x4: 28 ─ pool 14 ─ conv3 5x5: 10 ─ pool 5 ─ conv4 4x4: 2 ─ pool 1 ─ fc 200 ─ score
 *
 * It is trained on patches around random pixels, as it was then, or on all pixels of the image at once. Images are predicted
 * whole: without strides and with dilated filters behind the poolings the same network answers at every pixel. The image is
 * mirrored around itself by half a patch. Units are ReLUs in place of the paper's scaled tanh.
 */
import { z } from "zod";
import { Add, Div, Expand, GatherElements, Mul, Reshape, Transpose } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { channelsOf } from "../../nn/conv.js";
import { mirrorAround } from "../../nn/padding.js";
import { samplePixels } from "../../nn/sample-pixels.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture, NetworkOutputs } from "../model.js";
import { layouts, patchNetwork } from "./network.js";

const options = z.strictObject({
  patch: z
    .literal([33, 65, 95])
    .default(65)
    .describe("side of the patch that a pixel is classified from: 33, 65 or 95"),
  width: z.int().min(1).default(48).describe("channels of the convolutions"),
  fcChannels: z.int().min(1).default(200).describe("channels of the layer in front of the score"),
  training: z
    .enum(["patches", "whole-image"])
    .default("patches")
    .describe("what is trained on: patches around random pixels, or every pixel of the image"),
  samples: z.int().min(1).default(100).describe("patches of each image in a training step"),
});

export type PatchCnnOptions = z.output<typeof options>;

/** Patches [N * P, C, side, side] around places [N, P] of an image that is mirrored around itself by half a patch. */
function cutPatches(scope: Scope, mirrored: Value, places: Value, side: number): Value {
  const [n, channels, height, width] = mirrored.shape as [number, number, number, number];
  const count = places.shape[1] as number;
  const offsets = Int32Array.from({ length: side ** 2 }, (_, i) => Math.floor(i / side) * width + (i % side));
  return scope.run(() => {
    // A pixel's row and column are those of its patch's corner in the mirrored image, whose rows are longer.
    const corners = Add(places, Mul(Div(places, width - side + 1), side - 1));
    const indices = Add(Reshape(corners, [n, count, 1]), scope.graph.constant(offsets, [1, 1, side ** 2]));
    const everyChannel = Expand(Reshape(indices, [n, 1, count * side ** 2]), [n, channels, count * side ** 2]);
    const pixels = GatherElements(Reshape(mirrored, [n, channels, height * width]), everyChannel, 2);
    const patches = Transpose(Reshape(pixels, [n, channels, count, side ** 2]), [0, 2, 1, 3]);
    return Reshape(patches, [n * count, channels, side, side]);
  });
}

/** Logits [N * P, K, 1, 1] of patches as those of sampled pixels: [N, K, 1, P]. */
function byImage(scope: Scope, logits: Value, batch: number): Value {
  const [all, numClasses] = [logits.shape[0] as number, channelsOf(logits)];
  const count = all / batch;
  return scope.run(() =>
    Reshape(Transpose(Reshape(logits, [batch, count, numClasses]), [0, 2, 1]), [batch, numClasses, 1, count]),
  );
}

function build(scope: Scope, image: Value, numClasses: number, given: PatchCnnOptions): NetworkOutputs {
  const { patch, width, fcChannels } = given;
  const layout = layouts[patch];
  const network = { width, fcChannels, numClasses };
  const mirrored = mirrorAround(scope, image, (patch - 1) / 2);
  if (!scope.training || given.training === "whole-image")
    return { logits: patchNetwork(scope, mirrored, layout, { ...network, form: "dilated" }) };

  const [batch, , ...size] = image.shape as readonly number[] as [number, number, number, number];
  const at = scope.at("samples");
  const samples = samplePixels(at, batch, size, given.samples);
  const logits = patchNetwork(scope, cutPatches(at, mirrored, samples, patch), layout, { ...network, form: "strided" });
  return { logits: byImage(at, logits, batch), samples };
}

export const patchCnn: Architecture<PatchCnnOptions> = {
  name: "patch-cnn",
  title: "Small CNN that classifies each pixel from the patch around it",
  paper:
    "https://papers.nips.cc/paper/4741-deep-neural-networks-segment-neuronal-membranes-in-electron-microscopy-images",
  year: 2012,
  options,
  keepsSize: true,
  build,
};
