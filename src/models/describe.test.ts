import { describe, expect, it } from "vitest";
import { networkFacts } from "./describe.js";
import { chooseNetwork } from "./registry.js";

const factsOf = (name: string, given: object, size: readonly [number, number]) => {
  const { architecture, options } = chooseNetwork(name, given as { [name: string]: unknown });
  return networkFacts((scope, image) => architecture.build(scope, image, 2, options).logits, { size });
};

describe("facts of a network", () => {
  const facts = factsOf("unet", { width: 4, depth: 2, upBias: false, headBias: false }, [16, 24]);

  it("count parameters and arithmetic as by hand", () => {
    // Two 3x3 convolutions at each of 2 levels down and 1 up, 2x2 up, 1x1 head; BatchNorms have two numbers a channel.
    const weights = 9 * (3 * 4 + 4 * 4 + 4 * 8 + 8 * 8 + 8 * 4 + 4 * 4) + 4 * 8 * 4 + 4 * 2;
    expect(facts.parameters).toBe(weights + 2 * (4 + 4 + 8 + 8 + 4 + 4));
    const pixels = 16 * 24;
    const fine = 9 * (3 * 4 + 4 * 4 + 8 * 4 + 4 * 4) + 8 * 4 + 4 * 2;
    const coarse = 9 * (4 * 8 + 8 * 8);
    expect(facts.gflops).toBeCloseTo((2 * pixels * (fine + coarse / 4)) / 1e9, 12);
  });

  it("give stride and receptive field", () => {
    expect(facts.outputStride).toBe(2);
    // Down: 1 + 2 + 2, pooling 1, two windows of 3 at stride 2: 14; up: two windows of 3.
    expect(facts.receptiveField).toBe(18);
    expect(facts.global).toBe(false);
  });

  it("list the layers with their windows", () => {
    expect(facts.layers[0]).toEqual({
      name: "encoder.0.conv1",
      op: "Conv",
      shape: [4, 16, 24],
      kernel: [3, 3],
      stride: [1, 1],
      dilation: [1, 1],
      effectiveKernel: [3, 3],
      outputStride: 1,
      receptiveField: [3, 3],
      global: false,
      parameters: 108,
    });
  });
});

it("a dilated window spans k + (k-1)(d-1) pixels", () => {
  const { layers } = factsOf("enet", { width: 16 }, [64, 64]);
  const dilated = layers.find(({ name }) => name === "dilated2_6.ext_conv2.0");
  expect(dilated).toMatchObject({ kernel: [3, 3], dilation: [8, 8], effectiveKernel: [17, 17], outputStride: 8 });
});
