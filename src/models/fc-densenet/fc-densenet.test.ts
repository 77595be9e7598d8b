import { expect, it } from "vitest";
import { Graph, shapeText, symbol } from "../../graph/index.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import { elementCount } from "../../runtime/tensor.js";
import { chooseNetwork } from "../registry.js";

function build(options: { [name: string]: unknown }, image: readonly number[] = [1, 3, 32, 32], numClasses = 11) {
  const choice = chooseNetwork("fc-densenet", options);
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const input = graph.input("image", "float32", image);
  const { logits } = choice.architecture.build(new Scope(state), input, numClasses, choice.options);
  const parameters = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
  return { graph, state, logits, count: parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0) };
}

it.each([
  [56, 1_376_795],
  [67, 3_463_243],
  [103, 9_322_091],
])("FC-DenseNet%i has the published number of parameters for 11 classes", (variant, count) => {
  expect(build({ variant }).count).toBe(count);
});

it("FC-DenseNet103 has the paper's channels: 112 to 656 down, 896 at the bottom, 1088 to 256 up", () => {
  // 48 and 16 a layer: 48 + 4*16 = 112, + 5*16 = 192, + 7*16 = 304, + 10*16 = 464, + 12*16 = 656; bottleneck 656 + 15*16 = 896.
  const { graph } = build({});
  const channels = (path: string): number =>
    graph.nodes.find(({ scope, op }) => scope === path && op === "BatchNormalization")!.outputs[0]!.shape[1] as number;
  const last = [0, 1, 2, 3, 4].map((i) => channels(`transDownBlocks.${i}.norm`));
  expect(last).toEqual([112, 192, 304, 464, 656]);
  expect(channels("bottleneck.bottleneck.layers.14.norm")).toBe(896 - 16);
  // What the last layer of each block reads, and its own 16: 240 + 656 + 12*16 and so on.
  const up = [11, 9, 6, 4, 3].map((layer, i) => channels(`denseBlocksUp.${i}.layers.${layer}.norm`) + 16);
  expect(up).toEqual([1088, 816, 576, 384, 256]);
});

it("blocks and growth can be set one by one, and must be as many up as down", () => {
  const small = { downLayers: [1, 2], bottleneckLayers: 3, upLayers: [2, 1], growth: 4, firstChannels: 8 };
  // Channels read: 8 | 12, 16 | 20, 24, 28 at the bottom | 12 + 20 = 32, 36 | 8 + 12 = 20; the head reads 24.
  const layers = [8, 12, 16, 20, 24, 28, 32, 36, 20].reduce((sum, c) => sum + 2 * c + 36 * c + 4, 0);
  const down = [12, 20].reduce((sum, c) => sum + 2 * c + c * c + c, 0);
  const up = [12, 8].reduce((sum, c) => sum + 9 * c * c + c, 0);
  expect(build(small, [1, 3, 32, 32], 2).count).toBe(27 * 8 + 8 + layers + down + up + 24 * 2 + 2);
  expect(() => build({ ...small, upLayers: [1] })).toThrow("as many dense blocks on the way up");
});

it("takes the smallest images, refuses smaller ones, and symbolic sizes stay those of the image", () => {
  const { logits, graph } = build({ variant: 56 }, [1, 3, 33, 47]);
  expect(logits.shape).toEqual([1, 11, 33, 47]);
  expect(graph.nodes.some(({ op }) => op === "Pad")).toBe(false);
  expect(() => build({ variant: 56 }, [1, 3, 31, 64])).toThrow("an image of at least 32x32 pixels");
  const choice = chooseNetwork("fc-densenet", { variant: 56 });
  const symbolic = new Graph();
  const image = symbolic.input("image", "float32", [symbol("batch"), 3, symbol("height"), symbol("width")]);
  const state = new NetworkState(symbolic, "eval");
  const outputs = choice.architecture.build(new Scope(state), image, 2, choice.options);
  expect(shapeText(outputs.logits.shape)).toBe("[batch,2,height,width]");
});
