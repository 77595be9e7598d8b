/** @file The loss that a fixture's train part describes in words. */
import { Add, Mul, Resize } from "../../src/graph/ops/index.js";
import type { Value } from "../../src/graph/types.js";
import { crossEntropy } from "../../src/losses/cross-entropy.js";

const meanCrossEntropy = crossEntropy.build({ ignoreIndex: 255 }, "multiclass");

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
    return [Mul(meanCrossEntropy(fitted, target), Number(weight))];
  });
  return terms.reduce((a, b) => Add(a, b));
}
