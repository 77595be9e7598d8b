import { afterEach, describe, expect, it } from "vitest";
import { bundleOf, networkOf, onCpu, twoConvs, waves } from "../../test/tiny-network.js";
import { confidence, entropy, margin } from "./confidence.js";
import { Predictor } from "./predictor.js";
import { imageUncertainty, layoutDistance } from "./uncertainty.js";

const open: Predictor[] = [];

async function load(bundle: Uint8Array): Promise<Predictor> {
  const predictor = await Predictor.load(bundle, await onCpu());
  open.push(predictor);
  return predictor;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((predictor) => predictor.close()));
});

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;

describe("imageUncertainty", () => {
  it("is the mean of the pixels' measures, in bands as at once", async () => {
    const predictor = await load(bundleOf(networkOf(twoConvs)));
    const image = waves(40, 30);
    const tiles = { height: 16, width: 16, overlap: 0.5 };
    const { data } = (await predictor.predict(image, { tiles })).probabilities;
    const { scores, uncertain } = await imageUncertainty(predictor, image, { tiles, uncertainBelow: 0.5 });
    expect(scores.entropy).toBeCloseTo(mean(entropy(data, 3)), 6);
    expect(scores.margin).toBeCloseTo(mean(margin(data, 3)), 6);
    expect(scores["least-confidence"]).toBeCloseTo(1 - mean(confidence(data, 3)), 6);
    expect(scores.disagreement).toBeUndefined();
    expect(uncertain).toBe(confidence(data, 3).filter((value) => value < 0.5).length / 1200);
  });

  it("looks at images in the size the model sees them in", async () => {
    const info = { input: { rule: "resize", height: 24, width: 18, overlap: 0.5 } } as const;
    const predictor = await load(bundleOf(networkOf(twoConvs), info));
    const { data } = (await predictor.predict(waves(40, 30), { outputSize: [24, 18] })).probabilities;
    const { scores } = await imageUncertainty(predictor, waves(40, 30), { uncertainBelow: 0.5 });
    expect(scores.entropy).toBeCloseTo(mean(entropy(data, 3)), 6);
  });

  it("gives the classes of each cell, by which images are told apart", async () => {
    const predictor = await load(bundleOf(networkOf(twoConvs)));
    const layouts = [];
    for (const seed of [1, 1, 5])
      layouts.push((await imageUncertainty(predictor, waves(36, 48, 3, seed), { uncertainBelow: 0.5 })).layout);
    const [one, same, other] = layouts;
    for (let cell = 0; cell < 36; cell++) expect(mean(one!.subarray(3 * cell, 3 * cell + 3))).toBeCloseTo(1 / 3, 5);
    expect(layoutDistance(one!, same!)).toBe(0);
    expect(layoutDistance(one!, other!)).toBeGreaterThan(0.01);
  });

  it("of an image smaller than the grid passes over the cells without pixels", async () => {
    const predictor = await load(bundleOf(networkOf(twoConvs)));
    const { layout } = await imageUncertainty(predictor, waves(4, 5), { uncertainBelow: 0.5 });
    expect(layout.every(Number.isFinite)).toBe(true);
    expect(layoutDistance(layout, layout)).toBe(0);
  });
});

it("layoutDistance is 0 for the same classes in the same places, 1 for none in common", () => {
  const [left, right] = [Float32Array.of(1, 0, 0, 1), Float32Array.of(0, 1, 1, 0)];
  expect(layoutDistance(left, left)).toBe(0);
  expect(layoutDistance(left, right)).toBe(1);
  expect(layoutDistance(left, Float32Array.of(1, 0, 1, 0))).toBe(0.5);
});
