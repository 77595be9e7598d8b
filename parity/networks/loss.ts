/** @file The loss that a fixture's train part describes in words. */
import {
  Add,
  Cast,
  Div,
  Equal,
  GatherElements,
  LogSoftmax,
  Mul,
  Neg,
  Not,
  ReduceSum,
  Resize,
  Unsqueeze,
  Where,
} from "../../src/graph/ops/index.js";
import type { Value } from "../../src/graph/types.js";

const ignored = 255;

/** Mean over the labelled elements of `-log softmax(logits)[target]`; logits [N, C, ...], target int32 [N, ...]. */
function crossEntropy(logits: Value, target: Value): Value {
  const labelled = Not(Equal(target, ignored));
  const label = Cast(Where(labelled, target, 0), "int64");
  const chosen = GatherElements(LogSoftmax(logits, 1), Unsqueeze(label, [1]), 1);
  const weight = Unsqueeze(Cast(labelled, "float32"), [1]);
  return Div(Neg(ReduceSum(Mul(chosen, weight))), ReduceSum(weight));
}

/**
 * The loss of named outputs. Understands sums such as `CE(out) + 0.4*CE(aux1)`, whose terms count "as far as present", and
 * plain sentences, which mean the cross entropy of `out`; the negative log-likelihood of log-probabilities is their cross
 * entropy too. Outputs of another size than the target are stretched bilinearly.
 */
export function fixtureLoss(lossIs: string, outputs: { readonly [name: string]: Value }, target: Value): Value {
  const alignCorners = lossIs.includes("align_corners=True");
  const sum = [...lossIs.matchAll(/(?:([\d.]+)\*)?CE\((\w+)\)/g)].map(([, weight = "1", name]) => ({
    weight,
    name: name!,
  }));
  const terms = (sum.length > 0 ? sum : [{ weight: "1", name: "out" }]).flatMap(({ weight, name }) => {
    const logits = outputs[name];
    if (!logits) return [];
    const size = target.shape.slice(1) as [number, number];
    const fitted = size.length === 2 ? Resize(logits, size, "bilinear", alignCorners) : logits;
    return [Mul(crossEntropy(fitted, target), Number(weight))];
  });
  return terms.reduce((a, b) => Add(a, b));
}
