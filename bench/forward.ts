/** @file One forward pass of a network as it is exported, at a known size. */
import { countFlops, Graph, writeModel } from "../src/graph/index.js";
import { initialize } from "../src/nn/initializers.js";
import { NetworkState, Scope } from "../src/nn/scope.js";
import { encodeModel } from "../src/onnx/model.js";
import { Session } from "../src/runtime/session.js";
import { float32 } from "../src/runtime/tensor.js";
import { printSample, timed } from "./measure.js";
import { imagesFor, networkOfArguments } from "./network.js";

const network = networkOfArguments();
const { architecture, options, batch, size, numClasses, threads } = network;
const graph = new Graph();
const input = graph.input("image", "float32", [batch, 3, size, size]);
const state = new NetworkState(graph, "eval");
graph.output("logits", architecture.build(new Scope(state), input, numClasses, options).logits);
const started = performance.now();
const model = encodeModel(writeModel(graph, { target: "portable", initializers: initialize(state.specs.values(), 1) }));
const session = await Session.create(model, { threads, optimize: "all" });
const readyMs = performance.now() - started;
const image = float32(imagesFor(network), [batch, 3, size, size]);
printSample(await timed(12, 3, () => session.run({ image })), countFlops(graph), {
  readyMs,
  nodes: graph.nodes.length,
});
