/** @file A graph as text: one line a node, for reading, golden files and error messages. */
import { shapeText } from "./dim.js";
import { attributeText, type Graph, leafName } from "./graph.js";
import type { Node, TensorType, Value } from "./types.js";

export const typeText = (type: TensorType): string => `${type.dtype}${shapeText(type.shape)}`;

function constantText(value: Value): string {
  if (value.source.kind !== "constant") return "";
  const { data } = value.source;
  return data.length === 1
    ? String(data[0])
    : `${value.dtype}${shapeText(value.shape)}{${Array.from(data.slice(0, 4) as ArrayLike<number | bigint>).join(",")}${data.length > 4 ? ",..." : ""}}`;
}

/** Names of values in the text of a graph: leaves by their names, results numbered in order. */
function namer(graph: Graph): (value: Value | null) => string {
  const numbers = new Map<Value, number>();
  for (const node of graph.nodes) for (const output of node.outputs) numbers.set(output, numbers.size);
  return (value) => {
    if (!value) return "-";
    if (value.source.kind === "constant") return constantText(value);
    return leafName(value) ?? `%${numbers.get(value)}`;
  };
}

/** One node as text, e.g. `%4 = Conv(a, w) {strides=[2,2]} : float32[1,8,16,16]`. */
export function nodeText(node: Node, name: (value: Value | null) => string): string {
  const attributes = Object.entries(node.attributes).filter(([, value]) => value !== undefined);
  const texts = attributes.length
    ? ` {${attributes.map(([key, value]) => `${key}=${attributeText(value)}`).join(" ")}}`
    : "";
  return `${node.outputs.map(name).join(", ")} = ${node.op}(${node.inputs.map(name).join(", ")})${texts} : ${node.outputs.map(typeText).join(", ")}`;
}

/** The whole graph as text: leaves, nodes with the scope of their layer where it changes, outputs. */
export function printGraph(graph: Graph): string {
  const name = namer(graph);
  const lines = graph.leaves.map((leaf) => `${leaf.source.kind} ${leafName(leaf)}: ${typeText(leaf)}`);
  let scope = "";
  for (const node of graph.nodes) {
    if (node.scope !== scope) lines.push(`# ${node.scope}`);
    scope = node.scope;
    lines.push(nodeText(node, name));
  }
  for (const output of graph.outputs) lines.push(`output ${output.name} = ${name(output.value)}`);
  return lines.join("\n");
}
