/** @file Reverse-mode automatic differentiation of graphs. */
export { gradients } from "./backward.js";
export type { NotDifferentiable, Rule, RuleInput, RulesFor } from "./rule.js";
export { elementwise, notDifferentiable, spreadOver, sumToShape } from "./rule.js";
export { rules } from "./rules/index.js";
