import { describe, it } from "vitest";
import { checkGradients } from "../../../test/evaluate.js";
import { Mul, Resize, ResizeByFactor, type ResizeMode } from "../../graph/index.js";
import { gradients } from "../backward.js";

const cases: { [name: string]: { size: [number, number]; mode: ResizeMode; align?: boolean; antialias?: boolean } } = {
  "bilinear to an odd size": { size: [5, 9], mode: "bilinear" },
  "bilinear with aligned corners": { size: [7, 3], mode: "bilinear", align: true },
  bicubic: { size: [6, 4], mode: "bicubic" },
  "bilinear antialiased": { size: [2, 3], mode: "bilinear", antialias: true },
  area: { size: [2, 4], mode: "area" },
  "nearest to twice the size": { size: [6, 10], mode: "nearest" },
  "nearest to an odd size": { size: [5, 3], mode: "nearest" },
  "nearest-exact": { size: [4, 7], mode: "nearest-exact" },
};

describe("resize gradients equal central differences in float64", () => {
  for (const [name, { size, mode, align, antialias }] of Object.entries(cases))
    it(name, () =>
      checkGradients({
        inputs: { x: [2, 1, 3, 5] },
        build: ({ x }) => Resize(x!, size, mode, align, { antialias: antialias ?? false }),
      }),
    );

  it("by a factor that leaves part of an element over", () =>
    checkGradients({ inputs: { x: [1, 2, 3, 5] }, build: ({ x }) => ResizeByFactor(x!, [1.5, 0.7], "bilinear") }));

  it("nearest by a factor that leaves part of an element over", () =>
    checkGradients({
      inputs: { x: [1, 2, 3, 5] },
      build: ({ x }) => Resize(x!, [4, 3], "nearest", false, { scales: [1.5, 0.7] }),
    }));

  for (const mode of ["bilinear", "nearest"] as const)
    it(`the gradient of a gradient, ${mode}`, () =>
      checkGradients({
        inputs: { x: [1, 1, 2, 3] },
        build: ({ x }) => {
          const y = Resize(x!, [4, 6], mode);
          return gradients(Mul(y, Mul(y, y)), [x!], y.graph.constant(new Float64Array(24).fill(1), [1, 1, 4, 6]))[0]!;
        },
      }));
});
