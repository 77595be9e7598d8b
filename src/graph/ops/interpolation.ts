/**
 * @file Where an element of a resized axis looks in the original, as PyTorch's `interpolate` defines it: interpolation
 * matrices, and the indices of nearest neighbours.
 */
import { type AxisMatrix, axisMatrix } from "./axis-matrices.js";

export type LinearMode = "bilinear" | "bicubic";

export interface InterpolationAxis {
  readonly mode: LinearMode;
  /** Whether the centres of the first and last elements stay in place (true), or the outer edges do. */
  readonly alignCorners: boolean;
  /** Whether the filter widens when the axis shrinks, so that every element counts. */
  readonly antialias: boolean;
  /** Step from one output element to the next in elements of the original; from the sizes when left out. */
  readonly step?: number;
}

/** Keys' cubic convolution (https://doi.org/10.1109/TASSP.1981.1163711) at a distance of at most 2. */
function cubic(distance: number, a: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? a * (((d - 5) * d + 8) * d - 4) : 0;
}

const clamp = (i: number, size: number): number => Math.min(Math.max(i, 0), size - 1);

/** The matrix [to, from] of an interpolation along one axis. */
export function interpolationMatrix(from: number, to: number, axis: InterpolationAxis): AxisMatrix {
  if (axis.antialias) return antialiasedMatrix(from, to, axis);
  const step = stepOf(from, to, axis);
  return axisMatrix(from, to, (i) => {
    const source = axis.alignCorners ? i * step : (i + 0.5) * step - 0.5;
    if (axis.mode === "bilinear") {
      const place = Math.max(source, 0);
      const [first, share] = [Math.floor(place), place - Math.floor(place)];
      return [
        [clamp(first, from), 1 - share],
        [clamp(first + 1, from), share],
      ];
    }
    const first = Math.floor(source);
    return [-1, 0, 1, 2].map((j) => [clamp(first + j, from), cubic(source - (first + j), -0.75)] as const);
  });
}

function stepOf(from: number, to: number, { alignCorners, step }: InterpolationAxis): number {
  if (alignCorners) return to > 1 ? (from - 1) / (to - 1) : 0;
  return step ?? from / to;
}

/** The filter's support grows with the step; its weights are normalised to sum to 1. */
function antialiasedMatrix(from: number, to: number, axis: InterpolationAxis): AxisMatrix {
  const step = stepOf(from, to, axis);
  const stretch = Math.max(step, 1);
  const support = (axis.mode === "bilinear" ? 1 : 2) * stretch;
  return axisMatrix(from, to, (i) => {
    const centre = step * (i + 0.5);
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), from);
    const weights = Array.from({ length: end - first }, (_, j) => {
      const distance = (first + j - centre + 0.5) / stretch;
      return axis.mode === "bilinear" ? Math.max(1 - Math.abs(distance), 0) : cubic(distance, -0.5);
    });
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight, j) => [first + j, weight / sum] as const);
  });
}

/**
 * Index of the nearest element for each element of the resized axis, computed in float32 as PyTorch does: where a product
 * falls on the edge between two elements, its rounding decides.
 */
export function nearestIndices(from: number, to: number, exact: boolean, step = from / to): number[] {
  const scale = Math.fround(step);
  return Array.from({ length: to }, (_, i) =>
    clamp(Math.floor(Math.fround(Math.fround(i + (exact ? 0.5 : 0)) * scale)), from),
  );
}
