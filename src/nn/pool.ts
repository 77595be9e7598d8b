/** @file Pooling layers. */
import { AveragePool, MaxPool } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { type Pair, pair } from "./conv.js";
import type { Scope } from "./scope.js";

export interface Pool2dOptions {
  readonly kernel: Pair;
  /** Step of the window; the kernel's size when left out. */
  readonly stride?: Pair;
  /** Rows and columns around the map on each side. */
  readonly padding?: Pair;
  /** Distance between the elements that a window sees. */
  readonly dilation?: Pair;
  /** Whether a last window that is only partly inside counts. */
  readonly ceilMode?: boolean;
}

const geometry = ({ kernel, stride = kernel, padding = 0, dilation = 1, ceilMode = false }: Pool2dOptions) => {
  const [top, left] = pair(padding);
  return { strides: pair(stride), pads: [top, left, top, left], dilations: pair(dilation), ceilMode } as const;
};

/** Largest element of each window: [N, C, H, W] to [N, C, H', W']. */
export const maxPool2d = (scope: Scope, x: Value, options: Pool2dOptions): Value =>
  scope.run(() => MaxPool(x, pair(options.kernel), geometry(options)));

/** Mean of each window, in which padding counts as zeros: [N, C, H, W] to [N, C, H', W']. */
export const averagePool2d = (scope: Scope, x: Value, options: Pool2dOptions): Value =>
  scope.run(() => AveragePool(x, pair(options.kernel), geometry(options)));
