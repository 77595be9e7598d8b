/**
 * @file UniMatch (Yang et al. 2023, https://arxiv.org/abs/2208.09910): FixMatch with two strong views of each image, and a third
 * stream whose feature maps lose half of their channels between encoder and decoder.
 */
import { z } from "zod";
import { Add, Mul, Slice } from "../../graph/index.js";
import { consistencyOptions, labellerDecay, strongLoss } from "../consistency.js";
import type { Method } from "../method.js";
import { confident, countPseudoLabels, pseudoLabels, pseudoLoss } from "../pseudo-labels.js";
import { weightNow } from "../ramp-up.js";
import { centreOf } from "../total-loss.js";

const options = z.strictObject({
  ...consistencyOptions,
  featureDropout: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.5)
    .describe("share of the encoder's channels that are dropped; 0 leaves that stream out"),
});

export type UnimatchOptions = z.output<typeof options>;

export const unimatch: Method<UnimatchOptions> = {
  name: "unimatch",
  title: "UniMatch: two strong views and dropped features follow the confident labels of the weak view",
  paper: "https://arxiv.org/abs/2208.09910",
  year: 2023,
  options,
  unlabelled: true,
  ema: labellerDecay,
  strongViews: () => 2,
  strong: ({ strong }) => strong,
  build(context, { threshold, labeller, mix, featureDropout, ...weights }) {
    const { image, unlabelled, numClasses, classWeights } = context;
    const n = unlabelled.weak.shape[0] as number;
    const supervised = context.supervised(context.student(image));
    const both = featureDropout > 0 ? context.studentPerturbed(unlabelled.weak, featureDropout).logits : undefined;
    const clean = both ? Slice(both, [0], [0], [n]) : undefined;
    const logits = labeller === "teacher" || !clean ? context[labeller](unlabelled.weak).logits : clean;
    const labels = pseudoLabels(logits, classWeights);
    const valid = centreOf(unlabelled.valid, logits);
    const keep = confident(labels.confidence, threshold, valid);
    const given = { classes: labels.classes, keep, valid, mix };
    const strong = Add(strongLoss(context, 0, given), strongLoss(context, 1, given));
    const target = { classes: labels.classes, keep, valid, classWeights };
    const halves = both
      ? Add(Mul(strong, 0.25), Mul(pseudoLoss(Slice(both, [0], [n], [2 * n]), target), 0.5))
      : Mul(strong, 0.5);
    return {
      loss: Mul(Add(supervised, Mul(halves, weightNow(context, weights))), 0.5),
      pseudo: countPseudoLabels(labels, { keep, valid, truth: centreOf(unlabelled.truth, logits) }, numClasses),
    };
  },
};
