/** @file 01: a graph of operators, its gradient as more operators, and a run of both. */
import { gradients } from "segkit/autodiff";
import { Graph, Mul, printGraph, ReduceSum, Sin, writeModel } from "segkit/graph";
import { encodeModel } from "segkit/onnx";
import { float32, Session } from "segkit/runtime";

// Calling an operator appends a node to the graph of its inputs; nothing is computed yet.
const graph = new Graph();
const x = graph.input("x", "float32", [3]);
const y = ReduceSum(Mul(x, Sin(x)));

// The gradient is more nodes of the same graph: d/dx (x sin x) = sin x + x cos x.
const [dx] = gradients(y, [x]);
graph.output("y", y);
graph.output("dx", dx!);
console.log(printGraph(graph));

// An ordinary ONNX model comes out; any ONNX Runtime runs it.
const session = await Session.create(encodeModel(writeModel(graph, { target: "portable" })));
const result = await session.run({ x: float32([0, 1, 2], [3]) });
await session.release();

const slope = result.dx!.data as Float32Array;
console.log(`derivative at 2: ${slope[2]!.toFixed(6)}`);
