/** @file Counting the arithmetic of a graph: two operations for each multiply-add of convolutions and matrix products. */

import type { Graph } from "./graph.js";
import { neededNodes } from "./lower.js";
import type { Node, Value } from "./types.js";

const elements = (value: Value): number => value.shape.reduce<number>((p, d) => p * (d as number), 1);

/** Inputs that one element of the output sums over. */
const innerSizes: { readonly [op: string]: (node: Node) => number } = {
  Conv: ({ inputs: [, w] }) => elements(w!) / (w!.shape[0] as number),
  // Each input element meets every element of its channel's kernels.
  ConvTranspose: ({ inputs: [x, w], outputs: [y] }) =>
    (elements(x!) * (elements(w!) / (w!.shape[0] as number))) / elements(y!),
  ConvKernelGradient: ({ inputs: [, dy] }) => elements(dy!) / (dy!.shape[1] as number),
  MatMul: ({ inputs: [a], attributes: { transA } }) => a!.shape.at(transA ? -2 : -1) as number,
};

/** Floating point operations of a graph with known sizes, not counting element-wise work. */
export function countFlops(graph: Graph): number {
  const needed = neededNodes(graph.outputs.map(({ value }) => value));
  let flops = 0;
  for (const node of graph.nodes) {
    const inner = innerSizes[node.op];
    if (inner && needed.has(node)) flops += 2 * inner(node) * elements(node.outputs[0]!);
  }
  return flops;
}
