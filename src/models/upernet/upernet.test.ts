import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../../test/build-network.js";
import type { GivenOptions } from "../options.js";

const build = (options: GivenOptions) =>
  buildNetwork("upernet", { encoder: "resnet18", ...options }, [1, 3, 64, 96], 5);

describe("the maps", () => {
  it("from stride 4 to the last are fused, however deep the encoder", () => {
    const fused = (depth: number): unknown => build({ depth }).state.specs.get("decoder.fusion_block.0.weight")!.shape;
    expect([3, 4, 5].map(fused)).toEqual([2, 3, 4].map((maps) => [256, maps * 256, 3, 3]));
  });

  it("are normalised over the encoder's channels", () => {
    const { state } = build({});
    const scales = [0, 1, 2, 3].map((i) => state.specs.get(`decoder.feature_norms.${i}.weight`)!.shape);
    expect(scales).toEqual([[64], [128], [256], [512]]);
  });
});

it("without norms only the convolution behind the pyramid keeps its BatchNorm", () => {
  const { state } = build({ decoderNorm: "identity" });
  const statistics = [...state.specs.keys()].filter((name) => /^decoder.*running_mean/.test(name));
  expect(statistics).toEqual(["decoder.psp.out_conv.1.running_mean"]);
});

it("a batch of one image is refused in training, because its mean is a single value", () => {
  const train = () => buildNetwork("upernet", { encoder: "resnet18" }, [1, 3, 64, 64], 2, "train");
  expect(train).toThrow(/decoder\.psp\.blocks\.0\.1\.1.*batch of at least 2/);
});
