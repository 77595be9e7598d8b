/** @file The loss of all that a network gives: auxiliary heads get the chosen loss, with its class weights, ignored pixels and weight map. */
import { describe, expect, it } from "vitest";
import { Graph, ReduceSum, type Value } from "../../src/graph/index.js";
import { buildLoss, type LossFunction } from "../../src/losses/index.js";
import type { NetworkOutputs } from "../../src/models/model.js";
import { architectures, chooseNetwork } from "../../src/models/registry.js";
import { NetworkState, Scope } from "../../src/nn/scope.js";
import { float32, int32 } from "../../src/runtime/tensor.js";
import { totalLoss } from "../../src/semi/total-loss.js";
import { Random } from "../../src/util/random.js";
import { evaluate } from "../evaluate.js";
import { small } from "../small-networks.js";

/** How many heads besides the logits each network of the zoo trains, where it trains any. */
const heads: { readonly [name: string]: number } = {
  "fcn-resnet": 1,
  deeplabv2: 2,
  deeplabv3: 1,
  "deeplabv3-torchvision": 1,
  pspnet: 1,
  "pspnet-zijundeng": 1,
  "pspnet-meetps": 1,
  icnet: 2,
  unetplusplus: 1,
};

const names = architectures.map(({ name }) => name);

/** What the loss is called with while a network is built for training. */
function callsOf(name: string): { outputs: NetworkOutputs; calls: Value[][] } {
  const { architecture, options } = chooseNetwork(name, small[name]);
  const [height, width] = [96, 128].map((side) => architecture.inputFor?.(side, options).input ?? side) as [
    number,
    number,
  ];
  const graph = new Graph();
  const image = graph.input("image", "float32", [2, 3, height, width]);
  const outputs = architecture.build(new Scope(new NetworkState(graph, "train")), image, 4, options);
  const calls: Value[][] = [];
  const loss: LossFunction = (logits, target, weights) => {
    calls.push([logits, target, weights!]);
    return ReduceSum(logits);
  };
  const map = (input: string, dtype: "int32" | "float32"): Value => graph.input(input, dtype, [2, height, width]);
  totalLoss(outputs, map("target", "int32"), loss, map("pixel weights", "float32"));
  return { outputs, calls };
}

describe("every network", () => {
  it.each(names)("%s trains each head by the loss, on maps of its size", (name) => {
    const { outputs, calls } = callsOf(name);
    expect(outputs.aux?.length ?? 0).toBe(heads[name] ?? 0);
    expect(calls.map(([logits]) => logits)).toEqual([
      outputs.logits,
      ...(outputs.aux ?? []).map((head) => head.logits),
    ]);
    for (const [logits, target, weights] of calls) {
      const [n, , h, w] = logits!.shape;
      expect(target!.shape).toEqual([n, h, w]);
      expect(weights!.shape).toEqual([n, h, w]);
    }
  });
});

it("heads and logits have the same class weights, ignored pixels and weight map, and each head its own weight", async () => {
  const random = new Random(1, "heads");
  const scores = (): Float32Array => Float32Array.from({ length: 2 * 3 * 4 }, () => random.between(-2, 2));
  const feeds = {
    main: float32(scores(), [1, 2, 3, 4]),
    head: float32(scores(), [1, 2, 3, 4]),
    target: int32([0, 1, 255, 0, 1, 1, 0, 255, 0, 0, 1, 0], [1, 3, 4]),
    map: float32(
      Array.from({ length: 12 }, (_, i) => i % 3),
      [1, 3, 4],
    ),
  };
  const loss = buildLoss({ name: "boundaryCrossEntropy", classWeights: [1, 3] }, "multiclass");
  const graph = new Graph();
  const [main, head] = ["main", "head"].map((name) => graph.input(name, "float32", [1, 2, 3, 4])) as [Value, Value];
  const target = graph.input("target", "int32", [1, 3, 4]);
  const map = graph.input("map", "float32", [1, 3, 4]);
  graph.output("total", totalLoss({ logits: main, aux: [{ logits: head, weight: 0.4 }] }, target, loss, map));
  graph.output("of main", loss(main, target, map));
  graph.output("of head", loss(head, target, map));
  const results = await evaluate(graph, feeds);
  const value = (name: string): number => results[name]!.data[0] as number;
  expect(value("total")).toBeCloseTo(value("of main") + 0.4 * value("of head"), 5);
});
