import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../../test/build-network.js";
import { evaluate } from "../../../test/evaluate.js";
import { findEncoder } from "../../encoders/registry.js";
import { BatchNormalization, Concat, Conv, Relu, Reshape, type Value } from "../../graph/index.js";
import { initialize } from "../../nn/initializers.js";
import { resizeLike } from "../../nn/resize.js";
import { Scope } from "../../nn/scope.js";
import { segmentationHead } from "../../nn/segmentation-head.js";
import { float32, type Tensor } from "../../runtime/tensor.js";
import { Random } from "../../util/random.js";

it("over mit_b0 it has 3,715,429 parameters with 5 classes, as in segmentation_models.pytorch", () => {
  expect(buildNetwork("segformer", {}, [1, 3, 64, 96], 5).parameters).toBe(3_715_429);
});

describe("the decoder", () => {
  it("over an encoder with a map at stride 2 equals the reference's order: layer, stretch, concat, convolution", async () => {
    const shape = [1, 3, 45, 70];
    const { graph, state, image, outputs } = buildNetwork("segformer", { encoder: "resnet18", channels: 6 }, shape, 3);
    graph.output("logits", outputs.logits);

    const scope = new Scope(state);
    const named = (name: string): Value => state.specs.get(`decoder.${name}`)!.value;
    const features = findEncoder("resnet18").build(scope.at("encoder"), image);
    const layers = features
      .slice(1)
      .reverse()
      .map((map, i) => {
        const weight = named(`mlp_stage.${i}.linear.weight`);
        const asKernel = Reshape(weight, [...weight.shape, 1, 1]);
        const y = Conv(map, asKernel, named(`mlp_stage.${i}.linear.bias`));
        return resizeLike(scope, y, features[2]!, { mode: "bilinear" });
      });
    const [norm, ...statistics] = ["weight", "bias", "running_mean", "running_var"].map((name) =>
      named(`fuse_stage.1.${name}`),
    ) as [Value, Value, Value, Value];
    const fused = Conv(Concat(layers, 1), named("fuse_stage.0.weight"), null);
    const y = Relu(BatchNormalization(fused, norm, ...statistics));
    const head = scope.at("segmentation_head");
    graph.output("expected", segmentationHead(head, y, image, { numClasses: 3, kernel: 1 }));

    const random = new Random(1, "segformer");
    const feeds: { [name: string]: Tensor } = {
      image: float32(
        Float32Array.from({ length: 3 * 45 * 70 }, () => random.between(-1, 1)),
        shape,
      ),
    };
    const values = initialize(state.specs.values(), 1);
    for (const spec of state.specs.values()) feeds[spec.name] = float32(values.get(spec.name)!, spec.shape);
    // Biases start as zeros, which would hide where they are added.
    for (const name of Object.keys(feeds).filter((name) => name.endsWith("bias")))
      feeds[name] = { ...feeds[name]!, data: (feeds[name]!.data as Float32Array).map(() => random.between(-1, 1)) };
    const { logits, expected } = await evaluate(graph, feeds);
    const largest = (expected!.data as Float32Array).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    expect(logits!.data as Float32Array).toBeAllclose(expected!.data as Float32Array, {
      rtol: 0,
      atol: 1e-5 * largest,
    });
  });

  it("reads one map less for each level less of depth", () => {
    const fuse = (depth: number): unknown =>
      buildNetwork("segformer", { depth, channels: 8 }, [1, 3, 64, 96], 2).state.specs.get(
        "decoder.fuse_stage.0.weight",
      )!.shape;
    expect([5, 4, 3].map(fuse)).toEqual([
      [8, 32, 1, 1],
      [8, 24, 1, 1],
      [8, 16, 1, 1],
    ]);
  });
});

it("skips branches of the encoder while training only, and not at all on request", () => {
  const usesSeed = (mode: "train" | "eval", dropPath?: number): boolean =>
    buildNetwork("segformer", dropPath === undefined ? {} : { dropPath }, [1, 3, 64, 64], 2, mode).state.usesSeed;
  expect([usesSeed("train"), usesSeed("eval"), usesSeed("train", 0)]).toEqual([true, false, false]);
});

it("too small images and depths are refused", () => {
  expect(() => buildNetwork("segformer", {}, [1, 3, 64, 20], 2)).toThrow("64x20; expected an image of at least 29x29");
  expect(() => buildNetwork("segformer", { depth: 2 }, [1, 3, 64, 64], 2)).toThrow("depth");
});
