import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../../test/build-network.js";
import { evaluate } from "../../../test/evaluate.js";
import { initialize } from "../../nn/initializers.js";
import { float32 } from "../../runtime/tensor.js";
import { Random } from "../../util/random.js";
import type { GivenOptions } from "../options.js";

const shape = [1, 3, 64, 64];

describe("branches", () => {
  it("over VGG16 have an fc6, fc7 and fc8 each: 14,714,688 + 4 x 5,790,741 parameters at 21 classes", () => {
    const { parameters, state } = buildNetwork("deeplabv2", { encoder: "vgg16" }, shape, 21);
    // fc6 512*1024*9 + 1024, fc7 1024*1024 + 1024, fc8 1024*21 + 21
    expect(parameters).toBe(14_714_688 + 4 * (4_719_616 + 1_049_600 + 21_525));
    expect(state.specs.get("aspp.c3.fc7.weight")!.shape).toEqual([1024, 1024, 1, 1]);
  });

  it("over ResNet-101 are one convolution to the classes, dilated by 6, 12, 18 and 24", () => {
    const { graph, parameters } = buildNetwork("deeplabv2", {}, shape, 21);
    const branches = graph.nodes.filter(({ op, scope }) => op === "Conv" && scope.startsWith("aspp"));
    expect(branches.map(({ scope, attributes, outputs: [y] }) => [scope, attributes.dilations, y!.shape])).toEqual(
      [6, 12, 18, 24].map((rate, i) => [`aspp.c${i}`, [rate, rate], [1, 21, 8, 8]]),
    );
    // torchvision's ResNet-101 without its classifier has 42,500,160.
    expect(parameters).toBe(42_500_160 + 4 * (2048 * 21 * 9 + 21));
  });
});

describe("scales", () => {
  const options = { encoder: "resnet18", scales: [1, 0.75, 0.5] };

  it("share all parameters and add a loss for each in training", () => {
    const one = buildNetwork("deeplabv2", { encoder: "resnet18" }, [2, 3, 65, 97], 5, "train");
    const three = buildNetwork("deeplabv2", options, [2, 3, 65, 97], 5, "train");
    expect(three.parameters).toBe(one.parameters);
    expect(one.outputs.aux).toBeUndefined();
    expect(three.outputs.aux!.map(({ logits, weight }) => [logits.shape, weight])).toEqual(
      [1, 2, 3].map(() => [[2, 5, 65, 97], 1]),
    );
  });

  it("are joined by the largest logit: none lies below those of the first scale", async () => {
    const random = new Random(1, "image");
    const image = float32(
      Float32Array.from({ length: 65 * 97 * 3 }, () => random.between(-1, 1)),
      [1, 3, 65, 97],
    );
    const logits = async (given: GivenOptions): Promise<Float32Array> => {
      const { graph, state, outputs } = buildNetwork("deeplabv2", given, [1, 3, 65, 97], 3);
      graph.output("logits", outputs.logits);
      const weights = Object.fromEntries(
        Array.from(initialize(state.specs.values(), 1), ([name, data]) => [
          name,
          float32(data, state.specs.get(name)!.shape),
        ]),
      );
      return (await evaluate(graph, { ...weights, image })).logits!.data as Float32Array;
    };
    const [first, joined] = [await logits({ encoder: "resnet18" }), await logits(options)];
    const gains = joined.map((value, i) => value - first[i]!);
    expect(Math.min(...gains)).toBeGreaterThan(-1e-5);
    expect(Math.max(...gains)).toBeGreaterThan(1e-4);
  });
});
