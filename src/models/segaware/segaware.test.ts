import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../../test/build-network.js";
import { evaluate } from "../../../test/evaluate.js";
import { gradients } from "../../autodiff/index.js";
import { Conv, Graph, type Value } from "../../graph/index.js";
import { buildLoss } from "../../losses/index.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import { float32, int32, type Tensor } from "../../runtime/tensor.js";
import { totalLoss } from "../../semi/total-loss.js";
import { Random } from "../../util/random.js";
import { awareConv, windowDistances } from "./aware-conv.js";
import { contrastiveLoss } from "./contrastive.js";

const [height, width] = [5, 7];
const random = (shape: readonly number[], ...keys: (string | number)[]): Tensor => {
  const stream = new Random(1, "segaware", ...keys);
  return float32(
    Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => stream.between(-1, 1)),
    shape,
  );
};
const x = random([1, 2, height, width], "x");
const weights = { weight: random([3, 2, 3, 3], "weight"), bias: random([3], "bias") };

/** The aware convolution and the ordinary one of the same kernel. */
async function convolve(
  embeddings: Tensor,
  { input = x, dilation = 1, scale = 0.05, normalise = true } = {},
): Promise<{ aware: Float32Array; ordinary: Float32Array }> {
  const graph = new Graph();
  const scope = new Scope(new NetworkState(graph, "eval"));
  const [image, looks] = [graph.input("x", "float32", input.shape), graph.input("e", "float32", embeddings.shape)];
  const distances = windowDistances(scope, looks, dilation);
  graph.output("aware", awareConv(scope, image, distances, { outChannels: 3, dilation, normalise }));
  const [weight, bias] = ["weight", "bias"].map((name) => scope.state.specs.get(name)!.value) as [Value, Value];
  const d = dilation;
  graph.output("ordinary", Conv(image, weight, bias, { pads: [d, d, d, d], dilations: [d, d] }));
  const feeds = { x: input, e: embeddings, ...weights, mask_scale: float32([scale], [1]) };
  const { aware, ordinary } = await evaluate(graph, feeds);
  return { aware: aware!.data as Float32Array, ordinary: ordinary!.data as Float32Array };
}

const columns = (left: number, right: number): Tensor =>
  float32(
    Array.from({ length: height * width }, (_, i) => (i % width < 3 ? left : right)),
    [1, 1, height, width],
  );

describe("distances", () => {
  it("are sums of absolute differences to the window's centre, and nothing outside the map", async () => {
    const e = random([1, 3, height, width], "embeddings");
    const graph = new Graph();
    const scope = new Scope(new NetworkState(graph, "eval"));
    graph.output("distances", windowDistances(scope, graph.input("e", "float32", e.shape), 2));
    const { distances } = await evaluate(graph, { e });
    const at = (c: number, row: number, column: number) => e.data[(c * height + row) * width + column] as number;
    const expected = Array.from({ length: 9 * height * width }, (_, i) => {
      const [k, row, column] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
      const [r, c] = [row + 2 * (Math.floor(k / 3) - 1), column + 2 * ((k % 3) - 1)];
      if (r < 0 || r >= height || c < 0 || c >= width) return 0;
      return [0, 1, 2].reduce((sum, channel) => sum + Math.abs(at(channel, r, c) - at(channel, row, column)), 0);
    });
    expect(distances!.data as Float32Array).toBeAllclose(expected, { rtol: 1e-5, atol: 1e-6 });
  });
});

describe("aware convolution", () => {
  it.each([
    [1, true],
    [2, true],
    [1, false],
  ])("of equal embeddings is the ordinary one (dilation %i, normalised %s)", async (dilation, normalise) => {
    const { aware, ordinary } = await convolve(columns(0.7, 0.7), { dilation, normalise });
    expect(aware).toBeAllclose(ordinary, { rtol: 1e-5, atol: 1e-6 });
  });

  it("does not see across the border between far embeddings", async () => {
    const changed = float32(
      (x.data as Float32Array).map((v, i) => (i % width < 3 ? v : v + 5)),
      x.shape,
    );
    const [before, after] = [
      await convolve(columns(0, 10), { scale: 5 }),
      await convolve(columns(0, 10), { scale: 5, input: changed }),
    ];
    const left = (map: Float32Array): Float32Array => map.filter((_, i) => i % width < 3);
    expect(left(after.aware)).toBeAllclose(left(before.aware), { rtol: 0, atol: 1e-5 });
    expect(Math.abs(left(after.ordinary)[2]! - left(before.ordinary)[2]!)).toBeGreaterThan(0.1);
  });

  it("weighs by exp(-scale * distance), divided by the window's mean", async () => {
    // One row of two embeddings and the window around the first pixel: of its nine places only the right one is off.
    const mask = Math.exp(-0.5 * 3);
    const mean = (8 + mask) / 9;
    const e = float32([0, 3], [1, 1, 1, 2]);
    const input = float32([2, 4], [1, 1, 1, 2]);
    const graph = new Graph();
    const scope = new Scope(new NetworkState(graph, "eval"));
    const [image, looks] = [graph.input("x", "float32", input.shape), graph.input("e", "float32", e.shape)];
    const y = awareConv(scope, image, windowDistances(scope, looks, 1), {
      outChannels: 1,
      dilation: 1,
      normalise: true,
    });
    graph.output("y", y);
    const weight = float32(new Float32Array(9).fill(1), [1, 1, 3, 3]);
    const feeds = { x: input, e, weight, bias: float32([0], [1]), mask_scale: float32([0.5], [1]) };
    const { y: answer } = await evaluate(graph, feeds);
    expect((answer!.data as Float32Array)[0]).toBeCloseTo((2 + 4 * mask) / mean, 5);
  });
});

describe("contrastive loss", () => {
  const loss = async (embeddings: number[], labels: number[], dilations: number[]): Promise<number> => {
    const graph = new Graph();
    const e = graph.input("e", "float32", [1, 1, 3, 3]);
    const t = graph.input("t", "int32", [1, 3, 3]);
    graph.output("loss", contrastiveLoss(e, t, { numClasses: 2, dilations, near: 0.5, far: 2 }));
    const feeds = { e: float32(embeddings, [1, 1, 3, 3]), t: int32(labels, [1, 3, 3]) };
    return (await evaluate(graph, feeds)).loss!.data[0] as number;
  };

  it("is the mean excess over both margins of all pairs of neighbours", async () => {
    // Columns of embeddings 0, 1, 2.5 and labels 0, 0, 1. Pairs at distance 1: across columns 0-1 (same, 1 apart: 0.5)
    // 3 straight and 4 diagonal; across 1-2 (different, 1.5 apart: 0.5) as many; 6 within columns (same, 0 apart: 0).
    expect(await loss([0, 1, 2.5, 0, 1, 2.5, 0, 1, 2.5], [0, 0, 1, 0, 0, 1, 0, 0, 1], [1])).toBeCloseTo(
      (14 * 0.5) / 20,
      6,
    );
    // At distance 2: across 0-2 (different, 2.5 apart: 0) 3 straight ... and 3 within columns (same: 0).
    expect(await loss([0, 1, 2.5, 0, 1, 2.5, 0, 1, 2.5], [0, 0, 1, 0, 0, 1, 0, 0, 1], [2])).toBeCloseTo(0, 6);
  });

  it("leaves out pairs with an unknown label, and is 0 where no pair is left", async () => {
    const embeddings = [0, 1, 9, 9, 9, 9, 9, 9, 9];
    expect(await loss(embeddings, [0, 0, 255, 255, 255, 255, 255, 255, 255], [1])).toBeCloseTo(0.5, 6);
    expect(await loss(embeddings, new Array<number>(9).fill(255), [1])).toBe(0);
    expect(await loss(embeddings, [0, 1, 0, 0, 0, 0, 0, 0, 0], [100])).toBe(0);
  });
});

describe("network", () => {
  const tiny = { width: 2, fcChannels: 4, embeddingChannels: 3 };

  it("has LargeFOV's 20,505,429 parameters, a scale for each of 14 masks, and the embeddings'", () => {
    const { parameters, state } = buildNetwork("segaware", {}, [1, 3, 32, 32], 21);
    // emb1: 3 -> 64 -> 64, emb2: 64 -> 128 -> 128, emb3: 128 -> 256 -> 256 -> 256, emb: 3 + 64 + 128 + 256 -> 64
    const embedding = 1792 + 36_928 + 73_856 + 147_584 + 295_168 + 590_080 + 590_080 + (451 * 64 + 64);
    expect(parameters).toBe(20_505_429 + 14 + embedding);
    expect(state.specs.get("fc6.mask_scale")!.shape).toEqual([1]);
  });

  it("trains its embeddings by a loss of its own, in training only", async () => {
    const { graph, state, outputs } = buildNetwork(
      "segaware",
      { ...tiny, sideWeight: 0.25 },
      [1, 3, 32, 40],
      2,
      "train",
    );
    expect(outputs.sideLosses!.map(({ weight }) => weight)).toEqual([0.25]);
    const labels = graph.input("labels", "int32", [1, 32, 40]);
    const main = buildLoss({ name: "crossEntropy" }, "multiclass");
    const slope = (given: typeof outputs): Value =>
      gradients(totalLoss(given, labels, main), [state.specs.get("emb.weight")!.value])[0]!;
    graph.output("both", slope(outputs));
    graph.output("main", slope({ logits: outputs.logits }));
    const feeds = Array.from(state.specs.values(), ({ name, shape, initializer }) => [
      name,
      float32(initializer(shape, new Random(1, name)), shape),
    ]);
    const halves = int32(
      Int32Array.from({ length: 32 * 40 }, (_, i) => Number(i % 40 < 20)),
      [1, 32, 40],
    );
    const image = random([1, 3, 32, 40], "image");
    const seed = int32([1], [1]);
    const { both, main: alone } = await evaluate(graph, { ...Object.fromEntries(feeds), image, labels: halves, seed });
    const size = (slopes: Tensor): number => Math.max(...(slopes.data as Float32Array).map(Math.abs));
    expect(size(alone!)).toBeGreaterThan(0);
    expect(size(both!)).toBeGreaterThan(10 * size(alone!));
    expect(buildNetwork("segaware", tiny, [1, 3, 32, 40], 2).outputs.sideLosses).toBeUndefined();
  });
});
