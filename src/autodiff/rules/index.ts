/** @file The gradient table: one row for every operator. */
import type { OpName } from "../../graph/ops/index.js";
import type { NotDifferentiable, Rule } from "../rule.js";
import { activationRules, softmaxRules } from "./activation.js";
import { arithmeticRules } from "./arithmetic.js";
import { convRules } from "./conv.js";
import { matrixRules } from "./matrix.js";
import { normRules } from "./norm.js";
import { poolRules } from "./pool.js";
import { reduceRules } from "./reduce.js";
import { resizeRules } from "./resize.js";
import { shapeRules } from "./shape.js";

export const rules: { readonly [Op in OpName]: Rule | NotDifferentiable } = {
  ...arithmeticRules,
  ...shapeRules,
  ...reduceRules,
  ...matrixRules,
  ...convRules,
  ...activationRules,
  ...softmaxRules,
  ...normRules,
  ...poolRules,
  ...resizeRules,
};
