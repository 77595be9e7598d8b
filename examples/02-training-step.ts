/** @file 02: a training step by hand: network, loss, gradients and update in one graph, run step by step. */
import { gradients } from "segkit/autodiff";
import { Graph, writeModel } from "segkit/graph";
import { buildLoss } from "segkit/losses";
import { conv2d, convNormRelu, initialize, NetworkState, Scope } from "segkit/nn";
import { encodeModel } from "segkit/onnx";
import { buildOptimizer, updateParameters } from "segkit/optim";
import { float32, int32, Session, type Tensor } from "segkit/runtime";

// A network is a function of a scope, which gives its parameters names, and a symbolic tensor.
const graph = new Graph();
const state = new NetworkState(graph, "train");
const scope = new Scope(state);
const image = graph.input("image", "float32", [1, 1, 8, 8]);
const target = graph.input("target", "int32", [1, 8, 8]);
const features = convNormRelu(scope.at("block"), image, { outChannels: 8 });
const logits = conv2d(scope.at("head"), features, { outChannels: 2, kernel: 1 });

// Loss, backward pass and update are appended to the same graph.
const loss = buildLoss({ name: "crossEntropy" }, "multiclass")(logits, target);
const parameters = [...state.specs.values()].filter(({ kind }) => kind === "parameter");
const slopes = gradients(
  loss,
  parameters.map(({ value }) => value),
);
const { updates } = updateParameters(
  graph,
  parameters.map(({ name, value }, i) => ({ name, parameter: value, gradient: slopes[i]! })),
  {
    optimizer: buildOptimizer({ name: "sgd" }),
    learningRate: graph.input("learning rate", "float32", []),
    step: graph.input("step", "float32", []),
  },
);
graph.output("loss", loss);
for (const { name, next } of updates) graph.output(name.concat(" next"), next);
for (const [name, next] of state.updates) graph.output(name.concat(" next"), next);

// The task: which pixels lie right of the middle? The column number alone tells.
const columns = Array.from({ length: 64 }, (_, i) => i % 8);
const feeds = {
  image: float32(columns, [1, 1, 8, 8]),
  target: int32(
    columns.map((c) => Number(c > 3)),
    [1, 8, 8],
  ),
  "learning rate": float32([0.5], []),
};
const session = await Session.create(encodeModel(writeModel(graph, { target: "cpu" })), { threads: 1 });
const values: { [name: string]: Tensor } = {};
for (const [name, data] of initialize(state.specs.values(), 1))
  values[name] = float32(data, state.specs.get(name)!.shape);
let last = Number.NaN;
for (let step = 1; step <= 40; step++) {
  const result = await session.run({ ...feeds, ...values, step: float32([step], []) });
  for (const name of Object.keys(values)) values[name] = result[`${name} next`]!;
  last = result.loss!.data[0] as number;
  if (step === 1) console.log(`loss at the start: ${last.toFixed(4)}`);
}
await session.release();
console.log(`loss after 40 steps: ${last.toFixed(4)}`);
