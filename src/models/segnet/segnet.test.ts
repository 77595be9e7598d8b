import { describe, expect, it } from "vitest";
import { Graph, shapeText } from "../../graph/index.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import { elementCount } from "../../runtime/tensor.js";
import { chooseNetwork } from "../registry.js";

function build(name: string, options: { [name: string]: unknown }, image: readonly number[], numClasses: number) {
  const choice = chooseNetwork(name, options);
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const input = graph.input("image", "float32", image);
  const { logits } = choice.architecture.build(new Scope(state), input, numClasses, choice.options);
  const parameters = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
  return { graph, state, logits, count: parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0) };
}

describe("numbers of parameters for 11 classes", () => {
  it("SegNet has the published 29,449,355, and 2 more a class where the logits are normalised", () => {
    expect(build("segnet", {}, [1, 3, 32, 32], 11).count).toBe(29_449_355);
    expect(build("segnet", { lastNorm: true }, [1, 3, 32, 32], 11).count).toBe(29_449_355 + 22);
  });

  it("SegNet-Basic has the published 1,416,587", () => {
    expect(build("segnet-basic", {}, [1, 3, 32, 32], 11).count).toBe(1_416_587);
  });
});

it("SegNet-Basic has ReLU on the way down only", () => {
  const { graph } = build("segnet-basic", { width: 2 }, [1, 3, 32, 32], 2);
  const active = graph.nodes.filter(({ op }) => op === "Relu").map(({ scope }) => scope);
  expect(active).toEqual(["conv1", "conv2", "conv3", "conv4"]);
  expect(graph.nodes.filter(({ op }) => op === "BatchNormalization").length).toBe(8);
});

describe("odd sizes", () => {
  const pooledShapes = (name: string, options: object): string[] => {
    const { graph, logits } = build(name, { width: 2, ...options }, [1, 3, 360, 45], 2);
    expect(logits.shape).toEqual([1, 2, 360, 45]);
    const pools = graph.nodes.filter(({ op }) => op === "MaxPool");
    const unpools = graph.nodes.filter(({ op }) => op === "MaxUnpool");
    // Each unpooling reads the map that was pooled, and gives its size.
    expect(unpools.map(({ inputs }) => inputs[0])).toEqual(pools.map(({ inputs }) => inputs[0]).reverse());
    return pools.map(({ outputs }) => shapeText(outputs[0]!.shape.slice(2)));
  };

  it("poolings round up as in Caffe: 45 becomes 23", () => {
    expect(pooledShapes("segnet-basic", {})).toEqual(["[180,23]", "[90,12]", "[45,6]", "[23,3]"]);
    expect(pooledShapes("segnet", {}).at(-1)).toBe("[12,2]");
  });

  it("or down as in PyTorch", () => {
    expect(pooledShapes("segnet", { ceilMode: false })).toEqual(["[180,22]", "[90,11]", "[45,5]", "[22,2]", "[11,1]"]);
  });

  it("images of one pixel are enough", () => {
    expect(build("segnet", { width: 2 }, [1, 3, 1, 5], 2).logits.shape).toEqual([1, 2, 1, 5]);
    expect(build("segnet-zijundeng", { width: 2 }, [1, 3, 1, 5], 2).logits.shape).toEqual([1, 2, 1, 5]);
  });
});

it("the repeated convolution of a decoder stage of segnet-zijundeng is one layer, whose statistics move at each use", () => {
  const choice = chooseNetwork("segnet-zijundeng", { width: 2 });
  const state = new NetworkState(new Graph(), "train");
  const image = state.graph.input("image", "float32", [2, 3, 32, 32]);
  choice.architecture.build(new Scope(state), image, 2, choice.options);
  const uses = (path: string): number =>
    state.graph.nodes.filter(({ op, scope }) => op === "BatchNormTraining" && scope === path).length;
  expect([uses("dec5.2"), uses("dec4.decode.2"), uses("dec4.decode.5"), uses("dec1.decode.2")]).toEqual([4, 1, 2, 1]);
  // Four uses: the last update starts from the one before, not from the buffer.
  const readers = state.graph.nodes.filter(({ inputs }) =>
    inputs.includes(state.specs.get("dec5.2.running_mean")!.value),
  );
  expect(readers.length).toBe(1);
});
