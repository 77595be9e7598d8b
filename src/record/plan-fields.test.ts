import { describe, expect, it } from "vitest";
import { somePlan } from "../../test/recorded-run.js";
import { differingFields, planFields } from "./plan-fields.js";

describe("planFields", () => {
  it("flattens choices, options by name, lists, and what the schema does not know", () => {
    const method = { value: { name: "fixmatch", options: { threshold: 0.95 }, strong: [] }, reason: "given" };
    expect(Object.fromEntries(planFields(somePlan({ method, tags: ["x", 2] })))).toEqual({
      "data.path": "/data/set",
      data: "set",
      "data.options.fold.index": 1,
      "data.options.fold.count": 5,
      "data.images.train": 8,
      "data.classes": 2,
      model: "unet",
      "modelOptions.encoder": "resnet18",
      "modelOptions.width": 8,
      size: "48x40",
      learningRate: 0.01,
      optimizer: "sgd",
      "optimizer.momentum": 0.9,
      loss: "crossEntropy+dice",
      "loss.crossEntropy.smoothing": 0.1,
      weights: "none",
      method: "fixmatch",
      "method.options.threshold": 0.95,
      "method.strong": "none",
      tags: "x,2",
    });
  });

  it("tells two parts of one name apart by their place", () => {
    const value = [
      { name: "flip", p: 0.5 },
      { name: "flip", p: 0.1 },
    ];
    expect(Object.fromEntries(planFields({ steps: { value, reason: "" } }))).toEqual({
      steps: "flip+flip",
      "steps.flip.p": 0.5,
      "steps.flip.1.p": 0.1,
    });
  });
});

describe("differingFields", () => {
  it("names what differs and what one side lacks, not reasons", () => {
    const [a, b] = [
      planFields(somePlan()),
      planFields(
        somePlan({
          learningRate: { value: 0.01, reason: "another" },
          optimizer: { value: { name: "adamW" }, reason: "" },
        }),
      ),
    ];
    expect(differingFields(a, b)).toEqual([
      { field: "optimizer", first: "sgd", second: "adamW" },
      { field: "optimizer.momentum", first: 0.9, second: undefined },
    ]);
    expect(differingFields(a, a)).toEqual([]);
  });
});
