import { expect, it } from "vitest";
import { Graph } from "../../graph/index.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import { elementCount } from "../../runtime/tensor.js";
import { chooseNetwork } from "../registry.js";

/** Sizes of all parameters by name. */
function parameters(numClasses: number, options: object, channels = 3): Map<string, number> {
  const choice = chooseNetwork("erfnet", options as { [name: string]: unknown });
  const state = new NetworkState(new Graph(), "eval");
  const image = state.graph.input("image", "float32", [1, channels, 64, 64]);
  choice.architecture.build(new Scope(state), image, numClasses, choice.options);
  const found = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
  return new Map(found.map(({ name, shape }) => [name, elementCount(shape)]));
}

it.each([
  [11, 2_065_090],
  [19, 2_066_642],
])(
  "the network and the encoder's own head have the published number of parameters for %i classes",
  (classes, count) => {
    const both = new Map([...parameters(classes, {}), ...parameters(classes, { part: "encoder" })]);
    expect(Array.from(both.values()).reduce((a, b) => a + b)).toBe(count);
  },
);

it("the encoder alone has the parameters of the network's encoder, and its head", () => {
  const whole = Array.from(parameters(2, {}).keys()).filter((name) => name.startsWith("encoder."));
  const encoder = Array.from(parameters(2, { part: "encoder" }).keys());
  expect(encoder).toEqual([...whole, "encoder.output_conv.weight", "encoder.output_conv.bias"]);
});

it("an image whose channels leave no room for filters is refused", () => {
  // 16/4 - 3 filters and the image's channels reach the second stage, which has 16 in all.
  expect(parameters(2, { width: 16 }, 14).get("encoder.layers.0.conv.weight")).toBe(15 * 9);
  expect(() => parameters(2, { width: 16 }, 15)).toThrow("Raise the option width");
});
