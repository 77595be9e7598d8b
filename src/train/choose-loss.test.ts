import { describe, expect, it } from "vitest";
import { countClasses } from "../data/statistics.js";
import { buildLoss } from "../losses/index.js";
import { chooseLoss, pixelWeightsOf } from "./choose-loss.js";

const skewed = countClasses([[990, 10]], 2);
const even = countClasses([[600, 400]], 2);
const given = { weightsOfClasses: [1, 3] };

/** Names of the losses that got class weights. */
const weighed = (request: Parameters<typeof chooseLoss>[0], counts = skewed): unknown[] =>
  chooseLoss(request, counts).value.flatMap(({ name, classWeights }) => (classWeights ? [name] : []));

describe("class weights", () => {
  it("are weights of pixels where the loss is a mean over pixels, not where it averages classes", () => {
    const weightsOf = (loss: string) => pixelWeightsOf(chooseLoss({ loss, ...given }, skewed).value);
    expect(weightsOf("dice+crossEntropy")).toEqual([1, 3]);
    expect(weightsOf("ohem")).toEqual([1, 3]);
    expect(weightsOf("dice")).toBeNull();
    expect(pixelWeightsOf(chooseLoss({}, even).value)).toBeNull();
  });

  it("go to every loss that weighs pixels, and to those that average classes only where there is no other", () => {
    for (const loss of ["crossEntropy", "ohem", "bootstrapped", "hardReplay", "boundaryCrossEntropy"])
      expect(weighed({ loss: `${loss}+dice`, ...given })).toEqual([loss]);
    expect(weighed({ loss: "crossEntropy+ohem", ...given })).toEqual(["crossEntropy", "ohem"]);
    expect(weighed({ loss: "dice+focal", ...given })).toEqual(["dice", "focal"]);
    expect(weighed({ loss: "dice+lovasz", ...given })).toEqual(["dice"]);
  });

  it("come unasked where one class has 20 times the pixels of another, to losses over all pixels only", () => {
    expect(weighed({})).toEqual(["crossEntropy"]);
    expect(weighed({}, even)).toEqual([]);
    expect(weighed({ loss: "ohem" })).toEqual([]);
    expect(chooseLoss({ loss: "dice" }, skewed).reason).toContain("none, as the loss balances classes itself");
    expect(weighed({ weightsOfClasses: "none" })).toEqual([]);
  });

  it("follow the rule that is named, divided by their mean", () => {
    const [{ classWeights } = {}] = chooseLoss(
      { loss: "focal", weightsOfClasses: "inverse-square-root" },
      skewed,
    ).value;
    const [common, rare] = [1 / Math.sqrt(0.99), 10];
    const mean = (common + rare) / 2;
    expect(classWeights).toBeAllclose([common / mean, rare / mean], { rtol: 1e-3 });
  });

  it("are refused where no loss takes them, with those that do", () => {
    expect(() => chooseLoss({ loss: "lovasz", ...given }, even)).toThrow(/These do: crossEntropy, ohem, .*focal/);
  });
});

it("terms of a sum have options and weights of their own", () => {
  const request = { loss: "crossEntropy+dice", lossOptions: { dice: { weight: 0.5, smooth: 1 } } };
  const { value } = chooseLoss(request, even);
  expect(value).toEqual([{ name: "crossEntropy" }, { name: "dice", weight: 0.5, smooth: 1 }]);
  expect(() => buildLoss(value as never, "multiclass")).not.toThrow();
});

it("an unknown loss is refused with the nearest", () => {
  expect(() => chooseLoss({ loss: "crossEntropy+dise" }, even)).toThrow(/loss dise; .*Did you mean dice/);
});
