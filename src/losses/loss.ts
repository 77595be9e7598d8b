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

/** A scalar from logits `[N, C, H, W]` and whole-number (or, for the two-valued tasks, float) targets. */
export type LossFunction = (logits: Value, target: Value) => Value;

/** A kind of loss: its options, the tasks it is defined for, and how they become a function. */
export interface LossKind {
  readonly tasks: readonly Task[];
  /** The options, as fields of a schema. */
  readonly shape: z.ZodRawShape;
  /** @throws UsageError for a task it is not defined for, unknown options and values out of range. */
  build(options: unknown, task: Task): LossFunction;
}

/** A kind whose options are checked and completed before `build` sees them. */
export const lossKind = <Shape extends z.ZodRawShape>(
  name: string,
  kind: { readonly tasks: readonly Task[]; readonly shape: Shape },
  loss: (logits: Value, target: Value, options: z.output<z.ZodObject<Shape>>, task: Task) => Value,
): LossKind => ({
  ...kind,
  build: (given, task) => {
    if (!kind.tasks.includes(task))
      throw new UsageError({ expected: `a ${kind.tasks.join(" or ")} task`, found: `loss ${name} for a ${task} task` });
    const options = parseOptions(z.strictObject(kind.shape), given, `loss ${name}`) as z.output<z.ZodObject<Shape>>;
    return (logits, target) => logits.graph.inScope(`loss.${name}`, () => loss(logits, target, options, task));
  },
});

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
