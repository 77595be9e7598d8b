import { describe, expect, it } from "vitest";
import { anyImages, buildNetwork } from "../../../test/build-network.js";

it("RefineNet over ResNet-101 has 118,052,437 parameters for 21 classes", () => {
  expect(buildNetwork("refinenet", {}, anyImages(), 21).parameters).toBe(118_052_437);
});

describe.each(["refinenet", "refinenet-lw"])("%s", (name) => {
  it("scores at a quarter of the image's size, and stretches the scores", () => {
    const { graph, outputs } = buildNetwork(name, { encoder: "resnet18" }, [1, 3, 97, 131], 4);
    const scores = graph.nodes.find(({ scope }) => scope === "clf_conv")!;
    expect(scores.outputs[0]!.shape).toEqual([1, 4, 25, 33]);
    expect(outputs.logits.shape).toEqual([1, 4, 97, 131]);
  });
});

it("drops different elements of the two coarsest maps and of the last one", () => {
  const { graph } = buildNetwork("refinenet", { encoder: "resnet18" }, [1, 3, 64, 96], 2, "train");
  const dropped = ["do", "do.1", "do.2", "do.3"].filter((at) => graph.nodes.some(({ scope }) => scope === at));
  expect(dropped).toEqual(["do", "do.1", "do.2"]);
});

it("Light-Weight RefineNet over MobileNet v2 takes odd sizes, and layers of single channels", () => {
  const { outputs } = buildNetwork("refinenet-lw-mobilenet", { width: 0.01, channels: 4 }, [1, 3, 33, 47], 3);
  expect(outputs.logits.shape).toEqual([1, 3, 33, 47]);
});
