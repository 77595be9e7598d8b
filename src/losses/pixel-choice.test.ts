/**
 * @file Losses that choose or weigh pixels, against PyTorch 1.13 in float64.
 *
 * The numbers were made with logits `3 sin(0.7 i + 1)` and classes `i^2 % 4`, every seventh pixel ignored:
 * OHEM by `ProbOhemCrossEntropy2d` of UniMatch, the bootstrapped loss by `bootstrapped_cross_entropy2d(x, t, K)` of
 * pytorch-semseg, the others by `(F.cross_entropy(x, t, reduction="none", ignore_index=255) * w).sum() / w.sum()` with the
 * weights `w` of each pixel written out.
 */
import { describe, expect, it } from "vitest";
import { checkGradients, evaluate } from "../../test/evaluate.js";
import { gradients } from "../autodiff/index.js";
import { Graph, type Value } from "../graph/index.js";
import { buildLoss, type LossOptions, losses, weightMapOf } from "./index.js";

const shape = [2, 4, 3, 5] as const;
const logits = Float64Array.from({ length: 120 }, (_, i) => 3 * Math.sin(0.7 * i + 1));
const labels = Int32Array.from({ length: 30 }, (_, i) => (i % 7 === 3 ? 255 : (i * i) % 4));
/** What a weight map adds: 0, 1/2, 1, 3/2, 2, 0, ... */
const map = Float64Array.from({ length: 30 }, (_, i) => (i % 5) / 2);
const classWeights = [1, 2, 0.5, 3];

const target = (graph: Graph): Value => graph.constant(labels, [2, 3, 5]);

/** The loss, the sum of its gradient's absolute values, and the sum of its gradient times the elements' numbers. */
async function results(options: LossOptions, withMap = false): Promise<number[]> {
  const graph = new Graph();
  const x = graph.input("x", "float64", shape);
  const weights = withMap ? graph.constant(map, [2, 3, 5], "float64") : undefined;
  const loss = buildLoss(options, "multiclass")(x, target(graph), weights);
  graph.output("loss", loss);
  graph.output("gradient", gradients(loss, [x])[0]!);
  const found = await evaluate(graph, { x: { dtype: "float64", shape, data: logits } }, "reference");
  const gradient = Array.from(found.gradient!.data as Float64Array);
  return [
    found.loss!.data[0] as number,
    gradient.reduce((sum, g) => sum + Math.abs(g), 0),
    gradient.reduce((sum, g, i) => sum + g * i, 0),
  ];
}

const tight = { rtol: 1e-8, atol: 1e-9 };

describe("equal to PyTorch", () => {
  it.each([
    ["up to the threshold", { threshold: 0.7, minKept: 4 }, [2.984611933297403, 1.60970695, 15.8817588]],
    [
      "up to the 15th where fewer are below it",
      { threshold: 0.05, minKept: 15 },
      [4.2799557233986425, 1.92223749, 15.4566693],
    ],
    ["all where fewer count", { threshold: 0.05, minKept: 28 }, [2.7599324575826043, 1.49532766, 14.6926705]],
    ["with class weights", { threshold: 0.3, minKept: 1, classWeights }, [3.991900330002369, 1.87132301, 13.2908836]],
  ])("ohem %s", async (_, options, expected) => {
    expect(await results({ name: "ohem", ...options })).toBeAllclose(expected, tight);
  });

  it("bootstrapped, the 5 hardest pixels of each image", async () => {
    const options = { name: "bootstrapped", keep: 5 / 15, perImage: true } as const;
    expect(await results(options)).toBeAllclose([5.037237978395471, 1.98400602, 16.2871066], tight);
  });

  it("hardReplay: the 5 pixels that are right with less than 0.8 count three times", async () => {
    const options = { name: "hardReplay", threshold: 0.8, times: 2 } as const;
    expect(await results(options)).toBeAllclose([2.176112452409102, 1.34283209, 14.5480374], tight);
    const weighted = await results({ ...options, classWeights });
    expect(weighted).toBeAllclose([2.231952455137241, 1.31991021, 12.0854548], tight);
  });

  it("boundaryCrossEntropy, class weights and map added", async () => {
    const found = await results({ name: "boundaryCrossEntropy", classWeights }, true);
    expect(found).toBeAllclose([2.888206293977814, 1.49916265, 12.8435015], tight);
  });
});

describe("limits", () => {
  const plain = () => results({ name: "crossEntropy", classWeights });

  it("ohem with a threshold of 1 is cross-entropy", async () => {
    expect(await results({ name: "ohem", threshold: 1, classWeights })).toBeAllclose(await plain(), tight);
  });

  it("hardReplay of no times is cross-entropy", async () => {
    expect(await results({ name: "hardReplay", times: 0, classWeights })).toBeAllclose(await plain(), tight);
  });

  it("boundaryCrossEntropy without a map is cross-entropy", async () => {
    expect(await results({ name: "boundaryCrossEntropy", classWeights })).toBeAllclose(await plain(), tight);
  });

  it("objects must be classes that there are", async () => {
    const wrong = results({ name: "boundaryCrossEntropy", objects: [1, 4] });
    await expect(wrong).rejects.toThrow("class 4 in the option objects; expected classes below 4");
  });

  it("ohem keeps a share or a whole number of pixels", async () => {
    // 0.3 of 30 pixels are the 9 hardest; below 0.0001 there are none.
    const share = await results({ name: "ohem", threshold: 1e-4, minKept: 0.3 });
    expect(share).toBeAllclose(await results({ name: "ohem", threshold: 1e-4, minKept: 9 }), tight);
    expect(await results({ name: "ohem", threshold: 1e-4, minKept: 0 })).toEqual([0, 0, 0]);
    await expect(results({ name: "ohem", minKept: 2.5 })).rejects.toThrow("minKept 2.5; expected a share below 1");
  });
});

describe.each([
  [{ name: "ohem", threshold: 0.4, minKept: 6, classWeights }, false],
  [{ name: "bootstrapped", keep: 0.4, perImage: true, classWeights }, false],
  [{ name: "hardReplay", threshold: 0.9, times: 3, classWeights }, false],
  [{ name: "boundaryCrossEntropy", classWeights }, true],
] satisfies [LossOptions, boolean][])("%j, map %s", (options, withMap) => {
  it("has the gradient of central differences in float64", () =>
    checkGradients({
      inputs: { x: shape },
      low: -2,
      high: 2,
      build: ({ x }) => {
        const weights = withMap ? x!.graph.constant(map, [2, 3, 5], "float64") : undefined;
        return buildLoss(options, "multiclass")(x!, target(x!.graph), weights);
      },
    }));
});

describe("weightMapOf", () => {
  it("gives the map of the loss that has one, defaults filled in", () => {
    const list: LossOptions[] = [{ name: "dice" }, { name: "boundaryCrossEntropy", weight: 2, objects: [1] }];
    expect(weightMapOf(list)).toEqual({ w0: 10, sigma: 5, objects: [1] });
    expect(weightMapOf([{ name: "dice" }])).toBeUndefined();
  });

  it("refuses two different ones", () => {
    const two: LossOptions[] = [{ name: "boundaryCrossEntropy" }, { name: "boundaryCrossEntropy", sigma: 3 }];
    expect(() => weightMapOf(two)).toThrow("2 of them; expected one weight map for all losses");
  });
});

it("a kind takes class weights where its options have them", () => {
  const taking = Object.entries(losses).filter(([, kind]) => "classWeights" in kind.shape);
  expect(taking.map(([name]) => name)).toEqual(
    Object.entries(losses).flatMap(([name, kind]) => ("classWeights" in kind ? [name] : [])),
  );
});
