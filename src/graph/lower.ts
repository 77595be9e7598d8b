/** @file Lowering: the graph again with only operators that ONNX Runtime has, without what no output needs. */
import { GraphError } from "../errors/index.js";
import { Graph, leafName } from "./graph.js";
import type { Node, Target, Value } from "./types.js";

/** The nodes that the given values depend on. */
export function neededNodes(values: readonly Value[]): Set<Node> {
  const needed = new Set<Node>();
  const stack = [...values];
  while (stack.length > 0) {
    const { source } = stack.pop()!;
    if (source.kind !== "node" || needed.has(source.node)) continue;
    needed.add(source.node);
    for (const input of source.node.inputs) if (input) stack.push(input);
  }
  return needed;
}

/**
 * Replays a graph for a target: composite operators become what they are made of, equal nodes become one, and nodes that
 * no output depends on are left out. Leaves and outputs keep their names and order.
 */
export function lower(graph: Graph, target: Target, channelBlock = 0): Graph {
  const lowered = new Graph({ target, channelBlock });
  const needed = neededNodes(graph.outputs.map((output) => output.value));
  const values = new Map<Value, Value>();
  for (const leaf of graph.leaves) {
    const name = leafName(leaf)!;
    const { kind } = leaf.source;
    values.set(
      leaf,
      kind === "input"
        ? lowered.input(name, leaf.dtype, leaf.shape)
        : kind === "parameter"
          ? lowered.parameter(name, leaf.shape, leaf.dtype)
          : lowered.buffer(name, leaf.shape, leaf.dtype),
    );
  }
  const image = (value: Value): Value => {
    const known = values.get(value);
    if (known) return known;
    if (value.source.kind !== "constant")
      throw new GraphError({ expected: "nodes in order of their inputs", found: "a value used before it is made" });
    const copy = lowered.constant(value.source.data, value.shape as number[], value.dtype);
    values.set(value, copy);
    return copy;
  };
  for (const node of graph.nodes) {
    if (!needed.has(node)) continue;
    const inputs = node.inputs.map((input) => input && image(input));
    const outputs = lowered.inScope(node.scope, () => lowered.append(node.op, node.spec, inputs, node.attributes));
    for (const [i, output] of node.outputs.entries()) values.set(output, outputs[i]!);
  }
  for (const { name, value } of graph.outputs) lowered.output(name, image(value));
  return lowered;
}
