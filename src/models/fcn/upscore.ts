/**
 * @file From coarse scores to the image's size, the part that gave the fully convolutional networks their strides:
 *
 *     score 1/32 ─ x2 ─ + ─ x2 ─ + ─ x8 ─ crop ─ logits
 *                       │        └ crop ─ score_pool3 ─ pool3 1/8
 *                       └ crop ─ score_pool4 ─ pool4 1/16
 *
 * Every step is a transposed convolution that begins as bilinear interpolation. Nothing here is padded, so the maps cover
 * more than each other and are cropped to what they share, at offsets that follow from kernels, strides and the padding of
 * 100 pixels.
 */
import { add, type Dim } from "../../graph/dim.js";
import { Add, ConvTranspose, Mul, Slice } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { channelsOf } from "../../nn/conv.js";
import { bilinearUpsampling } from "../../nn/initializers.js";
import type { Scope } from "../../nn/scope.js";
import { scores } from "./vgg.js";

/** Stride of the finest map that is scored. */
export type FinestStride = 32 | 16 | 8;

/** Whether the interpolation is trained or stays bilinear, as in the authors' published networks. */
export type Deconvolution = "fixed" | "learned";

export interface UpscoreOptions {
  readonly finest: FinestStride;
  /** Names of the transposed convolutions: to pool4's stride, to pool3's, to the image's. */
  readonly names: { readonly pool4: string; readonly pool3: string; readonly image: string };
  readonly deconvolution: Deconvolution;
  /** Whether skips are scaled down by their strides' differences in activation, so that all can be trained at once. */
  readonly atOnce: boolean;
}

interface Skip {
  readonly pool: "pool4" | "pool3";
  /** Index of its map among those behind VGG's poolings. */
  readonly index: number;
  readonly crop: number;
  /** Factor in networks that are trained at once. */
  readonly scale: number;
}

const pool4: Skip = { pool: "pool4", index: 3, crop: 5, scale: 0.01 };
const pool3: Skip = { pool: "pool3", index: 2, crop: 9, scale: 0.0001 };

/** The skips, and the rows and columns that are cut off in front of the logits. */
const forms: Record<FinestStride, { readonly skips: readonly Skip[]; readonly crop: number }> = {
  32: { skips: [], crop: 19 },
  16: { skips: [pool4], crop: 27 },
  8: { skips: [pool4, pool3], crop: 31 },
};

/** Enlarges [N, C, H, W] to [N, C, (H-1)*stride + kernel, (W-1)*stride + kernel]. */
export function deconvolve(
  scope: Scope,
  x: Value,
  { stride, kernel = 2 * stride, kind }: { stride: number; kernel?: number; kind: Deconvolution },
): Value {
  const channels = channelsOf(x);
  const shape = [channels, channels, kernel, kernel];
  // A fixed kernel is a buffer: it stands in checkpoints, but no optimizer and no count of parameters sees it.
  const weight =
    kind === "learned"
      ? scope.parameter("weight", shape, bilinearUpsampling)
      : scope.buffer("weight", shape, bilinearUpsampling);
  return scope.run(() => ConvTranspose(x, weight, null, { strides: [stride, stride] }));
}

/** The part of [N, C, H, W] in the size of `like` that begins `offset` rows and columns inside. */
export const cropLike = (scope: Scope, x: Value, like: Value, offset: number): Value => {
  const [height, width] = like.shape.slice(2) as [Dim, Dim];
  return scope.run(() => Slice(x, [2, 3], [offset, offset], [add(height, offset), add(width, offset)]));
};

/** Logits in the image's size from the coarse scores and the maps behind VGG's poolings. */
export function upscore(
  scope: Scope,
  score: Value,
  maps: readonly Value[],
  image: Value,
  { finest, names, deconvolution: kind, atOnce }: UpscoreOptions,
): Value {
  const { skips, crop } = forms[finest];
  let x = score;
  for (const { pool, index, crop: offset, scale } of skips) {
    const up = deconvolve(scope.at(names[pool]), x, { stride: 2, kind });
    const map = atOnce ? scope.run(() => Mul(maps[index]!, scale)) : maps[index]!;
    const skip = scores(scope.at(`score_${pool}`), map, channelsOf(score));
    x = scope.run(() => Add(up, cropLike(scope, skip, up, offset)));
  }
  return cropLike(scope, deconvolve(scope.at(names.image), x, { stride: finest, kind }), image, crop);
}
