/** @file The convolution's kernel gradient: the formulation that is fastest for the shape at hand. */
import type { Target, Value } from "../types.js";
import { kernelGradientByTaps } from "./conv-by-matrices.js";
import type { ConvKernelGradientGeometry } from "./conv-geometry.js";

export function kernelGradient(x: Value, dy: Value, geometry: ConvKernelGradientGeometry, _target: Target): Value {
  return kernelGradientByTaps(x, dy, geometry);
}
