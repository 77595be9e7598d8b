import { expect, it } from "vitest";
import { ourName } from "./names.js";

it("keeps a reference's own names", () => {
  expect(ourName("decoder.blocks.0.conv1.0.weight")).toBe("decoder.blocks.0.conv1.0.weight");
});

it("takes wrappers off and leaves BatchNorm's counter out", () => {
  expect(ourName("module.encoder.conv1.weight")).toBe("encoder.conv1.weight");
  expect(ourName("module._orig_mod.bn1.bias")).toBe("bn1.bias");
  expect(ourName("encoder.bn1.num_batches_tracked")).toBeNull();
});

it("puts a torchvision classifier under encoder, without its head", () => {
  expect(ourName("layer1.0.downsample.1.running_var", "torchvision-classifier")).toBe(
    "encoder.layer1.0.downsample.1.running_var",
  );
  expect(ourName("fc.weight", "torchvision-classifier")).toBeNull();
});

it("reads Paddle's names of running statistics", () => {
  expect(ourName("down1.bn1._variance", "paddle")).toBe("down1.bn1.running_var");
});
