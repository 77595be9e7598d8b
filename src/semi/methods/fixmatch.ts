/**
 * @file FixMatch (Sohn et al. 2020, https://arxiv.org/abs/2001.07685) for masks, as in LiheYoung/UniMatch: what the network finds
 * with confidence in images as they are is the label of the same images changed strongly and mixed.
 */
import { z } from "zod";
import { Add, Mul } from "../../graph/index.js";
import { consistencyOptions, labellerDecay, strongLoss } from "../consistency.js";
import type { Method } from "../method.js";
import { confident, countPseudoLabels, pseudoLabels } from "../pseudo-labels.js";
import { weightNow } from "../ramp-up.js";
import { centreOf } from "../total-loss.js";

const options = z.strictObject(consistencyOptions);

export type FixmatchOptions = z.output<typeof options>;

export const fixmatch: Method<FixmatchOptions> = {
  name: "fixmatch",
  title: "FixMatch: confident labels of images as they are, for the same images changed strongly",
  paper: "https://arxiv.org/abs/2001.07685",
  year: 2020,
  options,
  unlabelled: true,
  ema: labellerDecay,
  strongViews: () => 1,
  strong: ({ strong }) => strong,
  build(context, { threshold, labeller, mix, ...weights }) {
    const { image, unlabelled, numClasses, classWeights } = context;
    const supervised = context.supervised(context.student(image));
    const { logits } = context[labeller](unlabelled.weak);
    const labels = pseudoLabels(logits, classWeights);
    const valid = centreOf(unlabelled.valid, logits);
    const keep = confident(labels.confidence, threshold, valid);
    const strong = strongLoss(context, 0, { classes: labels.classes, keep, valid, mix });
    return {
      loss: Mul(Add(supervised, Mul(strong, weightNow(context, weights))), 0.5),
      pseudo: countPseudoLabels(labels, { keep, valid, truth: centreOf(unlabelled.truth, logits) }, numClasses),
    };
  },
};
