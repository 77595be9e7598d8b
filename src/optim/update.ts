/** @file The update of a whole network: clipping, groups, and the optimizer's rule for every parameter. */
import type { Shape } from "../graph/dim.js";
import type { Graph } from "../graph/graph.js";
import { Mul } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { bundlesOf, join, separate } from "./bundle.js";
import { type Clipping, clipByNorm, clipByValue } from "./clip.js";
import { type ParameterGroup, type ParameterSettings, settingsOf } from "./groups.js";
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
  /** Whether small parameters are updated as one tensor: the same numbers with far fewer operators. */
  readonly bundle?: boolean;
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

/** A parameter that is trained, with the gradient that it is trained by. */
interface Active extends Trained {
  readonly gradient: Value;
  readonly settings: ParameterSettings;
}

/** Appends the update of parameters of the same settings, as if they were one tensor. */
function updateTogether(graph: Graph, members: readonly Active[], options: UpdateOptions): ParameterUpdate[] {
  const { optimizer, learningRate, step, momentum } = options;
  const { learningRateScale, weightDecay } = members[0]!.settings;
  const shapes = members.map(({ parameter }) => parameter.shape);
  const slots = members.map(({ name, parameter }) =>
    optimizer.slots(parameter.shape).map((slot) => ({ ...slot, buffer: slotName(slot.name, name) })),
  );
  const held = slots[0]!.map(({ name }, j) => {
    const values = members.map(({ parameter }, i) => {
      const { buffer, shape } = slots[i]![j]!;
      return graph.buffer(buffer, shape, parameter.dtype);
    });
    return [name, join(values)] as const;
  });
  const update = optimizer.update({
    parameter: join(members.map(({ parameter }) => parameter)),
    gradient: join(members.map(({ gradient }) => gradient)),
    slots: Object.fromEntries(held),
    learningRate: learningRateScale === 1 ? learningRate : Mul(learningRate, learningRateScale),
    step,
    ...(momentum ? { momentum } : {}),
    ...(weightDecay === undefined ? {} : { weightDecay }),
  });
  const next = separate(update.parameter, shapes);
  const nextSlots = held.map(([name]) => separate(update.slots[name]!, shapes));
  return members.map(({ name }, i) => ({
    name,
    next: next[i]!,
    slots: slots[i]!.map((slot, j) => ({ ...slot, next: nextSlots[j]![i]! })),
  }));
}

/** Appends the update of all parameters; slots become buffers of the graph. Clipping by value comes before clipping by norm. */
export function updateParameters(graph: Graph, trained: readonly Trained[], options: UpdateOptions): NetworkUpdate {
  const { optimizer, groups = [], clipping = {}, bundle = false } = options;
  const active = trained.flatMap(({ name, parameter, gradient }): Active[] => {
    const settings = settingsOf(name, parameter.shape, groups);
    return gradient && !settings.frozen ? [{ name, parameter, gradient, settings }] : [];
  });
  if (active.length === 0) return { updates: [] };
  let gradients = active.map(({ gradient }) => gradient);
  if (clipping.value !== undefined) gradients = clipByValue(gradients, clipping.value);
  const byNorm = clipping.norm === undefined ? undefined : clipByNorm(gradients, clipping.norm);
  const clipped = active.map((one, i) => ({ ...one, gradient: (byNorm?.gradients ?? gradients)[i]! }));
  // A slot of one number for a whole tensor cannot be laid beside others.
  const alike = optimizer.slots([2]).every(({ shape }) => shape.length === 1);
  const bundles =
    bundle && alike
      ? bundlesOf(clipped, ({ parameter, settings }) => ({
          shape: parameter.shape,
          key: JSON.stringify([parameter.dtype, settings.learningRateScale, settings.weightDecay]),
        }))
      : clipped.map((one) => [one]);
  const updates = bundles.flatMap((members) => {
    const scope = members.length === 1 ? `optimizer.${members[0]!.name}` : "optimizer";
    return graph.inScope(scope, () => updateTogether(graph, members, options));
  });
  const place = new Map(active.map(({ name }, i) => [name, i]));
  updates.sort((a, b) => place.get(a.name)! - place.get(b.name)!);
  return { updates, ...(byNorm ? { gradientNorm: byNorm.norm } : {}) };
}
