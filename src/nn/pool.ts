/** @file Pooling layers. */
import { MaxPool } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { type Pair, pair } from "./conv.js";
import type { Scope } from "./scope.js";

export interface Pool2dOptions {
  readonly kernel: Pair;
  /** Step of the window; the kernel's size when left out. */
  readonly stride?: Pair;
  /** Rows and columns around the map on each side. */
  readonly padding?: Pair;
  /** Whether a last window that is only partly inside counts. */
  readonly ceilMode?: boolean;
}

/** Largest element of each window: [N, C, H, W] to [N, C, H', W']. */
export function maxPool2d(
  scope: Scope,
  x: Value,
  { kernel, stride = kernel, padding = 0, ceilMode = false }: Pool2dOptions,
): Value {
  const [top, left] = pair(padding);
  return scope.run(() => MaxPool(x, pair(kernel), { strides: pair(stride), pads: [top, left, top, left], ceilMode }));
}
