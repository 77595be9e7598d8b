import { describe, expect, it } from "vitest";
import { evaluate } from "../../test/evaluate.js";
import { countClasses } from "../data/statistics.js";
import { Graph } from "../graph/index.js";
import { buildLoss } from "../losses/index.js";
import { float32, int32 } from "../runtime/tensor.js";
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

  it("tell that they come from a part of the images, and are refused where a class is in none of these", () => {
    const seen = { ...skewed, of: { looked: 20, images: 50 } };
    expect(chooseLoss({ weightsOfClasses: "enet" }, seen).reason).toContain(
      "given: enet, from 20 of 50 training images",
    );
    const missing = { ...countClasses([[990, 0]], 2), of: seen.of };
    const request = { weightsOfClasses: "inverse-square-root" };
    expect(() => chooseLoss(request, missing)).toThrow(
      /1 classes without any; expected pixels of every class in the 20 of 50/,
    );
    expect(() => chooseLoss(request, { ...missing, of: { looked: 50, images: 50 } })).not.toThrow();
  });

  it("are refused where no loss takes them, with those that do", () => {
    expect(() => chooseLoss({ loss: "lovasz", ...given }, even)).toThrow(/These do: crossEntropy, ohem, .*focal/);
  });
});

describe("what cannot be learnt with", () => {
  const refused = (request: Parameters<typeof chooseLoss>[0]) => expect(() => chooseLoss(request, even));

  it("is an option of a loss that is not in the sum, which would change nothing", () => {
    refused({ lossOptions: { dice: { weight: 0.5 } } }).toThrow(
      /loss\.dice\.weight; expected options of crossEntropy.*Add --loss crossEntropy\+dice/,
    );
    refused({ lossOptions: { crossentropy: { labelSmoothing: 0.1 } } }).toThrow("Did you mean crossEntropy?");
  });

  it("is an option that a loss does not have, or a value out of its range, its weight included", () => {
    refused({ lossOptions: { crossEntropy: { labelSmooth: 0.1 } } }).toThrow("Did you mean labelSmoothing?");
    refused({ lossOptions: { crossEntropy: { weight: -1 } } }).toThrow("loss crossEntropy was given weight = -1");
    refused({ lossOptions: { crossEntropy: { weight: "much" } } }).toThrow(/weight: number/);
  });

  it("is a list of class weights of another length, or of nothing but zeros", () => {
    refused({ weightsOfClasses: [1, 2, 3] }).toThrow("3 of them; expected a weight for each of the 2 classes");
    refused({ weightsOfClasses: [0, 0] }).toThrow("at least is above 0");
  });
});

it("losses of sets with more than 255 classes ignore their void value, and learn class 255", async () => {
  const { value } = chooseLoss({ loss: "crossEntropy+dice" }, countClasses([], 300), 65535);
  expect(value.map(({ ignoreIndex }) => ignoreIndex)).toEqual([65535, 65535]);
  const lossOf = async (label: number): Promise<number> => {
    const graph = new Graph();
    const logits = graph.input("logits", "float32", [1, 300, 1, 2]);
    const target = graph.input("target", "int32", [1, 1, 2]);
    graph.output("loss", buildLoss(value.slice(0, 1) as never, "multiclass")(logits, target));
    const feeds = {
      logits: float32(new Float32Array(600).fill(1), [1, 300, 1, 2]),
      target: int32([label, 65535], [1, 1, 2]),
    };
    return ((await evaluate(graph, feeds)).loss!.data as Float32Array)[0]!;
  };
  // One pixel of 300 equal scores; the void one counts nowhere.
  expect(await lossOf(255)).toBeCloseTo(Math.log(300), 5);
  expect(await lossOf(65535)).toBeCloseTo(0, 12);
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
