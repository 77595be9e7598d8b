/** @file Rprop: steps by the sign of the gradient alone; for whole-set gradients, not for batches. Riedmiller, Braun, https://doi.org/10.1109/ICNN.1993.298623 */
import { z } from "zod";
import { Cast, Div, Greater, Less, Max, Min, Mul, Sub, Where } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { optimizerKind, withWeightDecay } from "./optimizer.js";

const sign = (x: Value): Value => Sub(Cast(Greater(x, 0), x.dtype), Cast(Less(x, 0), x.dtype));

/**
 * Each element's step grows by `grow` where the gradient keeps its sign, and shrinks by `shrink` (waiting one step) where it
 * changes; within `smallest` and `largest`. Steps start at the learning rate, and scale with it.
 */
export const rprop = optimizerKind(
  "rprop",
  {
    shrink: z.number().positive().lt(1).default(0.5),
    grow: z.number().gt(1).default(1.2),
    smallest: z.number().min(0).default(1e-6),
    largest: z.number().positive().default(50),
  },
  ({ shrink, grow, smallest, largest }) => ({
    // In units of the learning rate, so that the slot's start needs no rate.
    slots: { previous: 0, size: 1 },
    update: ({ parameter, gradient, slots, learningRate, weightDecay }) => {
      const g = withWeightDecay(gradient, parameter, weightDecay);
      const agreement = Mul(g, slots.previous!);
      const turned = Less(agreement, 0);
      const factor = (value: number) => g.graph.scalar(value, g.dtype);
      const wanted = Mul(slots.size!, Where(turned, factor(shrink), Where(Greater(agreement, 0), factor(grow), 1)));
      const size = Max(Min(wanted, Div(largest, learningRate)), Div(smallest, learningRate));
      const previous = Where(turned, 0, g);
      return { parameter: Sub(parameter, Mul(Mul(sign(previous), size), learningRate)), slots: { previous, size } };
    },
  }),
);
