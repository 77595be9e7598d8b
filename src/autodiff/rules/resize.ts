/** @file Gradients of resizing: each is a linear map along height and width, so its adjoint is the transposed map. */
import {
  AveragePool,
  axisMatrix,
  MapAxes,
  nearestIndices,
  resizeMatrices,
  type resizeOps,
  transposed,
} from "../../graph/ops/index.js";
import type { RulesFor } from "../rule.js";

export const resizeRules: RulesFor<typeof resizeOps> = {
  Resize: ({ x: [x], dy, attributes }) => {
    const [height, width] = resizeMatrices(x!, attributes);
    return [MapAxes(dy, transposed(height), transposed(width))];
  },
  // The copies' cotangents are added: sums over windows as large as the factors.
  RepeatElements: ({ dy, attributes: { factors } }) => [AveragePool(dy, factors, { divisor: 1 })],
  ResizeNearest: ({ x: [x], dy, attributes: { size, exact, scales } }) => {
    const [height, width] = [0, 1].map((i) => {
      const [from, to] = [x!.shape[i + 2] as number, size[i] as number];
      const indices = nearestIndices(from, to, exact, scales && 1 / scales[i]);
      return transposed(axisMatrix(from, to, (element) => [[indices[element]!, 1]]));
    });
    return [MapAxes(dy, height!, width!)];
  },
};
