/** @file The machine's matrix-product ceiling: a 2048 x 2048 product by ONNX Runtime. Arguments: THREADS. */
import { Graph, MatMul, ReduceSum, writeModel } from "../src/graph/index.js";
import { encodeModel } from "../src/onnx/model.js";
import { Session } from "../src/runtime/session.js";
import { float32 } from "../src/runtime/tensor.js";
import { Random } from "../src/util/random.js";
import { printSample, timed } from "./measure.js";

const size = 2048;
const graph = new Graph();
const [a, b] = ["a", "b"].map((name) => graph.input(name, "float32", [size, size]));
// The sum keeps the copy of a 16 MB output out of the time.
graph.output("sum", ReduceSum(MatMul(a!, b!)));
const session = await Session.create(encodeModel(writeModel(graph, { target: "cpu" })), {
  threads: Number(process.argv[2] ?? 2),
});
const random = new Random(1, "ceiling");
const matrix = () =>
  float32(
    Float32Array.from({ length: size * size }, () => random.between(-1, 1)),
    [size, size],
  );
const feeds = { a: matrix(), b: matrix() };
printSample(await timed(12, 3, () => session.run(feeds)), 2 * size ** 3);
