/** @file How a kernel walks over a map, and the sizes that follow from it. */
import { add, type Dim, floorDiv, mul, sub } from "../dim.js";

/** How a kernel walks over a map: two numbers are (height, width), four are (top, left, bottom, right). */
export interface ConvGeometry {
  readonly [name: string]: readonly number[] | number;
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
  readonly group: number;
}

/** Size of the output along one axis: `floor((size + pads - dilation*(kernel-1) - 1) / stride) + 1`. */
export const convSize = (size: Dim, kernel: number, stride: number, pads: number, dilation: number): Dim =>
  add(floorDiv(sub(add(size, pads), dilation * (kernel - 1) + 1), stride), 1);

/** Size of the output of a transposed convolution along one axis: `(size-1)*stride - pads + dilation*(kernel-1) + 1 + outputPadding`. */
export const convTransposeSize = (
  size: Dim,
  kernel: number,
  stride: number,
  pads: number,
  dilation: number,
  outputPadding: number,
): Dim => add(mul(sub(size, 1), stride), dilation * (kernel - 1) + 1 + outputPadding - pads);

export interface ConvTransposeGeometry extends ConvGeometry {
  /** Rows and columns added at the bottom and right of the output, less than the stride. */
  readonly outputPadding: readonly [number, number];
}

export interface ConvKernelGradientGeometry extends ConvGeometry {
  /** Height and width of the kernel. */
  readonly kernel: readonly [number, number];
}
