import { describe, expect, it } from "vitest";
import { anyImages, buildNetwork } from "../../../test/build-network.js";
import type { GivenOptions } from "../options.js";

const parameters = (name: string, options: GivenOptions, numClasses: number): number =>
  buildNetwork(name, options, anyImages(), numClasses, "eval").parameters;

/** The auxiliary head of 1024 channels, which only training has. */
const auxParameters = (numClasses: number): number => 1025 * numClasses;

describe("zijundeng's PSPNet", () => {
  it.each([
    ["resnet101-deep-stem", 65_730_026],
    ["resnet50-deep-stem", 46_737_898],
  ])("over %s has %i parameters for 21 classes, with the auxiliary head", (encoder, count) => {
    expect(parameters("pspnet-zijundeng", { encoder }, 21) + auxParameters(21)).toBe(count);
  });

  it("has an auxiliary head in training, unless told otherwise", () => {
    const build = (options: GivenOptions) =>
      buildNetwork("pspnet-zijundeng", { encoder: "resnet18", ...options }, [2, 3, 65, 97], 3, "train").outputs;
    expect(build({}).aux!.map(({ logits, weight }) => [logits.shape, weight])).toEqual([[[2, 3, 65, 97], 0.4]]);
    expect(build({ aux: false }).aux).toBeUndefined();
  });
});

it("the contest's PSPNet reads a map at stride 32", () => {
  const { graph } = buildNetwork("pspnet-contest", {}, [2, 3, 96, 128], 5);
  const joined = graph.nodes.find(({ scope }) => scope === "pspmodule")!;
  expect(joined.outputs[0]!.shape).toEqual([2, 4096, 3, 4]);
});

describe("meetps' PSPNet", () => {
  it("stretches its auxiliary logits to the image's size", () => {
    const { outputs } = buildNetwork("pspnet-meetps", { layers: [1, 1, 1, 1] }, [2, 3, 64, 96], 5, "train");
    expect(outputs.aux!.map(({ logits, weight }) => [logits.shape, weight])).toEqual([[[2, 5, 64, 96], 0.4]]);
  });

  it("takes images whose map has less than six rows", () => {
    const { outputs } = buildNetwork("pspnet-meetps", { layers: [1, 1, 1, 1] }, [1, 3, 32, 33], 2);
    expect(outputs.logits.shape).toEqual([1, 2, 32, 33]);
  });
});
