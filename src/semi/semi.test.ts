/** @file What methods are made of: pseudo-labels, mixing and the discriminator, against PyTorch's numbers and against numbers worked out by hand. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../test/evaluate.js";
import { gradients } from "../autodiff/index.js";
import { Abs, Graph, Greater, ReduceSum, type Value, Where } from "../graph/index.js";
import { buildLoss } from "../losses/index.js";
import { NetworkState, Scope } from "../nn/scope.js";
import { float32, int32, type Tensor } from "../runtime/tensor.js";
import { discriminator, discriminatorLoss, labelMaps } from "./discriminator.js";
import type { MethodContext } from "./method.js";
import { halfOfClasses, mixing } from "./mixing.js";
import { confident, countPseudoLabels, pseudoLabels, pseudoLoss } from "./pseudo-labels.js";
import { weightNow } from "./ramp-up.js";
import { unweigh } from "./selection/unweigh.js";

const [N, K, H, W] = [2, 3, 4, 5];
const maps = [N, K, H, W];
const pixels = [N, H, W];
const plane = H * W;

/** The numbers that the reference was given: 2 sin(1.7 i^2 + k). */
const wave = (count: number, k: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => 2 * Math.sin(1.7 * i * i + k));

/** Boxes of the reference: rows 1-2 and columns 0-2 of the first image, rows 0-1 and columns 2-4 of the second. */
const boxes = Float32Array.from({ length: N * plane }, (_, i) => {
  const [y, x] = [Math.floor((i % plane) / W), i % W];
  return i < plane ? Number(y >= 1 && y < 3 && x < 3) : Number(y < 2 && x >= 2);
});
/** The last column is padding. */
const inside = Float32Array.from({ length: N * plane }, (_, i) => Number(i % W < 4));

const contextOf = (graph: Graph): MethodContext =>
  ({ boxes: () => graph.input("boxes", "float32", [N, 1, H, W]) }) as unknown as MethodContext;

const scalar = (tensor: Tensor | undefined): number => tensor!.data[0] as number;

describe("the loss of a strong view, mixed", () => {
  // Computed with PyTorch 1.13 in float64 by the lines of LiheYoung/UniMatch's unimatch.py: value, sum of absolute gradients.
  it.each([
    [0, 1.1603024033775011, 1.084707714219991],
    [0.8, 0.20620347950164464, 0.2153030830932163],
  ])("at a threshold of %f is UniMatch's, with its gradient", async (threshold, loss, gradient) => {
    const graph = new Graph();
    const [weak, strong] = ["weak", "strong"].map((name) => graph.input(name, "float32", maps)) as [Value, Value];
    const valid = graph.input("valid", "float32", pixels);
    const { classes, confidence } = pseudoLabels(weak);
    const mixed = mixing(contextOf(graph), "cutmix", 0, classes);
    const keep = confident(confidence, threshold, valid);
    const [given, kept, seen] = [classes, keep, valid].map(mixed.pixels) as [Value, Value, Value];
    const value = pseudoLoss(strong, { classes: given, keep: kept, valid: seen });
    graph.output("loss", value);
    const [toStrong, toWeak] = gradients(value, [strong, weak]);
    graph.output("gradient", ReduceSum(Abs(toStrong!)));
    expect(toWeak).toBeNull();
    const found = await evaluate(graph, {
      weak: float32(wave(N * K * plane, 0), maps),
      strong: float32(wave(N * K * plane, 1), maps),
      valid: float32(inside, pixels),
      boxes: float32(boxes, [N, 1, H, W]),
    });
    expect(scalar(found.loss)).toBeCloseTo(loss, 5);
    expect(scalar(found.gradient)).toBeCloseTo(gradient, 5);
  });

  it("of a batch without a single sure pixel is 0, and so is its gradient", async () => {
    const graph = new Graph();
    const logits = graph.input("logits", "float32", maps);
    const none = graph.constant(new Float32Array(N * plane), pixels);
    const value = pseudoLoss(logits, { classes: pseudoLabels(logits).classes, keep: none, valid: none });
    graph.output("loss", value);
    graph.output("gradient", ReduceSum(Abs(gradients(value, [logits])[0]!)));
    const found = await evaluate(graph, { logits: float32(wave(N * K * plane, 1), maps) });
    expect([scalar(found.loss), scalar(found.gradient)]).toEqual([0, 0]);
  });
});

describe("class weights", () => {
  const weights = [0.5, 2, 4];
  const feeds = { logits: float32(wave(N * K * plane, 0), maps), valid: float32(inside, pixels) };

  it("are taken out of labels and confidences, as self-training takes them out of probabilities", async () => {
    const graph = new Graph();
    const { classes, confidence } = pseudoLabels(graph.input("logits", "float32", maps), weights);
    graph.output("classes", classes);
    graph.output("confidence", confidence);
    const found = await evaluate(graph, { logits: feeds.logits });
    for (const n of [0, 1]) {
      const logits = feeds.logits.data.slice(n * K * plane, (n + 1) * K * plane) as Float32Array;
      const dense = logits.map((value) => Math.exp(value));
      unweigh(dense, weights);
      const of = (i: number): number[] => weights.map((_, c) => dense[c * plane + i]!);
      const best = Array.from({ length: plane }, (_, i) => of(i).indexOf(Math.max(...of(i))));
      expect(Array.from(found.classes!.data.slice(n * plane, (n + 1) * plane) as Int32Array)).toEqual(best);
      const sure = found.confidence!.data.slice(n * plane, (n + 1) * plane) as Float32Array;
      expect(sure).toBeAllclose(
        best.map((c, i) => of(i)[c]!),
        { rtol: 1e-5 },
      );
    }
  });

  it("of 0 keep a class out of the labels", async () => {
    const graph = new Graph();
    graph.output("classes", pseudoLabels(graph.input("logits", "float32", maps), [1, 0, 1]).classes);
    const { classes } = await evaluate(graph, { logits: feeds.logits });
    expect(new Set(Array.from(classes!.data as Int32Array))).toEqual(new Set([0, 2]));
  });

  it("weigh pseudo-labels as they weigh labels: kept everywhere the loss is the weighted cross-entropy", async () => {
    const graph = new Graph();
    const logits = graph.input("logits", "float32", maps);
    const valid = graph.input("valid", "float32", pixels);
    const { classes } = pseudoLabels(logits, weights);
    graph.output("pseudo", pseudoLoss(logits, { classes, keep: valid, valid, classWeights: weights }));
    const target = Where(Greater(valid, 0), classes, 255);
    graph.output("labels", buildLoss({ name: "crossEntropy", classWeights: weights }, "multiclass")(logits, target));
    const found = await evaluate(graph, feeds);
    expect(scalar(found.pseudo)).toBeCloseTo(scalar(found.labels), 5);
  });
});

describe("mixing", () => {
  it("takes the pixels of a box from the next image, the last image's partner being the first", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [3, 1, 1, 2]);
    const box = graph.input("boxes", "float32", [3, 1, 1, 2]);
    const mixed = mixing(
      { boxes: () => box } as unknown as MethodContext,
      "cutmix",
      0,
      graph.input("c", "int32", [3, 1, 2]),
    );
    graph.output("images", mixed.images(x));
    graph.output("pixels", mixed.pixels(graph.leaves[2]!));
    const found = await evaluate(graph, {
      x: float32([1, 2, 3, 4, 5, 6], [3, 1, 1, 2]),
      boxes: float32([1, 0, 0, 1, 1, 1], [3, 1, 1, 2]),
      c: int32(Int32Array.from([10, 20, 30, 40, 50, 60]), [3, 1, 2]),
    });
    expect(Array.from(found.images!.data as Float32Array)).toEqual([3, 2, 3, 6, 1, 2]);
    expect(Array.from(found.pixels!.data as Int32Array)).toEqual([30, 20, 30, 60, 10, 20]);
  });

  it("ClassMix takes the half of an image's classes with the largest numbers, rounded up, and no class that is not there", async () => {
    const graph = new Graph();
    const classes = graph.input("classes", "int32", [2, 1, 4]);
    graph.output("taken", halfOfClasses(classes, graph.input("priority", "float32", [2, 4])));
    const found = await evaluate(graph, {
      // Classes 0, 1, 3 in the first image: two of three are taken, 3 and 0; the second shows class 2 alone.
      classes: int32(Int32Array.from([0, 1, 3, 3, 2, 2, 2, 2]), [2, 1, 4]),
      priority: float32([0.5, 0.1, 0.9, 0.7, 0.9, 0.8, 0.1, 0.6], [2, 4]),
    });
    expect(Array.from(found.taken!.data as Float32Array)).toEqual([1, 0, 1, 1, 1, 1, 1, 1]);
  });
});

it("pseudo-labels are counted for each class: predicted, confidence, kept, known and right", async () => {
  const graph = new Graph();
  const shape = [1, 2, 3];
  const given = (name: string, dtype: "float32" | "int32"): Value => graph.input(name, dtype, shape);
  const labels = { classes: given("classes", "int32"), confidence: given("confidence", "float32") };
  const [keep, valid, truth] = [given("keep", "float32"), given("valid", "float32"), given("truth", "int32")];
  graph.output("table", countPseudoLabels(labels, { keep, valid, truth }, 2));
  const { table } = await evaluate(graph, {
    classes: int32(Int32Array.from([0, 0, 1, 1, 1, 0]), shape),
    confidence: float32([0.5, 0.75, 1, 0.5, 0.25, 1], shape),
    keep: float32([0, 1, 1, 1, 0, 0], shape),
    // The last pixel is padding; the classes 0 and 1 are known of three pixels, 2 stands for unknown.
    valid: float32([1, 1, 1, 1, 1, 0], shape),
    truth: int32(Int32Array.from([0, 1, 1, 2, 1, 255]), shape),
  });
  expect(Array.from(table!.data as Float32Array)).toEqual([2, 3, 1.25, 1.75, 1, 2, 1, 1, 0, 1]);
});

it("the weight of an unsupervised loss grows from exp(-5) to 1 over its share of the run", async () => {
  const graph = new Graph();
  const fraction = graph.input("fraction", "float32", []);
  graph.output("weight", weightNow({ fraction }, { weight: 3, rampUp: 0.5 }) as Value);
  const at = async (value: number): Promise<number> =>
    scalar((await evaluate(graph, { fraction: float32([value], []) })).weight);
  expect(await at(0)).toBeCloseTo(3 * Math.exp(-5), 6);
  expect(await at(0.25)).toBeCloseTo(3 * Math.exp(-5 / 4), 6);
  expect(await at(0.9)).toBe(3);
  expect(weightNow({ fraction }, { weight: 3, rampUp: 0 })).toBe(3);
});

describe("the discriminator", () => {
  const build = (shape: readonly number[], width = 64) => {
    const graph = new Graph();
    const state = new NetworkState(graph, "train");
    const logits = discriminator(new Scope(state), graph.input("maps", "float32", shape), width);
    return { state, logits };
  };

  it("has the 2,783,169 parameters of hfslyc/AdvSemiSeg's at 21 classes, and answers for every pixel", () => {
    const { state, logits } = build([2, 21, 97, 131]);
    const count = [...state.specs.values()].reduce((sum, { shape }) => sum + shape.reduce((p, d) => p * d, 1), 0);
    expect(count).toBe(2_783_169);
    expect(logits.shape).toEqual([2, 1, 97, 131]);
  });

  it("refuses maps of which nothing would be left", () => {
    expect(() => build([2, 3, 31, 64])).toThrow("at least 32x32");
  });

  it("is scored by PyTorch's logistic loss over the pixels that count", async () => {
    const graph = new Graph();
    const logits = graph.input("logits", "float32", [N, 1, H, W]);
    const counted = graph.input("counted", "float32", pixels);
    graph.output("made", discriminatorLoss(logits, false, counted));
    graph.output("drawn", discriminatorLoss(logits, true, counted));
    const found = await evaluate(graph, {
      logits: float32(wave(N * plane, 2), [N, 1, H, W]),
      counted: float32(inside, pixels),
    });
    expect(scalar(found.made)).toBeCloseTo(0.957630091926398, 5);
    expect(scalar(found.drawn)).toBeCloseTo(0.8144787812574503, 5);
  });

  it("sees masks as one map a class, all 0 where a pixel is ignored", async () => {
    const graph = new Graph();
    graph.output("maps", labelMaps(graph.input("target", "int32", [1, 1, 3]), 2));
    const found = await evaluate(graph, { target: int32(Int32Array.from([1, 255, 0]), [1, 1, 3]) });
    expect(Array.from(found.maps!.data as Float32Array)).toEqual([0, 0, 1, 1, 0, 0]);
  });
});
