/** @file The update of a whole network: clipping, groups, and the optimizer's rule for every parameter. */
import type { Shape } from "../graph/dim.js";
import type { Graph } from "../graph/graph.js";
import { Mul } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { type Clipping, clipByNorm, clipByValue } from "./clip.js";
import { type ParameterGroup, settingsOf } from "./groups.js";
import type { Optimizer, Slot } from "./optimizer.js";

/** A parameter with its gradient; null where the loss does not depend on it: then it stays as it is. */
export interface Trained {
  readonly name: string;
  readonly parameter: Value;
  readonly gradient: Value | null;
}

export interface UpdateOptions {
  readonly optimizer: Optimizer;
  readonly groups?: readonly ParameterGroup[];
  readonly clipping?: Clipping;
  /** Scalar inputs of the graph; `step` is a float that starts at 1. */
  readonly learningRate: Value;
  readonly step: Value;
  /** Scalar input, where the schedule moves momentum too. */
  readonly momentum?: Value;
}

/** A tensor of the training state: the buffer that holds it in the graph, and what it becomes. */
export interface SlotUpdate extends Slot {
  /** Name of the buffer: `optimizer.<slot>.<parameter>`. */
  readonly buffer: string;
  readonly next: Value;
}

export interface ParameterUpdate {
  readonly name: string;
  readonly next: Value;
  readonly slots: readonly SlotUpdate[];
}

export interface NetworkUpdate {
  /** One entry for each parameter that is trained. */
  readonly updates: readonly ParameterUpdate[];
  /** Norm of all gradients before clipping, where clipping by norm computes it. */
  readonly gradientNorm?: Value;
}

/** Name of the buffer that holds an optimizer's slot of a parameter. */
export const slotName = (slot: string, parameter: string): string => `optimizer.${slot}.${parameter}`;

/** Whether the groups leave a parameter to be trained. */
export const isTrained = (name: string, shape: Shape, groups: readonly ParameterGroup[]): boolean =>
  !settingsOf(name, shape, groups).frozen;

/** Appends the update of all parameters; slots become buffers of the graph. Clipping by value comes before clipping by norm. */
export function updateParameters(graph: Graph, trained: readonly Trained[], options: UpdateOptions): NetworkUpdate {
  const { optimizer, groups = [], clipping = {}, learningRate, step, momentum } = options;
  const active = trained.flatMap(({ name, parameter, gradient }) => {
    const settings = settingsOf(name, parameter.shape, groups);
    return gradient && !settings.frozen ? [{ name, parameter, gradient, settings }] : [];
  });
  if (active.length === 0) return { updates: [] };
  let gradients = active.map(({ gradient }) => gradient);
  if (clipping.value !== undefined) gradients = clipByValue(gradients, clipping.value);
  const byNorm = clipping.norm === undefined ? undefined : clipByNorm(gradients, clipping.norm);
  const clipped = byNorm?.gradients ?? gradients;
  const updates = active.map(
    ({ name, parameter, settings }, i): ParameterUpdate =>
      graph.inScope(`optimizer.${name}`, () => {
        const slots = optimizer.slots(parameter.shape);
        const held = slots.map((slot) => graph.buffer(slotName(slot.name, name), slot.shape, parameter.dtype));
        const update = optimizer.update({
          parameter,
          gradient: clipped[i]!,
          slots: Object.fromEntries(slots.map((slot, j) => [slot.name, held[j]!])),
          learningRate: settings.learningRateScale === 1 ? learningRate : Mul(learningRate, settings.learningRateScale),
          step,
          ...(momentum ? { momentum } : {}),
          ...(settings.weightDecay === undefined ? {} : { weightDecay: settings.weightDecay }),
        });
        return {
          name,
          next: update.parameter,
          slots: slots.map((slot) => ({ ...slot, buffer: slotName(slot.name, name), next: update.slots[slot.name]! })),
        };
      }),
  );
  return { updates, ...(byNorm ? { gradientNorm: byNorm.norm } : {}) };
}
