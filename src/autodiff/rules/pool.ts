/** @file Gradients of pooling; see graph/ops/pool.ts for the closed set that the three max operators form. */
import { MaxPoolGather, MaxUnpool, type poolOps } from "../../graph/ops/index.js";
import type { RulesFor } from "../rule.js";

// The places of the maxima are piecewise constant in x, so only values have a gradient.
export const poolRules: RulesFor<typeof poolOps> = {
  MaxPool: ({ x: [x], dy, attributes }) => [MaxUnpool(x!, dy, attributes.kernel, attributes)],
  MaxUnpool: ({ x: [x], dy, attributes }) => [null, MaxPoolGather(x!, dy, attributes.kernel, attributes)],
  MaxPoolGather: ({ x: [x, u], dy, attributes }) => [
    null,
    u!.dtype.startsWith("float") ? MaxUnpool(x!, dy, attributes.kernel, attributes) : null,
  ],
};
