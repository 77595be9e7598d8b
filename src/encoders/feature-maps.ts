/** @file What encoder families share: dilation in place of strides, maps without channels, and the refusal of small images. */
import { ShapeError, UsageError } from "../errors/index.js";
import { type Dim, floorDiv } from "../graph/dim.js";
import { Slice } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import type { Scope } from "../nn/scope.js";
import type { OutputStride } from "./encoder.js";

/** Dilation of the layers that have stride 2^level in the classifier; above 1 the step to this level is not taken. */
export const dilationAt = (level: number, outputStride: OutputStride): number => Math.max(1, 2 ** level / outputStride);

/** A map [N, 0, H / 2^level, W / 2^level], for a level at which an encoder has none. */
export function emptyMap(scope: Scope, image: Value, level: number): Value {
  const [height, width] = image.shape.slice(2) as [Dim, Dim];
  const size = [height, width].map((side) => floorDiv(side, 2 ** level));
  return scope.run(() => Slice(image, [1, 2, 3], [0, 0, 0], [0, ...size]));
}

/**
 * Refuses images that leave no pixel at the last level. Symbolic sizes pass.
 *
 * @throws ShapeError when height or width is below `least`.
 */
export function requireSide(scope: Scope, image: Value, least: number): void {
  const [height, width] = image.shape.slice(2) as [Dim, Dim];
  if ([height, width].some((side) => typeof side === "number" && side < least))
    throw new ShapeError({
      layer: scope.path,
      expected: `an image of at least ${least}x${least} pixels`,
      found: `${height}x${width}`,
      next: "Use larger images, a smaller depth or another encoder.",
    });
}

/**
 * Refuses factors on dilations, for encoders whose last stage has no blocks.
 *
 * @throws UsageError when factors are given.
 */
export function refuseMultiGrid(scope: Scope, multiGrid: readonly number[] | undefined): void {
  if (multiGrid !== undefined)
    throw new UsageError({
      expected: "no multiGrid, because the last stage of this encoder has no blocks",
      found: `multiGrid [${multiGrid}]${scope.path && ` for ${scope.path}`}`,
      next: "Leave it out or use a ResNet.",
    });
}

/**
 * Refuses output strides below 32, for encoders that cannot dilate in place of striding.
 *
 * @throws UsageError when the output stride is another.
 */
export function refuseDilation(scope: Scope, outputStride: OutputStride = 32): void {
  if (outputStride !== 32)
    throw new UsageError({
      expected: "output stride 32, the only one that this encoder can have",
      found: `${outputStride}${scope.path && ` for ${scope.path}`}`,
      next: "Choose another outputStride or another encoder.",
    });
}
