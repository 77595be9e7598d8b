/** @file All operator families: one table from operator name to declaration, and every operator function. */
import type { OpSpec } from "../types.js";
import { activationOps } from "./activation.js";
import { arithmeticOps } from "./arithmetic.js";
import { convOps } from "./conv.js";
import { matrixOps } from "./matrix.js";
import { poolOps } from "./pool.js";
import { reduceOps } from "./reduce.js";
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
  ...poolOps,
} satisfies Record<string, OpSpec>;

export type OpName = keyof typeof operators;

export * from "./activation.js";
export * from "./activation-functions.js";
export * from "./arithmetic.js";
export * from "./conv.js";
export * from "./conv-geometry.js";
export type { Operand } from "./define.js";
export * from "./matrix.js";
export * from "./pool.js";
export type { PoolGeometry, PoolOptions } from "./pool-geometry.js";
export * from "./reduce.js";
export * from "./shape.js";
export * from "./softmax.js";
