/** @file Loss: a function of logits and targets in graph operators, what a kind of loss brings to be chosen by name, and options that losses share. */
import { z } from "zod";
import { UsageError } from "../errors/index.js";
import type { Value } from "../graph/types.js";
import { parseOptions } from "../util/parse-options.js";

/**
 * What the channels of the logits mean, and which targets belong to them.
 *
 * - `binary`: one channel; targets 0 and 1, `[N, H, W]` or `[N, 1, H, W]`.
 * - `multiclass`: one channel a class, of which each pixel has one; targets class numbers, `[N, H, W]`.
 * - `multilabel`: one channel a class, of which each pixel has any; targets 0 and 1, `[N, C, H, W]`.
 */
export type Task = "binary" | "multiclass" | "multilabel";

export const tasks = ["binary", "multiclass", "multilabel"] as const satisfies readonly Task[];

/**
 * A scalar from logits `[N, C, H, W]` and whole-number (or, for the two-valued tasks, float) targets. Losses with a weight map
 * take what it adds to the weight of each pixel, `[N, H, W]`; the others pass over it.
 */
export type LossFunction = (logits: Value, target: Value, pixelWeights?: Value) => Value;

/** The weight map of touching objects: `w0 exp(-(d1 + d2)^2 / (2 sigma^2))`, d1 and d2 the distances to the two nearest objects. */
export interface WeightMapOptions {
  readonly w0: number;
  /** In pixels of the network's input. */
  readonly sigma: number;
  /** Classes that objects are of; default all but the first. */
  readonly objects?: readonly number[];
}

/**
 * What a loss does with class weights: `pixels` weigh in a mean over all of them, `mined pixels` in one over the hard ones, and
 * `classes` in a mean over losses of classes.
 */
export type ClassWeighting = "pixels" | "mined pixels" | "classes";

/** A kind of loss: its options, the tasks it is defined for, and how they become a function. */
export interface LossKind {
  readonly tasks: readonly Task[];
  /** The options, as fields of a schema. */
  readonly shape: z.ZodRawShape;
  /** Undefined: it takes none. */
  readonly classWeights?: ClassWeighting;
  /** The weight map that options ask for. Undefined: the loss takes none. */
  weightMap?(options: unknown): WeightMapOptions;
  /** @throws UsageError for a task it is not defined for, unknown options and values out of range. */
  build(options: unknown, task: Task): LossFunction;
}

/** A kind whose options are checked and completed before `build` and `weightMap` see them. */
export function lossKind<Shape extends z.ZodRawShape>(
  name: string,
  {
    weightMap,
    ...kind
  }: {
    readonly tasks: readonly Task[];
    readonly shape: Shape;
    readonly classWeights?: ClassWeighting;
    readonly weightMap?: (options: z.output<z.ZodObject<Shape>>) => WeightMapOptions;
  },
  loss: (
    logits: Value,
    target: Value,
    options: z.output<z.ZodObject<Shape>>,
    task: Task,
    pixelWeights: Value | undefined,
  ) => Value,
): LossKind {
  const read = (given: unknown) =>
    parseOptions(z.strictObject(kind.shape), given, `loss ${name}`) as z.output<z.ZodObject<Shape>>;
  return {
    ...kind,
    ...(weightMap ? { weightMap: (given: unknown) => weightMap(read(given)) } : {}),
    build: (given, task) => {
      if (!kind.tasks.includes(task))
        throw new UsageError({
          expected: `a ${kind.tasks.join(" or ")} task`,
          found: `loss ${name} for a ${task} task`,
        });
      const options = read(given);
      return (logits, target, pixelWeights) =>
        logits.graph.inScope(`loss.${name}`, () => loss(logits, target, options, task, pixelWeights));
    },
  };
}

/** Label of pixels that count nowhere; null when every pixel counts. */
export const ignoreIndex = z.int().nullable().default(255);
/** One weight for each class. */
export const classWeights = z.array(z.number().min(0)).min(1).optional();
/** Whether the sum over pixels is divided by their number. */
export const reduction = z.enum(["mean", "sum"]).default("mean");
/** Whether the network's outputs still have to go through a softmax or sigmoid. */
export const fromLogits = z.boolean().default(true);
/** Share of the label that is spread evenly over the classes. */
export const labelSmoothing = z.number().min(0).max(1).default(0);
