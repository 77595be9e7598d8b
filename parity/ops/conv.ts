/** @file Builders of the convolution fixtures. */
import { Conv, ConvTranspose, DeformConv } from "../../src/graph/index.js";
import { pair } from "./pair.js";
import type { FixtureAttributes, OpTable } from "./run.js";

const walk = ({ stride, padding, dilation, groups = 1 }: FixtureAttributes) => {
  const [top, left] = pair(padding);
  return { strides: pair(stride), pads: [top, left, top, left] as const, dilations: pair(dilation), group: groups };
};

export const convCases: OpTable = {
  conv2d: ({ x, w, b }, attrs) => ({ out: Conv(x!, w!, b ?? null, walk(attrs)) }),
  conv_transpose2d: ({ x, w, b }, attrs) => ({
    out: ConvTranspose(x!, w!, b ?? null, { ...walk(attrs), outputPadding: pair(attrs.output_padding) }),
  }),
  deform_conv2d: ({ x, w, offset, b, mask }, attrs) => ({
    out: DeformConv(x!, w!, offset!, b ?? null, { ...walk(attrs), ...(mask ? { mask } : {}) }),
  }),
};
