import { describe, expect, it } from "vitest";
import { trainTransforms } from "../data/transforms/index.js";
import { chooseMethodPlan } from "./choose-method.js";

const normalise = { mean: [1, 2, 3], std: [4, 5, 6] };
const given = {
  unlabelled: 9,
  batch: 4,
  transforms: trainTransforms({ size: { height: 32, width: 32 }, ...normalise }),
  normalise,
};
const viewsOf = (method: string, methodOptions: object): unknown[][] =>
  chooseMethodPlan({ method, methodOptions: { ...methodOptions } }, given).plan.value!.strong.map((view) =>
    view.map(({ name }) => name),
  );

describe("the views that learn", () => {
  it("are changed strongly in colour, each anew, unless that is turned off", () => {
    const strong = ["colorJitter", "grayscale", "blur", "normalize"];
    expect(viewsOf("unimatch", {})).toEqual([strong, strong]);
    for (const method of ["fixmatch", "mean-teacher"]) {
      expect(viewsOf(method, {})).toEqual([strong]);
      expect(viewsOf(method, { strong: false })).toEqual([["normalize"]]);
    }
    expect(viewsOf("cps", {})).toEqual([]);
  });
});
