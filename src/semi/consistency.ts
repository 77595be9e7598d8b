/** @file Consistency: what FixMatch and its relatives share, the options and the loss of one strong view. */
import { z } from "zod";
import type { Value } from "../graph/index.js";
import type { MethodContext } from "./method.js";
import { type Mix, mixing, mixOption } from "./mixing.js";
import { pseudoLoss } from "./pseudo-labels.js";
import { rampUpOption } from "./ramp-up.js";

/** Options that FixMatch and its relatives share. */
export const consistencyOptions = {
  threshold: z.number().min(0).max(1).default(0.95).describe("confidence from which a pixel is learnt from"),
  weight: z.number().min(0).default(1).describe("weight of the loss on unlabelled images"),
  rampUp: rampUpOption.default(0),
  labeller: z
    .enum(["student", "teacher"])
    .default("student")
    .describe("who labels: the network itself, or its moving average"),
  decay: z.number().gt(0).max(0.99999).default(0.996).describe("decay of that average"),
  strong: z
    .boolean()
    .default(true)
    .describe("strong changes of colour on the views that learn; without, mixing alone changes them"),
  mix: mixOption,
} as const;

interface LabellerOptions {
  readonly labeller: "student" | "teacher";
  readonly decay: number;
}

/** The moving average that a labeller needs. */
export const labellerDecay = ({ labeller, decay }: LabellerOptions): number | undefined =>
  labeller === "teacher" ? decay : undefined;

/** Loss of one strong view, mixed, against the pseudo-labels of the weak one, mixed likewise. */
export function strongLoss(
  context: MethodContext,
  index: number,
  { classes, keep, valid, mix }: { classes: Value; keep: Value; valid: Value; mix: Mix },
): Value {
  const mixed = mixing(context, mix, index, classes);
  const { logits } = context.student(mixed.images(context.unlabelled.strong[index]!));
  const { classWeights } = context;
  const [given, kept, seen] = [classes, keep, valid].map(mixed.pixels) as [Value, Value, Value];
  return pseudoLoss(logits, { classes: given, keep: kept, valid: seen, classWeights });
}
