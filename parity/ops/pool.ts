/** @file Builders of the pooling fixtures. */
import {
  AdaptiveAveragePool,
  AdaptiveMaxPool,
  AdaptiveMaxPoolIndices,
  AveragePool,
  MaxPool,
  MaxPoolIndices,
  MaxUnpool,
  MaxUnpoolAt,
} from "../../src/graph/index.js";
import { pair } from "./pair.js";
import type { FixtureAttributes, OpTable } from "./run.js";

const window = ({ kernel, stride, padding = 0, dilation = 1, ceil_mode = false }: FixtureAttributes) => {
  const [top, left] = pair(padding);
  return {
    kernel: pair(kernel),
    options: {
      strides: pair(stride ?? kernel),
      pads: [top, left, top, left] as const,
      dilations: pair(dilation),
      ceilMode: ceil_mode,
    },
  };
};

export const poolCases: OpTable = {
  max_pool2d: ({ x }, attrs) => {
    const { kernel, options } = window(attrs);
    return { out: MaxPool(x!, kernel, options), indices: MaxPoolIndices(x!, kernel, options) };
  },
  avg_pool2d: ({ x }, attrs) => {
    const { kernel, options } = window(attrs);
    const divisor = attrs.divisor_override ?? undefined;
    return { out: AveragePool(x!, kernel, { ...options, countIncludePad: attrs.count_include_pad, divisor }) };
  },
  adaptive_avg_pool2d: ({ x }, { output }) => ({ out: AdaptiveAveragePool(x!, pair(output)) }),
  adaptive_max_pool2d: ({ x }, { output }) => ({
    out: AdaptiveMaxPool(x!, pair(output)),
    indices: AdaptiveMaxPoolIndices(x!, pair(output)),
  }),
  // The odd output size is that of the map that was pooled.
  "max_unpool2d(max_pool2d(x))": ({ x }, attrs) => {
    const { kernel, options } = window(attrs);
    return { out: MaxUnpool(x!, MaxPool(x!, kernel, options), kernel, options) };
  },
  max_unpool2d: ({ v, idx }, { kernel, stride }) => {
    const [rows, columns] = [v!.shape[2] as number, v!.shape[3] as number];
    const size = [(rows - 1) * stride + kernel, (columns - 1) * stride + kernel] as const;
    return { out: MaxUnpoolAt(v!, idx!, size) };
  },
};
