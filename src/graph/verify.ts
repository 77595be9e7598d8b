/** @file Checks that a graph keeps its own rules; run after build, backward pass and optimizer. */
import { GraphError } from "../errors/index.js";
import { compatible } from "./dim.js";
import { type Graph, leafName } from "./graph.js";
import { nodeText, typeText } from "./print.js";
import type { Node, TensorType, Value } from "./types.js";

const plain = (value: Value | null): string => (value ? (leafName(value) ?? `%${value.id}`) : "-");

const fits = (a: TensorType, b: TensorType): boolean =>
  a.dtype === b.dtype && a.shape.length === b.shape.length && a.shape.every((d, i) => compatible(d, b.shape[i]!));

/**
 * Checks types and shapes of every node against its operator's rule, the order of nodes, and the outputs.
 *
 * @throws GraphError that shows the node as text and names the layer that made it.
 */
export function verify(graph: Graph): void {
  const made = new Set<Value>(graph.leaves);
  const complain = (node: Node, expected: string, found: string): never => {
    throw new GraphError({ expected, found: `${node.scope || "graph"}: ${nodeText(node, plain)} ${found}` });
  };
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      if (!input) continue;
      if (input.graph !== graph) complain(node, "inputs of the same graph", "uses a value of another graph");
      if (input.source.kind !== "constant" && !made.has(input))
        complain(node, "inputs made by earlier nodes", `uses ${plain(input)} before it is made`);
    }
    const types = node.spec.infer(node.inputs, node.attributes);
    if (types.length !== node.outputs.length) complain(node, `${types.length} outputs`, `has ${node.outputs.length}`);
    for (const [i, output] of node.outputs.entries()) {
      if (made.has(output)) complain(node, "one writer for each value", `writes ${plain(output)} again`);
      if (!fits(types[i]!, output))
        complain(node, `output ${i} of ${typeText(types[i]!)}`, `declares ${typeText(output)}`);
      made.add(output);
    }
  }
  for (const { name, value } of graph.outputs)
    if (value.source.kind !== "constant" && !made.has(value))
      throw new GraphError({ expected: "an output that a node makes", found: `output ${name} is never made` });
}
