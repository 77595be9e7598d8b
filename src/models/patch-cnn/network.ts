/** @file The small network that classifies the middle pixel of a patch; and the same network at every pixel of an image. */
import type { Value } from "../../graph/types.js";
import { relu } from "../../nn/blocks.js";
import { conv2d } from "../../nn/conv.js";
import { maxPool2d } from "../../nn/pool.js";
import type { Scope } from "../../nn/scope.js";

export interface PatchLayout {
  /** Kernels of the convolutions, each in front of a pooling by 2. */
  readonly kernels: readonly number[];
  /** Side of the map that is left of a patch: the kernel of the first fully connected layer. */
  readonly last: number;
}

/** Layouts by the side of their patch; none is padded, and every pooling divides without a rest. */
export const layouts = {
  33: { kernels: [4, 4, 3], last: 2 },
  65: { kernels: [4, 4, 5, 4], last: 1 },
  /** As large as the patches of the paper's best network. */
  95: { kernels: [4, 5, 4, 4], last: 3 },
} as const satisfies { readonly [patch: number]: PatchLayout };

export type PatchSide = keyof typeof layouts;

/** Pixels from one answer to the next, of a network that strides. */
export const strideOf = ({ kernels }: PatchLayout): number => 2 ** kernels.length;

export interface PatchNetworkOptions {
  readonly width: number;
  readonly fcChannels: number;
  readonly numClasses: number;
  /** Whether poolings stride, or stand around every pixel while the filters behind them dilate. */
  readonly form: "strided" | "dilated";
}

/**
 * Logits [N, numClasses, h, w] of each patch in [N, C, H, W]: every `strideOf(layout)` pixels, or (dilated) at every pixel, of
 * which there are `H - patch + 1`.
 */
export function patchNetwork(scope: Scope, x: Value, layout: PatchLayout, options: PatchNetworkOptions): Value {
  const { width, fcChannels, numClasses, form } = options;
  let [y, dilation] = [x, 1];
  for (const [i, kernel] of layout.kernels.entries()) {
    const at = scope.at(`conv${i + 1}`);
    y = relu(at, conv2d(at, y, { outChannels: width, kernel, dilation }));
    y = maxPool2d(scope.at(`pool${i + 1}`), y, form === "strided" ? { kernel: 2 } : { kernel: 2, stride: 1, dilation });
    if (form === "dilated") dilation *= 2;
  }
  const fc = scope.at("fc");
  y = relu(fc, conv2d(fc, y, { outChannels: fcChannels, kernel: layout.last, dilation }));
  return conv2d(scope.at("score"), y, { outChannels: numClasses, kernel: 1 });
}
