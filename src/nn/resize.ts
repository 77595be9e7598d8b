/** @file Resizing maps as nodes of a scope. */
import type { Dim } from "../graph/dim.js";
import { Resize, ResizeByFactor, type ResizeMode } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { type Pair, pair } from "./conv.js";
import type { Scope } from "./scope.js";

export interface ResizeLayerOptions {
  readonly mode: ResizeMode;
  /** Whether the centres of the corner elements stay in place; the outer edges do by default. */
  readonly alignCorners?: boolean;
}

/** `x` [N, C, H, W] in the given height and width. */
export const resizeTo = (
  scope: Scope,
  x: Value,
  size: readonly [Dim, Dim],
  { mode, alignCorners = false }: ResizeLayerOptions,
): Value => scope.run(() => Resize(x, size, mode, alignCorners));

/** `x` [N, C, H, W] in the height and width of another map. */
export const resizeLike = (scope: Scope, x: Value, like: Value, options: ResizeLayerOptions): Value =>
  resizeTo(scope, x, like.shape.slice(2) as [Dim, Dim], options);

/** `x` [N, C, H, W] enlarged by factors of height and width. */
export const resizeBy = (
  scope: Scope,
  x: Value,
  factor: Pair,
  { mode, alignCorners = false }: ResizeLayerOptions,
): Value => scope.run(() => ResizeByFactor(x, pair(factor), mode, alignCorners));
