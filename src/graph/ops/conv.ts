/**
 * @file Convolution and its two adjoints. The three form a closed set, so gradients of gradients need no fourth:
 *
 *     y  = Conv(x, w)                    dx = ConvTranspose(dy, w)     dw = ConvKernelGradient(x, dy)
 *     y  = ConvTranspose(x, w)           dx = Conv(dy, w)              dw = ConvKernelGradient(dy, x)
 *     dw = ConvKernelGradient(x, dy)     dx = ConvTranspose(dy, ddw)   d(dy) = Conv(x, ddw)
 */
import { type Dim, floorDiv, shapeText } from "../dim.js";
import type { OpSpec, TensorType, Value } from "../types.js";
import { convBlocked } from "./conv-blocked.js";
import { convByMatrices, convTransposeByMatrices } from "./conv-by-matrices.js";
import { convDepthwise, isDepthwise } from "./conv-depthwise.js";
import { flippedConv } from "./conv-flipped.js";
import {
  type ConvGeometry,
  type ConvKernelGradientGeometry,
  type ConvTransposeGeometry,
  convSize,
  convTransposeSize,
} from "./conv-geometry.js";
import { isPatchwise, kernelGradient, patches } from "./conv-kernel-gradient.js";
import { convLiveTaps, convTransposeLiveTaps } from "./conv-live-taps.js";
import { apply1, commonType, mismatch, rankOf } from "./define.js";
import { MatMul } from "./matrix.js";
import { Reshape } from "./shape.js";

const kernelSize = (w: TensorType): [number, number] => [w.shape[2] as number, w.shape[3] as number];

const outputSize = (x: TensorType, kernel: readonly number[], geometry: ConvGeometry, i: 0 | 1): Dim => {
  const { strides, pads, dilations } = geometry;
  return convSize(x.shape[i + 2]!, kernel[i]!, strides[i], pads[i] + pads[i + 2]!, dilations[i]);
};

const conv: OpSpec<ConvGeometry> = {
  infer: (inputs, geometry) => {
    const { group } = geometry;
    const [n, c, h, wd] = rankOf(inputs[0]!, 4, "an input [N, C, H, W]") as [Dim, number, Dim, Dim];
    const [k, cg, kh, kw] = rankOf(inputs[1]!, 4, "a kernel [K, C/group, kh, kw]") as [number, number, number, number];
    if (c !== cg * group || k % group !== 0)
      throw mismatch(
        `${cg * group} input channels (kernel ${shapeText(inputs[1]!.shape)}, group ${group})`,
        `${String(c)} channels`,
      );
    const [height, width] = ([0, 1] as const).map((i) => outputSize(inputs[0]!, [kh, kw], geometry, i)) as [Dim, Dim];
    for (const d of [height, width])
      if (typeof d === "number" && d < 1)
        throw mismatch(
          "a map at least as large as the kernel's reach",
          `a map of ${shapeText([h, wd])}`,
          "Use larger images or fewer downsampling stages.",
        );
    return [{ dtype: commonType(inputs), shape: [n, k, height, width] }];
  },
  emit: ({ strides, pads, dilations, group }, node) => ({
    attributes: { kernel_shape: kernelSize(node.inputs[1]!), strides, pads, dilations, group },
  }),
  lower: (inputs, geometry, target) => {
    const [x, w, b] = inputs as [Value, Value, Value?];
    if (target === "reference") return [convByMatrices(x, w, b, geometry)];
    const kernel = kernelSize(w);
    if (!b && isPatchwise(x, { ...geometry, kernel })) return [convPatches(x, w, kernel)];
    if (isDepthwise(x, w.shape[0] as number, kernel, geometry.group)) return [convDepthwise(x, w, b, geometry)];
    const sizes = [0, 1].map((i) => outputSize(x, kernel, geometry, i as 0 | 1)) as [number, number];
    const live = convLiveTaps(x, w, b, geometry, sizes);
    if (live) return [live];
    const blocked = target === "cpu" ? convBlocked(x, w, b, geometry) : null;
    return blocked && [blocked];
  },
};

/** A convolution whose windows tile the map: a matrix product over patches, which its kernel gradient shares. */
function convPatches(x: Value, w: Value, kernel: readonly [number, number]): Value {
  const [n, , h, wd] = x.shape as number[] as [number, number, number, number];
  const [k, c] = w.shape as number[] as [number, number];
  const product = MatMul(Reshape(w, [1, k, c * kernel[0] * kernel[1]]), patches(x, kernel));
  return Reshape(product, [n, k, h / kernel[0], wd / kernel[1]]);
}

const transposedSize = (x: TensorType, w: TensorType, geometry: ConvTransposeGeometry): [Dim, Dim] => {
  const { strides, pads, dilations, outputPadding } = geometry;
  const along = (i: 0 | 1): Dim =>
    convTransposeSize(
      x.shape[i + 2]!,
      kernelSize(w)[i],
      strides[i],
      pads[i] + pads[i + 2]!,
      dilations[i],
      outputPadding[i],
    );
  return [along(0), along(1)];
};

const convTranspose: OpSpec<ConvTransposeGeometry> = {
  infer: (inputs, geometry) => {
    const { group } = geometry;
    const [n, c] = rankOf(inputs[0]!, 4, "an input [N, C, H, W]") as [Dim, number];
    const [k, cg] = rankOf(inputs[1]!, 4, "a kernel [C, K/group, kh, kw]") as [number, number];
    if (c !== k) throw mismatch(`${k} input channels (kernel ${shapeText(inputs[1]!.shape)})`, `${c} channels`);
    const size = transposedSize(inputs[0]!, inputs[1]!, geometry);
    return [{ dtype: commonType(inputs), shape: [n, cg * group, ...size] }];
  },
  emit: ({ strides, pads, dilations, group, outputPadding }, node) => ({
    attributes: {
      kernel_shape: kernelSize(node.inputs[1]!),
      strides,
      pads,
      dilations,
      group,
      output_padding: outputPadding,
    },
  }),
  lower: (inputs, geometry, target) => {
    const [x, w, b] = inputs as [Value, Value, Value?];
    // ONNX Runtime refuses an output padding of a stride or more, which PyTorch allows below the dilation.
    const refused = geometry.outputPadding.some((p, i) => p >= geometry.strides[i]!);
    if (target === "reference" || refused) return [convTransposeByMatrices(x, w, b, geometry)];
    const live = b ? null : convTransposeLiveTaps(x, w, geometry, transposedSize(x, w, geometry) as [number, number]);
    if (live) return [live];
    const flipped = b ? null : flippedConv(x, w, geometry);
    return flipped && [Conv(x, flipped.kernel, null, flipped.options)];
  },
};

const convKernelGradient: OpSpec<ConvKernelGradientGeometry> = {
  infer: ([x, dy], { kernel, group }) => [
    { dtype: commonType([x!, dy!]), shape: [dy!.shape[1]!, floorDiv(x!.shape[1]!, group), kernel[0], kernel[1]] },
  ],
  lower: ([x, dy], geometry, target) => [kernelGradient(x!, dy!, geometry, target)],
};

export const convOps = {
  Conv: conv,
  ConvTranspose: convTranspose,
  ConvKernelGradient: convKernelGradient,
} satisfies Record<string, OpSpec>;

export interface ConvOptions {
  readonly strides?: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly pads?: readonly [number, number, number, number];
  readonly dilations?: readonly [number, number];
  readonly group?: number;
}

const geometry = ({
  strides = [1, 1],
  pads = [0, 0, 0, 0],
  dilations = [1, 1],
  group = 1,
}: ConvOptions): ConvGeometry => ({ strides, pads, dilations, group });

/** Cross-correlation of `x` [N, C, H, W] with kernels `w` [K, C/group, kh, kw], plus `b` [K]. */
export const Conv = (x: Value, w: Value, b: Value | null = null, options: ConvOptions = {}): Value =>
  apply1("Conv", conv, b ? [x, w, b] : [x, w], geometry(options));

/** The adjoint of `Conv` with respect to its input: `x` [N, C, H, W], kernels `w` [C, K/group, kh, kw], `b` [K]. */
export const ConvTranspose = (
  x: Value,
  w: Value,
  b: Value | null = null,
  { outputPadding = [0, 0], ...options }: ConvOptions & { readonly outputPadding?: readonly [number, number] } = {},
): Value => apply1("ConvTranspose", convTranspose, b ? [x, w, b] : [x, w], { ...geometry(options), outputPadding });

/** The adjoint of `Conv` with respect to its kernel: input `x` [N, C, H, W], output cotangent `dy` [N, K, Ho, Wo]. */
export const ConvKernelGradient = (
  x: Value,
  dy: Value,
  kernel: readonly [number, number],
  options: ConvOptions,
): Value => apply1("ConvKernelGradient", convKernelGradient, [x, dy], { ...geometry(options), kernel });
