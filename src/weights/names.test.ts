import { expect, it } from "vitest";
import { renamed, spellings, wrappers } from "./names.js";

const rules = [...spellings, wrappers];

it("keeps a reference's own names", () => {
  expect(renamed("decoder.blocks.0.conv1.0.weight", rules)).toBe("decoder.blocks.0.conv1.0.weight");
});

it("takes wrappers off and leaves BatchNorm's counter out", () => {
  expect(renamed("module.encoder.conv1.weight", rules)).toBe("encoder.conv1.weight");
  expect(renamed("module._orig_mod.bn1.bias", rules)).toBe("bn1.bias");
  expect(renamed("encoder.bn1.num_batches_tracked", rules)).toBeNull();
});

it("joins the dotted names of old DenseNets", () => {
  expect(renamed("features.denseblock1.denselayer12.norm.1.running_mean", rules)).toBe(
    "features.denseblock1.denselayer12.norm1.running_mean",
  );
  expect(renamed("features.denseblock1.denselayer12.conv2.weight", rules)).toBe(
    "features.denseblock1.denselayer12.conv2.weight",
  );
});

it("reads Paddle's names of running statistics", () => {
  expect(renamed("down1.bn1._variance", rules)).toBe("down1.bn1.running_var");
});
