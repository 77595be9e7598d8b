import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../../test/build-network.js";

/** Dilations of the 3x3 convolutions of a stage's blocks, in order. */
function dilations(reading: string, stage: number): unknown[] {
  const { graph } = buildNetwork("deeplabv3-contest", { reading, width: 4 }, [1, 3, 64, 64], 2);
  const name = new RegExp(`^layer${stage}\\.\\d+\\.conv2$`);
  return graph.nodes
    .filter(({ op, scope }) => op === "Conv" && name.test(scope))
    .map(({ attributes }) => (attributes.dilations as readonly number[])[0]);
}

describe("the contest's DeepLab v3", () => {
  it("dilates the first block of its last stages by the stage before, as the code runs", () => {
    expect([3, 4, 5, 6, 7].map((stage) => dilations("executed", stage))).toEqual([
      [1, 1, 1, 1, 1, 1],
      [1, 1, 1],
      [2, 1, 1],
      [4, 1, 1],
      [8, 1, 1],
    ]);
  });

  it("dilates whole stages by 2, 4, 8 and 16, as its author meant", () => {
    expect([4, 5, 6, 7].map((stage) => dilations("cascade", stage))).toEqual([2, 4, 8, 16].map((d) => [d, d, d]));
  });

  it("stays at stride 4", () => {
    const { graph } = buildNetwork("deeplabv3-contest", { width: 4 }, [1, 3, 97, 131], 2);
    const head = graph.nodes.find(({ scope }) => scope === "deeplabhead.head.3")!;
    expect(head.outputs[0]!.shape).toEqual([1, 2, 25, 33]);
  });
});
