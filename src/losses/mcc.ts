/** @file Matthews correlation loss: one minus the correlation of soft prediction and label. Abhishek, Hamarneh, https://arxiv.org/abs/2010.13454 */
import { z } from "zod";
import { Add, Div, Mul, Sqrt, Sub } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { fromLogits, ignoreIndex, lossKind } from "./loss.js";
import { labelsOf, probabilitiesOf, total } from "./targets.js";

const shape = {
  /** Added to each of the four counts. */
  eps: z.number().positive().default(1e-5),
  fromLogits,
  ignoreIndex,
};

/**
 * `1 - (tp tn - fp fn) / sqrt((tp+fp)(tp+fn)(tn+fp)(tn+fn))` with soft counts over the batch; between 0 (perfect) and 2.
 *
 * Each count is a sum of its own: taken as differences of areas, a count near 0 could come out negative under the root.
 */
export const mcc = lossKind(
  "mcc",
  { tasks: ["binary"], shape },
  (logits, target, { eps, fromLogits, ignoreIndex }, task) => {
    const { labels: y, counted } = labelsOf(logits, target, task, ignoreIndex);
    const p = Mul(fromLogits ? probabilitiesOf(logits, task) : logits, counted);
    const count = (a: Value, b: Value): Value => Add(total(Mul(a, b)), eps);
    const [notY, notP] = [Sub(counted, y), Sub(counted, p)];
    const [tp, fp, fn, tn] = [count(p, y), count(p, notY), count(notP, y), count(notP, notY)];
    // The root in two halves: the product of four counts of a large batch nears the end of float32's range.
    const root = Mul(Sqrt(Mul(Add(tp, fp), Add(tp, fn))), Sqrt(Mul(Add(tn, fp), Add(tn, fn))));
    return Sub(1, Div(Sub(Mul(tp, tn), Mul(fp, fn)), root));
  },
);
