/** @file Optimizer: a rule that turns a parameter and its gradient into the next parameter, written in graph operators; and what rules share. */
import { z } from "zod";
import type { Shape } from "../graph/dim.js";
import { Add, Div, Mul, type Operand, Sub, Tanh } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { parseOptions } from "../util/parse-options.js";

/** A tensor that an optimizer keeps from step to step for one parameter, such as momentum. */
export interface Slot {
  readonly name: string;
  readonly shape: Shape;
  /** What every element is before the first step. */
  readonly initial: number;
}

export type Slots = { readonly [name: string]: Value };

export interface UpdateInput {
  readonly parameter: Value;
  /** In the parameter's shape. */
  readonly gradient: Value;
  /** Present values of the slots. */
  readonly slots: Slots;
  /** Scalar. */
  readonly learningRate: Value;
  /** Number of this step, a float scalar that starts at 1. */
  readonly step: Value;
  /** Scalar that replaces the option `momentum` (SGD, RMSprop) or `beta1` (Adam and kin), for cyclic schedules. */
  readonly momentum?: Value;
  /** Replaces the option of the same name, for parameter groups. */
  readonly weightDecay?: number;
}

export interface Update {
  readonly parameter: Value;
  readonly slots: Slots;
}

/** An optimizer with its options: pure functions of the step's values. */
export interface Optimizer {
  readonly name: string;
  /** The slots of a parameter of this shape. */
  slots(shape: Shape): readonly Slot[];
  update(input: UpdateInput): Update;
}

/** A kind of optimizer: its options and how they become a rule. */
export interface OptimizerKind {
  /** The options, as fields of a schema. */
  readonly shape: z.ZodRawShape;
  /** @throws UsageError for unknown options and values out of range. */
  build(options: unknown): Optimizer;
}

/** The parts of a rule: slots by name with the number they start at, and the update. */
export interface OptimizerRule {
  readonly slots: { readonly [name: string]: number };
  /** Slots that hold one number instead of one for each element. */
  readonly scalars?: readonly string[];
  /** `weightDecay` is the option, or the group's value in its place. */
  update(input: UpdateInput & { readonly weightDecay: number }): Update;
}

/** A kind whose options are checked and completed; all have `weightDecay`, with the given default. */
export const optimizerKind = <Fields extends z.ZodRawShape>(
  name: string,
  fields: Fields,
  rule: (options: z.output<z.ZodObject<Fields>>) => OptimizerRule,
  defaultDecay = 0,
): OptimizerKind => {
  const shape = { ...fields, weightDecay: z.number().min(0).default(defaultDecay) };
  return {
    shape,
    build: (given) => {
      const options = parseOptions(z.strictObject(shape), given, `optimizer ${name}`) as z.output<
        z.ZodObject<Fields>
      > & {
        weightDecay: number;
      };
      const { slots, scalars = [], update } = rule(options);
      return {
        name,
        slots: (whole) =>
          Object.entries(slots).map(([slot, initial]) => ({
            name: slot,
            shape: scalars.includes(slot) ? [] : whole,
            initial,
          })),
        update: (input) => update({ ...input, weightDecay: input.weightDecay ?? options.weightDecay }),
      };
    },
  };
};

/** A decay or momentum factor in [0, 1). */
export const decayFactor = z.number().min(0).lt(1);
/** A number added to a denominator. */
export const epsilon = z.number().min(0);

/** The gradient of the loss plus `weightDecay / 2 * |parameter|^2`. */
export const withWeightDecay = (gradient: Value, parameter: Value, weightDecay: number): Value =>
  weightDecay === 0 ? gradient : Add(gradient, Mul(parameter, weightDecay));

/** `1 - x`. */
export const complement = (x: Operand): Operand => (typeof x === "number" ? 1 - x : Sub(1, x));

/** Running mean: `factor * mean + (1 - factor) * x`. */
export const runningMean = (mean: Value, x: Value, factor: Operand): Value =>
  Add(Mul(mean, factor), Mul(x, complement(factor)));

/**
 * `1 - factor^step`, what a running mean that started at zero has to be divided by.
 *
 * In float32 the difference would lose the digits that a factor such as 0.999 lives in, so it is written with
 * `1 - exp(u) = -2t / (1 - t)`, `t = tanh(u / 2)`.
 *
 * @param logarithm natural logarithm of the factor
 */
export function biasCorrection(step: Value, logarithm: Operand): Value {
  const t = Tanh(Mul(Mul(step, logarithm), 0.5));
  return Div(Mul(t, -2), Sub(1, t));
}
