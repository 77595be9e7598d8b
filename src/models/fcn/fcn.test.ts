import { describe, expect, it } from "vitest";
import { evaluate } from "../../../test/evaluate.js";
import { Graph } from "../../graph/index.js";
import { initialize, kaimingNormal } from "../../nn/initializers.js";
import type { Mode } from "../../nn/scope.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import { elementCount, float32, type Tensor } from "../../runtime/tensor.js";
import { Random } from "../../util/random.js";
import { chooseNetwork } from "../registry.js";
import { deconvolve } from "./upscore.js";

type Options = { readonly [name: string]: unknown };

function build(name: string, options: Options, size: readonly [number, number], numClasses = 21, mode: Mode = "eval") {
  const choice = chooseNetwork(name, options);
  const graph = new Graph();
  const state = new NetworkState(graph, mode);
  const image = graph.input("image", "float32", [1, 3, ...size]);
  const { logits } = choice.architecture.build(new Scope(state), image, numClasses, choice.options);
  const specs = Array.from(state.specs.values());
  const count = (kind: string): number =>
    specs.filter((spec) => spec.kind === kind).reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return { graph, state, logits, specs, parameters: count("parameter") };
}

const forms = ["", "-meetps", "-zijundeng"].flatMap((form) => [32, 16, 8].map((stride) => `fcn${stride}s${form}`));

describe("numbers of parameters", () => {
  it("are those of the authors' VGG16 networks for 21 classes, whose bilinear kernels are not counted", () => {
    const counts = ["fcn32s", "fcn16s", "fcn8s"].map((name) => build(name, {}, [32, 32]).parameters);
    expect(counts).toEqual([134_346_581, 134_357_354, 134_362_751]);
  });

  it("grow by the enlarging kernels where these are learned", () => {
    const grown = (name: string): number =>
      build(name, { deconvolution: "learned" }, [32, 32]).parameters - build(name, {}, [32, 32]).parameters;
    expect(["fcn32s", "fcn16s", "fcn8s"].map(grown)).toEqual([
      21 * 21 * 64 ** 2,
      21 * 21 * (4 ** 2 + 32 ** 2),
      21 * 21 * (2 * 4 ** 2 + 16 ** 2),
    ]);
  });

  it("round to the 57 and 6 million that the paper's table 1 states for AlexNet and GoogLeNet", () => {
    const millions = (backbone: string): number => Math.round(build("fcn32s", { backbone }, [64, 64]).parameters / 1e6);
    expect([millions("alexnet"), millions("googlenet")]).toEqual([57, 6]);
  });
});

describe("fixed kernels", () => {
  it("are buffers under the names that wkentaro's checkpoints hold them by", () => {
    const tensors = (deconvolution: string, kind: string): string[] =>
      build("fcn8s", { deconvolution, width: 1, fcChannels: 1 }, [32, 32])
        .specs.filter((spec) => spec.kind === kind && spec.name.startsWith("upscore"))
        .map(({ name }) => name);
    const names = ["upscore2.weight", "upscore_pool4.weight", "upscore8.weight"];
    expect(tensors("fixed", "buffer")).toEqual(names);
    expect(tensors("fixed", "parameter")).toEqual([]);
    expect(tensors("learned", "parameter")).toEqual(names);
  });

  it.each([
    [2, 4],
    [8, 16],
    [32, 64],
    [32, 63],
  ])("of stride %i and side %i keep a constant map constant and channels apart", async (stride, kernel) => {
    const graph = new Graph();
    const state = new NetworkState(graph, "eval");
    const x = graph.input("x", "float32", [1, 2, 3, 4]);
    const y = deconvolve(new Scope(state, "up"), x, { stride, kernel, kind: "fixed" });
    // Inside, each place lies between the centres of two rows and two columns.
    expect(y.shape).toEqual([1, 2, 2 * stride + kernel, 3 * stride + kernel]);
    graph.output("y", y);
    const weight = initialize(state.specs.values(), 1).get("up.weight")!;
    const data = Float32Array.from({ length: 24 }, (_, i) => (i < 12 ? 3 : -5));
    const feeds = { x: float32(data, [1, 2, 3, 4]), "up.weight": float32(weight, [2, 2, kernel, kernel]) };
    const [, , height, width] = y.shape as number[];
    const found = (await evaluate(graph, feeds)).y!.data as Float32Array;
    const margin = kernel - stride;
    for (const [channel, value] of [3, -5].entries())
      for (let row = margin; row < height! - margin; row++) {
        const start = (channel * height! + row) * width!;
        const inside = found.subarray(start + margin, start + width! - margin);
        expect(inside).toBeAllclose(new Float32Array(inside.length).fill(value), { rtol: 1e-6, atol: 0 });
      }
  });
});

/** Element o of a layer's output stands at `scale * o + shift` of its input. */
interface Place {
  readonly scale: number;
  readonly shift: number;
}

const layer = (kernel: number, stride: number, padding = 0): Place => ({
  scale: stride,
  shift: (kernel - 1) / 2 - padding,
});

/** The place of a chain's output in its first input. */
const chain = (...layers: Place[]): Place =>
  layers.reduceRight((inner, { scale, shift }) => ({ scale: inner.scale * scale, shift: inner.shift * scale + shift }));

describe("crops", () => {
  const pool = layer(2, 2);
  const fc6 = layer(7, 1);
  const pad100 = layer(3, 1, 100);
  /** Offset of a place that is reached by enlarging from the same one reached through the maps. */
  const crop = (maps: Place, enlarging: Place): number => {
    expect(maps.scale).toBe(enlarging.scale);
    return enlarging.shift - maps.shift;
  };

  it("of 19 for FCN-32s, and 18 and 9 on AlexNet and GoogLeNet, follow from kernels, strides and padding", () => {
    expect(crop(chain(pad100, pool, pool, pool, pool, pool, fc6), layer(64, 32))).toBe(19);
    const pool3 = layer(3, 2);
    expect(crop(chain(layer(11, 4, 100), pool3, pool3, pool3, layer(6, 1)), layer(63, 32))).toBe(18);
    expect(crop(chain(layer(7, 2, 3), pool3, pool3, pool3, pool), layer(63, 32))).toBe(9);
  });

  it("of 5 and 9 for the skips and 27 and 31 for the logits do, too", () => {
    const up2 = layer(4, 2);
    // Negative: here it is the scores of the finer map that reach further out and are cropped.
    expect(crop(chain(pool, fc6), up2)).toBe(-5);
    // What upscore2 gives at u stands at u + 5 of pool4, and so on.
    const skip4: Place = { scale: 1, shift: 5 };
    expect(crop(chain(pool, skip4), up2)).toBe(-9);
    const skip3: Place = { scale: 1, shift: 9 };
    expect(crop(chain(pad100, pool, pool, pool, pool, skip4), layer(32, 16))).toBe(27);
    expect(crop(chain(pad100, pool, pool, pool, skip3), layer(16, 8))).toBe(31);
  });
});

describe("sizes", () => {
  const tiny = { width: 1, fcChannels: 1 };
  const sizes = Array.from({ length: 100 }, (_, i) => i + 1);

  it.each(forms)("logits of %s have the image's size from 1 to 100 pixels", (name) => {
    for (const side of sizes)
      expect(build(name, tiny, [side, 101 - side], 2).logits.shape).toEqual([1, 2, side, 101 - side]);
  });

  it("so have those on AlexNet, and on GoogLeNet from 15 pixels, below which it says so", () => {
    for (const side of sizes)
      expect(build("fcn32s", { backbone: "alexnet", fcChannels: 1 }, [side, 64], 2).logits.shape[2]).toBe(side);
    for (const side of sizes.filter((s) => s >= 15))
      expect(build("fcn32s", { backbone: "googlenet" }, [side, 64], 2).logits.shape[2]).toBe(side);
    expect(() => build("fcn32s", { backbone: "googlenet" }, [14, 64])).toThrow("expected an image of at least 15x15");
  });
});

describe("training", () => {
  async function logits(options: Options, factors: { [name: string]: number }): Promise<Float32Array> {
    const { graph, state, logits: value } = build("fcn8s", { width: 2, fcChannels: 4, ...options }, [33, 40], 3);
    graph.output("logits", value);
    const random = (name: string, shape: readonly number[]): Float32Array =>
      kaimingNormal(shape, new Random(3, name)).map((v) => v * (factors[name] ?? 1));
    const feeds: { [name: string]: Tensor } = Object.fromEntries(
      Array.from(state.specs, ([name, { shape }]) => [name, float32(random(name, shape), shape)]),
    );
    const image = float32(kaimingNormal([1, 3, 33, 40], new Random(3, "image")), [1, 3, 33, 40]);
    return (await evaluate(graph, { ...feeds, image })).logits!.data as Float32Array;
  }

  it("at once is in stages with kernels of the finer scores smaller by 100 and 10,000", async () => {
    const atOnce = await logits({ training: "at-once" }, {});
    const staged = await logits({ training: "staged" }, { "score_pool4.weight": 0.01, "score_pool3.weight": 0.0001 });
    const largest = staged.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    expect(largest).toBeGreaterThan(0);
    expect(atOnce).toBeAllclose(staged, { rtol: 0, atol: 1e-5 * largest });
    expect(await logits({ training: "staged" }, {})).not.toBeAllclose(staged, { rtol: 0, atol: 1e-3 * largest });
  });

  it("begins with scores of zero", () => {
    const { specs } = build("fcn8s", { width: 1, fcChannels: 1 }, [32, 32], 2);
    const start = initialize(specs, 1);
    const zero = [...start].filter(([name, values]) => name.endsWith("weight") && values.every((v) => v === 0));
    expect(zero.map(([name]) => name).sort()).toEqual(["score_fr.weight", "score_pool3.weight", "score_pool4.weight"]);
  });
});

describe("refusals", () => {
  it("options of VGG mean nothing on other backbones", () => {
    expect(() => build("fcn32s", { backbone: "alexnet", width: 32 }, [64, 64])).toThrow(
      "alexnet, whose widths are fixed",
    );
    expect(() => build("fcn32s", { backbone: "googlenet", fcChannels: 8 }, [64, 64])).toThrow("fcChannels 8");
  });

  it("only FCN-32s has other backbones, and only the finer ones are trained in stages", () => {
    expect(() => chooseNetwork("fcn8s", { backbone: "alexnet" })).toThrow("fcn8s has no option backbone");
    expect(() => chooseNetwork("fcn32s", { training: "staged" })).toThrow("fcn32s has no option training");
    expect(() => chooseNetwork("fcn8s", { deconvolution: "none" })).toThrow("deconvolution");
  });
});
