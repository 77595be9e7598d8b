/** @file Leaky units that learn their slope (He et al. 2015, https://arxiv.org/abs/1502.01852). */
import { PRelu } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { constant } from "./initializers.js";
import type { Scope } from "./scope.js";

/** `max(x, 0) + weight * min(x, 0)` with one slope `weight` [1] for all channels, 0.25 at first as in PyTorch. */
export function prelu(scope: Scope, x: Value): Value {
  const slope = scope.parameter("weight", [1], constant(0.25));
  return scope.run(() => PRelu(x, slope));
}
