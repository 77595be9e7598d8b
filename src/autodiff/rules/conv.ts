/** @file Gradients of convolutions; see graph/ops/conv.ts for the closed set they form. */
import {
  Conv,
  type ConvGeometry,
  ConvKernelGradient,
  ConvTranspose,
  type convOps,
  convTransposeSize,
  ReduceSum,
  Slice,
} from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import type { RulesFor } from "../rule.js";

const biasGradient = (dy: Value): Value => ReduceSum(dy, { axes: [0, 2, 3] });

/** `ConvTranspose` to the exact size of `target`: a strided convolution may have left rows or columns at the end unread. */
function convTransposeTo(dy: Value, w: Value, target: Value, { strides, pads, dilations, group }: ConvGeometry): Value {
  const outputPadding = [0, 1].map((axis) => {
    const around = pads[axis]! + pads[axis + 2]!;
    const reached = convTransposeSize(
      dy.shape[axis + 2]!,
      w.shape[axis + 2] as number,
      strides[axis]!,
      around,
      dilations[axis]!,
      0,
    );
    return (target.shape[axis + 2] as number) - (reached as number);
  }) as [number, number];
  return ConvTranspose(dy, w, null, { strides, pads, dilations, group, outputPadding });
}

const kernelOf = (w: Value): [number, number] => [w.shape[2] as number, w.shape[3] as number];

export const convRules: RulesFor<typeof convOps> = {
  Conv: ({ x: [x, w, b], dy, attributes }) => [
    convTransposeTo(dy, w!, x!, attributes),
    ConvKernelGradient(x!, dy, kernelOf(w!), attributes),
    ...(b ? [biasGradient(dy)] : []),
  ],
  ConvTranspose: ({ x: [x, w, b], dy, attributes }) => [
    // With an output padding of a stride or more the convolution sees more places than there were inputs.
    Slice(Conv(dy, w!, null, attributes), [2, 3], [0, 0], [x!.shape[2]!, x!.shape[3]!]),
    ConvKernelGradient(dy, x!, kernelOf(w!), attributes),
    ...(b ? [biasGradient(dy)] : []),
  ],
  // dw is linear in x and in dy, so its cotangent acts as a kernel.
  ConvKernelGradient: ({ x: [x, cotangent], dy, attributes }) => [
    convTransposeTo(cotangent!, dy, x!, attributes),
    Conv(x!, dy, null, attributes),
  ],
};
