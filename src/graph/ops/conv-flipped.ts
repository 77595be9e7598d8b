/** @file A transposed convolution of stride 1 as an ordinary one with the kernel turned and its channel axes swapped. */
import type { Value } from "../types.js";
import { isDepthwise } from "./conv-depthwise.js";
import type { ConvGeometry, ConvTransposeGeometry } from "./conv-geometry.js";
import { Gather, Reshape, Transpose } from "./shape.js";

/** Kernel and geometry of the ordinary convolution that does the same. */
export interface FlippedConv {
  readonly kernel: Value;
  readonly options: ConvGeometry;
}

/**
 * The same result as `ConvTranspose` by `Conv`, or null where that is not possible (stride, groups of several channels) or
 * not faster: turning the kernel costs more than it gains when the kernel outweighs the feature map.
 */
export function flippedConv(
  x: Value,
  w: Value,
  { strides, pads, dilations, group, outputPadding }: ConvTransposeGeometry,
): FlippedConv | null {
  const [c, k, kh, kw] = w.shape as number[] as [number, number, number, number];
  const depthwise = k === 1 && isDepthwise(x, c, [kh, kw], group);
  if (strides.some((s) => s !== 1) || (group !== 1 && !depthwise)) return null;
  const [n, , h, wd] = x.shape;
  const area =
    typeof n === "number" && typeof h === "number" && typeof wd === "number" ? n * h * wd : Number.POSITIVE_INFINITY;
  if (area < 1024 && kh * kw > 1 && !depthwise) return null;
  const reach = [dilations[0] * (kh - 1), dilations[1] * (kw - 1)] as const;
  const around = [
    reach[0] - pads[0],
    reach[1] - pads[1],
    reach[0] - pads[2] + outputPadding[0],
    reach[1] - pads[3] + outputPadding[1],
  ] as const;
  if (around.some((p) => p < 0)) return null;
  const taps = kh * kw;
  const turned =
    taps === 1
      ? w
      : Reshape(
          Gather(
            Reshape(w, [c, k, taps]),
            w.graph.constant(
              BigInt64Array.from({ length: taps }, (_, i) => BigInt(taps - 1 - i)),
              [taps],
            ),
            2,
          ),
          [c, k, kh, kw],
        );
  return {
    kernel: depthwise ? turned : Transpose(turned, [1, 0, 2, 3]),
    options: { strides, pads: around, dilations, group },
  };
}
