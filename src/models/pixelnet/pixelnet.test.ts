import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../../test/build-network.js";
import { evaluate } from "../../../test/evaluate.js";
import { gradients } from "../../autodiff/index.js";
import { buildLoss } from "../../losses/index.js";
import { initialize } from "../../nn/initializers.js";
import { elementCount, float32, int32 } from "../../runtime/tensor.js";
import { totalLoss } from "../../semi/total-loss.js";
import { Random } from "../../util/random.js";

const tiny = { width: 2, fcChannels: 6, hidden: [8], dropout: 0 };
const random = new Random(1, "pixelnet");
const [height, width] = [37, 45];
const image = float32(
  Float32Array.from({ length: 2 * 3 * height * width }, () => random.between(-1, 1)),
  [2, 3, height, width],
);
const labels = int32(
  Int32Array.from({ length: 2 * height * width }, () => random.integer(3)),
  [2, height, width],
);
const crossEntropy = buildLoss({ name: "crossEntropy" }, "multiclass");

/** Loss and one gradient of the network as it is trained, or as it is evaluated. */
async function loss(mode: "train" | "eval", samples: number) {
  const { graph, state, outputs } = buildNetwork("pixelnet", { ...tiny, samples }, image.shape, 3, mode);
  const total = totalLoss(outputs, graph.input("labels", "int32", labels.shape), crossEntropy);
  const conv = state.specs.get("conv1_1.weight")!.value;
  graph.output("loss", total);
  graph.output("slope", gradients(total, [conv])[0]!);
  const weights = Array.from(initialize(state.specs.values(), 1), ([name, data]) => {
    // The reference's start is so near to zero that all classes are alike: a hundred times that tells them apart.
    const scale = /^(mlp|score)/.test(name) ? 100 : 1;
    return [
      name,
      float32(
        data.map((v) => v * scale),
        state.specs.get(name)!.shape,
      ),
    ] as const;
  });
  const seed = state.usesSeed ? [["seed", int32([1], [1])] as const] : [];
  const results = await evaluate(graph, { ...Object.fromEntries([...weights, ...seed]), image, labels });
  return { loss: results.loss!.data[0] as number, slope: results.slope!.data as Float32Array };
}

describe("sampled pixels", () => {
  it("that are all of the image's give the loss and the gradient of the whole image", async () => {
    const [sampled, dense] = [await loss("train", height * width), await loss("eval", 1)];
    expect(sampled.loss).toBeCloseTo(dense.loss, 6);
    const largest = Math.max(...dense.slope.map(Math.abs));
    expect(largest).toBeGreaterThan(1e-4);
    expect(sampled.slope).toBeAllclose(dense.slope, { rtol: 0, atol: 1e-4 * largest });
  });

  it("that are some estimate it", async () => {
    const [some, dense] = [await loss("train", 400), await loss("eval", 1)];
    expect(some.loss).not.toBe(dense.loss);
    expect(Math.abs(some.loss - dense.loss)).toBeLessThan(0.05);
  });

  it("need no more memory for their hypercolumns than VGG's first maps take", () => {
    const { graph, outputs } = buildNetwork("pixelnet", { width: 64, samples: 500 }, [1, 3, 224, 224], 21, "train");
    const sizes = graph.nodes.flatMap(({ outputs: values }) =>
      values.map(({ shape }) => elementCount(shape as number[])),
    );
    expect(Math.max(...sizes)).toBe(64 * 224 * 224);
    expect([outputs.logits.shape, outputs.samples!.shape]).toEqual([
      [1, 21, 1, 500],
      [1, 500],
    ]);
  });
});

it("hypercolumns have 5568 channels, and the network 173,938,517 parameters at 21 classes", () => {
  const { parameters, state } = buildNetwork("pixelnet", {}, [1, 3, 64, 64], 21);
  expect(state.specs.get("mlp.0.weight")!.shape).toEqual([4096, 64 + 128 + 256 + 512 + 512 + 4096, 1, 1]);
  // VGG16's convolutions, fc6, fc7, mlp 5568*4096 + 4096, 4096*4096 + 4096, score 4096*21 + 21
  expect(parameters).toBe(14_714_688 + 102_764_544 + 16_781_312 + 22_810_624 + 16_781_312 + 86_037);
});

it("from scratch classifies linearly and has BatchNorm behind each convolution", () => {
  const { state } = buildNetwork("pixelnet", { ...tiny, hidden: [], batchNorm: true }, [1, 3, 64, 64], 2);
  expect(state.specs.get("score.weight")!.shape).toEqual([2, 2 + 4 + 8 + 16 + 16 + 6, 1, 1]);
  expect([...state.specs.keys()].filter((name) => name.endsWith("running_mean"))).toHaveLength(15);
});

it("refuses images that leave nothing behind the last pooling", () => {
  expect(() => buildNetwork("pixelnet", tiny, [1, 3, 31, 64], 2)).toThrow(/31x64; expected an image of at least 32x32/);
});
