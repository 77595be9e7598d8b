/** @file Errors of functions that are made of operators: worded as the shape rules of operators are, with the layer's name. */
import { ShapeError } from "../../errors/index.js";
import { typeText } from "../print.js";
import type { Value } from "../types.js";

/** The error for operands that do not fit a function, to be thrown. */
export const refusal = (
  name: string,
  operands: readonly Value[],
  expected: string,
  found: string,
  next?: string,
): ShapeError =>
  new ShapeError({
    expected,
    found: `${name}(${operands.map(typeText).join(", ")}) has ${found}`,
    layer: operands[0]!.graph.scope,
    ...(next === undefined ? {} : { next }),
  });
