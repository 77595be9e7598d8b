/**
 * @file Shift-and-stitch (Giusti et al. 2013, https://arxiv.org/abs/1302.1700; Long et al. 2015, section 3.2): a network that
 * answers every few pixels is run on all shifts of the image, and its answers are interlaced to one for each pixel. The same
 * comes out when its strides are taken away and the filters behind them dilated, at a smaller cost, since nothing is computed
 * twice.
 */
import { add, ceilDiv, type Dim, mul, sub } from "../graph/dim.js";
import { Concat, Pad, PixelShuffle, Reshape, Slice, Transpose } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { channelsOf } from "./conv.js";
import type { Scope } from "./scope.js";

export interface StridedNetwork {
  /** Side of the square of pixels that an answer sees. */
  readonly field: number;
  /** Pixels from one answer to the next. */
  readonly stride: number;
  /** Maps [N, C, H, W] to [N, K, (H - field) / stride + 1, (W - field) / stride + 1]: answer i sees the pixels from `stride * i` on. */
  run(x: Value): Value;
}

/** Answers [N, K, H - field + 1, W - field + 1] of an unpadded network at every pixel of `x` [N, C, H, W]. */
export function shiftAndStitch(scope: Scope, x: Value, { field, stride, run }: StridedNetwork): Value {
  const [n, , height, width] = x.shape as [Dim, Dim, Dim, Dim];
  const answers = [height, width].map((side) => sub(side, field - 1)) as [Dim, Dim];
  /** Answers of each shift, also of those that need a few pixels more than there are. */
  const each = answers.map((count) => ceilDiv(count, stride)) as [Dim, Dim];
  const sides = each.map((count) => add(mul(count, stride), field - stride));
  const shifts = Array.from({ length: stride * stride }, (_, i) => [Math.floor(i / stride), i % stride]);
  const batch = scope.run(() => {
    const missing = each.map((count, i) => sub(mul(count, stride), answers[i]!));
    const padded = Pad(x, [0, 0, 0, 0], [0, 0, ...missing]);
    const shifted = shifts.map((from) =>
      Slice(
        padded,
        [2, 3],
        from,
        from.map((start, i) => add(sides[i]!, start)),
      ),
    );
    return Concat(shifted, 0);
  });
  const y = run(batch);
  return scope.run(() => {
    const channels = channelsOf(y);
    const apart = Reshape(y, [stride * stride, n, channels, mul(each[0], each[1])]);
    const squares = Reshape(Transpose(apart, [1, 2, 0, 3]), [n, channels * stride * stride, ...each]);
    return Slice(PixelShuffle(squares, stride), [2, 3], [0, 0], answers);
  });
}
