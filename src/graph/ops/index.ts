/** @file All operator families: one table from operator name to declaration, and every operator function. */
import type { OpSpec } from "../types.js";
import { activationOps } from "./activation.js";
import { arithmeticOps } from "./arithmetic.js";
import { convOps } from "./conv.js";
import { matrixOps } from "./matrix.js";
import { normOps } from "./norm.js";
import { poolOps } from "./pool.js";
import { reduceOps } from "./reduce.js";
import { resizeOps } from "./resize.js";
import { shapeOps } from "./shape.js";
import { softmaxOps } from "./softmax.js";

export const operators = {
  ...arithmeticOps,
  ...shapeOps,
  ...reduceOps,
  ...matrixOps,
  ...convOps,
  ...activationOps,
  ...softmaxOps,
  ...normOps,
  ...poolOps,
  ...resizeOps,
} satisfies Record<string, OpSpec>;

export type OpName = keyof typeof operators;

export * from "./activation.js";
export * from "./activation-functions.js";
export * from "./adaptive-pool.js";
export * from "./arithmetic.js";
export * from "./attention.js";
export * from "./average-pool.js";
export * from "./axis-matrices.js";
export * from "./conv.js";
export * from "./conv-geometry.js";
export type { Operand } from "./define.js";
export * from "./deform-conv.js";
export * from "./interpolation.js";
export * from "./matrix.js";
export * from "./norm.js";
export * from "./norm-by-neighbours.js";
export * from "./pool.js";
export type { PoolGeometry, PoolOptions } from "./pool-geometry.js";
export * from "./reduce.js";
export * from "./regions.js";
export * from "./resize.js";
export * from "./sampling.js";
export * from "./shape.js";
export * from "./shuffle.js";
export * from "./softmax.js";
export * from "./statistics.js";
export * from "./unfold.js";
