/** @file Optimizers in graph operators, parameter groups and gradient clipping. */
export { type Clipping, clipByNorm, clipByValue, clippingSchema, globalNorm } from "./clip.js";
export {
  checkGroups,
  noDecayForVectors,
  type ParameterGroup,
  type ParameterMatch,
  type ParameterSettings,
  parameterGroupSchema,
  settingsOf,
} from "./groups.js";
export type { Optimizer, OptimizerKind, Slot, Slots, Update, UpdateInput } from "./optimizer.js";
export { buildOptimizer, type OptimizerName, type OptimizerOptions, optimizerSchema, optimizers } from "./registry.js";
export {
  isTrained,
  type NetworkUpdate,
  type ParameterUpdate,
  type SlotUpdate,
  slotName,
  type Trained,
  type UpdateOptions,
  updateParameters,
} from "./update.js";
