/** @file The backward pass: walks the graph from the loss to the parameters and appends the gradient of each node. */
import { GraphError } from "../errors/index.js";
import { neededNodes } from "../graph/lower.js";
import { Add, Expand, type OpName } from "../graph/ops/index.js";
import type { Node, Value } from "../graph/types.js";
import { rules } from "./rules/index.js";

/** Nodes of `nodes` whose result depends on one of the values. */
function dependentNodes(nodes: readonly Node[], values: readonly Value[]): Set<Node> {
  const reached = new Set<Value>(values);
  const dependent = new Set<Node>();
  for (const node of nodes) {
    if (!node.inputs.some((input) => input && reached.has(input))) continue;
    dependent.add(node);
    for (const output of node.outputs) reached.add(output);
  }
  return dependent;
}

/**
 * Gradients of `loss` with respect to each of `wrt`, appended to the graph; null where the loss does not depend on one.
 *
 * `cotangent` weighs the elements of the loss; without it the loss must be a single number.
 *
 * @throws GraphError when the loss has more than one element and no cotangent is given.
 */
export function gradients(loss: Value, wrt: readonly Value[], cotangent?: Value): (Value | null)[] {
  const { graph } = loss;
  if (!cotangent && loss.shape.some((d) => d !== 1))
    throw new GraphError({
      expected: "a loss of one number",
      found: `a loss of shape [${loss.shape}]`,
      next: "Reduce it by a sum or mean first.",
    });
  const needed = neededNodes([loss]);
  const nodes = graph.nodes.filter((node) => needed.has(node));
  const dependent = dependentNodes(nodes, wrt);
  const cotangents = new Map<Value, Value>([[loss, cotangent ?? Expand(graph.scalar(1, loss.dtype), loss.shape)]]);
  for (const node of nodes.reverse()) {
    const dys = node.outputs.map((output) => cotangents.get(output) ?? null);
    const dy = dys[0] ?? dys.find((d) => d !== null);
    if (!dependent.has(node) || !dy) continue;
    const rule = rules[node.op as OpName];
    if (typeof rule !== "function") continue;
    const x = node.inputs.filter((input) => input !== null);
    const results = graph.inScope(`${node.scope}'`, () =>
      rule({ x, y: node.outputs, dy, dys, attributes: node.attributes }),
    );
    if (results.length !== x.length)
      throw new GraphError({
        expected: `${x.length} gradients from the rule of ${node.op}`,
        found: String(results.length),
      });
    for (const [i, dx] of results.entries()) {
      if (!dx) continue;
      const before = cotangents.get(x[i]!);
      cotangents.set(x[i]!, before ? Add(before, dx) : dx);
    }
  }
  return wrt.map((value) => cotangents.get(value) ?? null);
}
