/** @file One forward pass of the plain U-Net's exported bundle, 12 classes. Arguments: THREADS BATCH SIZE WIDTH. */
import { countFlops, Graph, writeModel } from "../src/graph/index.js";
import { chooseNetwork } from "../src/models/registry.js";
import { initialize } from "../src/nn/initializers.js";
import { NetworkState, Scope } from "../src/nn/scope.js";
import { encodeModel } from "../src/onnx/model.js";
import { Session } from "../src/runtime/session.js";
import { float32 } from "../src/runtime/tensor.js";
import { Random } from "../src/util/random.js";
import { printSample, timed } from "./measure.js";

const [threads, batch, size, width] = process.argv.slice(2).map(Number) as [number, number, number, number];
const { architecture, options } = chooseNetwork("unet", { width, upBias: false, headBias: false });
const graph = new Graph();
const input = graph.input("image", "float32", [batch, 3, size, size]);
const state = new NetworkState(graph, "eval");
graph.output("logits", architecture.build(new Scope(state), input, 12, options).logits);
const model = encodeModel(writeModel(graph, { target: "portable", initializers: initialize(state.specs.values(), 1) }));
const session = await Session.create(model, { threads, optimize: "all" });
const random = new Random(1, "image");
const image = float32(
  Float32Array.from({ length: batch * 3 * size * size }, () => random.between(-1, 1)),
  [batch, 3, size, size],
);
printSample(await timed(12, 3, () => session.run({ image })), countFlops(graph));
