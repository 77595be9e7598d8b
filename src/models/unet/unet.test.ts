import { describe, expect, it } from "vitest";
import { Graph, shapeText, symbol } from "../../graph/index.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import { elementCount } from "../../runtime/tensor.js";
import { chooseNetwork } from "../registry.js";

function build(name: string, options: { [name: string]: unknown }, image: readonly number[], numClasses: number) {
  const choice = chooseNetwork(name, options);
  const graph = new Graph();
  const state = new NetworkState(graph, "train");
  const input = graph.input("image", "float32", image);
  const { logits } = choice.architecture.build(new Scope(state), input, numClasses, choice.options);
  const parameters = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
  return { state, graph, logits, parameters: parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0) };
}

describe("numbers of parameters", () => {
  it("the paper's U-Net from 1 channel to 2 classes has 31,030,658 parameters and 23 convolutions", () => {
    const { parameters, graph } = build("unet-paper", {}, [1, 1, 572, 572], 2);
    expect(parameters).toBe(31_030_658);
    expect(graph.nodes.filter(({ op }) => op === "Conv" || op === "ConvTranspose").length).toBe(23);
  });

  it("the plain U-Net has the counts published for it: 31,038,348 (12 classes), 7,763,371 and 1,942,747 (11 classes)", () => {
    const count = (width: number, classes: number): number =>
      build("unet", { width }, [1, 3, 32, 32], classes).parameters;
    expect([count(64, 12), count(32, 11), count(16, 11)]).toEqual([31_038_348, 7_763_371, 1_942_747]);
  });

  it("the plain U-Net of width w and depth d has as many as its layers add up to", () => {
    // Two 3x3 convolutions and two BatchNorms (2 numbers a channel each) a stage, up 2x2, head 1x1; no other bias.
    const stage = (from: number, to: number): number => 9 * (from * to + to * to) + 4 * to;
    const encoder = stage(3, 4) + stage(4, 8) + stage(8, 16);
    const decoder = 4 * (16 * 8 + 8 * 4) + stage(16, 8) + stage(8, 4);
    const bare = encoder + decoder + 4 * 12;
    const count = (options: object): number =>
      build("unet", { width: 4, depth: 3, ...options }, [1, 3, 16, 16], 12).parameters;
    expect(count({ upBias: false, headBias: false })).toBe(bare);
    expect(count({ upBias: false })).toBe(bare + 12);
    expect(count({})).toBe(bare + 12 + 8 + 4);
  });
});

describe("sizes", () => {
  it("the paper's U-Net makes 388 pixels of 572, and tells the smallest input for an output", () => {
    const { architecture, options } = chooseNetwork("unet-paper");
    expect(build("unet-paper", {}, [1, 1, 572, 188], 2).logits.shape).toEqual([1, 2, 388, 4]);
    expect(architecture.inputFor!(388, options)).toEqual({ input: 572, output: 388 });
    expect(architecture.inputFor!(389, options)).toEqual({ input: 588, output: 404 });
    expect(architecture.inputFor!(1, options)).toEqual({ input: 188, output: 4 });
  });

  it("inputFor gives sizes in which every pooling meets an even map and the output is the middle", () => {
    for (const depth of [2, 3, 4, 5]) {
      const { architecture, options } = chooseNetwork("unet-paper", { depth });
      for (let wanted = 1; wanted < 100; wanted += 7) {
        const { input, output } = architecture.inputFor!(wanted, options);
        expect(output).toBeGreaterThanOrEqual(wanted);
        let size = input;
        for (let level = 1; level < depth; level++) {
          size -= 4;
          expect(size % 2).toBe(0);
          size /= 2;
        }
        expect(size - 4).toBeGreaterThan(0);
        const { logits } = build("unet-paper", { depth, width: 1 }, [1, 1, input, input], 2);
        expect(logits.shape).toEqual([1, 2, output, output]);
      }
    }
  });

  it.each(["unet", "unet-contest", "unet-encoder", "unet-zijundeng"])(
    "%s keeps the size of the smallest images",
    (name) => {
      const choice = chooseNetwork(name);
      const graph = new Graph();
      const image = graph.input("image", "float32", [1, 3, 1, 5]);
      const { logits } = choice.architecture.build(
        new Scope(new NetworkState(graph, "eval")),
        image,
        2,
        choice.options,
      );
      expect(logits.shape).toEqual([1, 2, 1, 5]);
    },
  );

  it("the plain U-Net's symbolic sizes are those of the image", () => {
    const choice = chooseNetwork("unet", { width: 1 });
    const graph = new Graph();
    const image = graph.input("image", "float32", [symbol("batch"), 3, symbol("height"), symbol("width")]);
    const { logits } = choice.architecture.build(new Scope(new NetworkState(graph, "eval")), image, 2, choice.options);
    expect(shapeText(logits.shape)).toBe("[batch,2,height,width]");
    // Every skip meets a map of the same symbolic size.
    for (const { op, inputs } of graph.nodes)
      if (op === "Concat") expect(shapeText(inputs[0]!.shape.slice(2))).toBe(shapeText(inputs[1]!.shape.slice(2)));
  });
});

it("decoderChannels of another length than the depth are refused", () => {
  expect(() => build("unet-encoder", { depth: 4 }, [1, 3, 64, 64], 2)).toThrow("4 numbers in decoderChannels");
});

describe("the U-Net over encoders that end in a pooling", () => {
  it("over VGG-16 with BatchNorm has a centre, and 23,757,269 parameters for 5 classes as in segmentation_models.pytorch", () => {
    const { state, parameters } = build("unet-encoder", { encoder: "vgg16_bn" }, [1, 3, 64, 96], 5);
    expect(state.specs.get("decoder.center.1.0.weight")!.shape).toEqual([512, 512, 3, 3]);
    expect(parameters).toBe(23_757_269);
  });

  it("over AlexNet keeps odd sizes, and joins nothing at stride 2, where AlexNet has no map", () => {
    const { state, logits } = build("unet-encoder", { encoder: "alexnet" }, [2, 3, 97, 131], 2);
    expect(logits.shape).toEqual([2, 2, 97, 131]);
    expect(state.specs.get("decoder.blocks.3.conv1.0.weight")!.shape).toEqual([32, 64, 3, 3]);
    expect(state.specs.get("decoder.blocks.2.conv1.0.weight")!.shape).toEqual([64, 128 + 64, 3, 3]);
  });
});

it("the U-Net over mit_b0 joins nothing at stride 2, but attends there as segmentation_models.pytorch does", () => {
  const options = { encoder: "mit_b0", decoderAttention: "scse" };
  const { state } = build("unet-encoder", options, [2, 3, 64, 96], 2);
  expect(state.specs.get("decoder.blocks.3.conv1.0.weight")!.shape).toEqual([32, 64, 3, 3]);
  expect(state.specs.get("decoder.blocks.3.attention1.attention.sSE.0.weight")!.shape).toEqual([1, 64, 1, 1]);
  expect(state.specs.has("decoder.blocks.4.attention1.attention.sSE.0.weight")).toBe(false);
});
