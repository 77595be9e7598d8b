/**
 * @file Adversarial training: a discriminator tells label maps that people drew from those that the network makes, and the network
 * learns to make maps that pass. With unlabelled images after Hung et al. 2018 (https://arxiv.org/abs/1802.07934), where the
 * discriminator judges each pixel and so says which ones to learn from; on labelled images alone the idea of Luc et al. 2016
 * (https://arxiv.org/abs/1611.08408) with the same discriminator, which sees maps and no image.
 */
import { z } from "zod";
import { UsageError } from "../../errors/index.js";
import {
  And,
  Cast,
  GreaterOrEqual,
  Less,
  Mul,
  Reshape,
  Sigmoid,
  Softmax,
  StopGradient,
  type Value,
} from "../../graph/index.js";
import { discriminator, discriminatorLoss, labelMaps, sumOf } from "../discriminator.js";
import type { Method, MethodContext, MethodStep } from "../method.js";
import { countPseudoLabels, pseudoLabels, pseudoLoss } from "../pseudo-labels.js";
import { centreOf } from "../total-loss.js";

const labelledOptions = z.strictObject({
  weight: z.number().min(0).default(0.01).describe("weight of the adversarial loss on labelled images"),
  width: z.int().min(1).default(64).describe("channels of the discriminator's first layer"),
  discriminatorRate: z.number().positive().default(1e-4).describe("highest learning rate of the discriminator"),
});

const options = labelledOptions.extend({
  unlabelledWeight: z.number().min(0).default(0.001).describe("weight of the adversarial loss on unlabelled images"),
  selfWeight: z.number().min(0).default(0.1).describe("weight of the pseudo-labels that the discriminator trusts"),
  trust: z.number().min(0).max(1).default(0.2).describe("the discriminator's probability from which it trusts a pixel"),
  start: z.number().min(0).max(1).default(0.25).describe("share of the run before pseudo-labels are learnt from"),
});

export type AdversarialLabelledOptions = z.output<typeof labelledOptions>;
export type AdversarialOptions = z.output<typeof options>;

/** What the discriminator says of the network's maps, and the losses that follow from labelled images. */
function contest(context: MethodContext, { weight, width, discriminatorRate }: AdversarialLabelledOptions) {
  const { image, target, numClasses } = context;
  const judge = (maps: Value): Value => context.own("discriminator", (scope) => discriminator(scope, maps, width));
  const outputs = context.student(image);
  if (outputs.samples)
    throw new UsageError({
      expected: "a network whose maps of whole images a discriminator can judge",
      found: "one that looks at some pixels of an image only while it is trained",
      next: "Choose another --method or another --model.",
    });
  const mask = centreOf(target, outputs.logits);
  const known = Cast(And(GreaterOrEqual(mask, 0), Less(mask, numClasses)), "float32");
  const made = Softmax(outputs.logits, 1);
  const passed = judge(made);
  // The discriminator's own loss needs no stop: its gradient is asked for by its parameters only.
  const rival = sumOf([
    discriminatorLoss(passed, false, known),
    discriminatorLoss(judge(labelMaps(mask, numClasses)), true, known),
  ]);
  return {
    judge,
    loss: sumOf([context.supervised(outputs), Mul(discriminatorLoss(passed, true, known), weight)]),
    rivals: { discriminator: { loss: Mul(rival, 0.5), learningRate: discriminatorRate } },
  };
}

export const adversarialLabelled: Method<AdversarialLabelledOptions> = {
  name: "adversarial-labelled",
  title: "Adversarial training on labelled images: a discriminator tells drawn masks from made ones",
  paper: "https://arxiv.org/abs/1611.08408",
  year: 2016,
  options: labelledOptions,
  unlabelled: false,
  strongViews: () => 0,
  build: (context, given) => {
    const { loss, rivals } = contest(context, given);
    return { loss, rivals };
  },
};

function build(context: MethodContext, given: AdversarialOptions): MethodStep {
  const { unlabelledWeight, selfWeight, trust, start } = given;
  const { unlabelled, numClasses, fraction, classWeights } = context;
  const { judge, loss, rivals } = contest(context, given);
  const { logits } = context.student(unlabelled.weak);
  const labels = pseudoLabels(logits, classWeights);
  const valid = centreOf(unlabelled.valid, logits);
  const begun = Cast(GreaterOrEqual(fraction, start), "float32");
  const verdict = judge(Softmax(logits, 1));
  const [n, h, w] = valid.shape as [number, number, number];
  const trusted = Cast(GreaterOrEqual(Sigmoid(StopGradient(Reshape(verdict, [n, h, w]))), trust), "float32");
  const keep = Mul(Mul(trusted, valid), begun);
  return {
    loss: sumOf([
      loss,
      Mul(discriminatorLoss(verdict, true, valid), unlabelledWeight),
      // A mean over the trusted pixels alone, as hfslyc/AdvSemiSeg has it.
      Mul(pseudoLoss(logits, { classes: labels.classes, keep, valid: keep, classWeights }), selfWeight),
    ]),
    rivals,
    pseudo: countPseudoLabels(labels, { keep, valid, truth: centreOf(unlabelled.truth, logits) }, numClasses),
  };
}

export const adversarial: Method<AdversarialOptions> = {
  name: "adversarial",
  title: "Adversarial training: the discriminator also says which pixels of unlabelled images to learn from",
  paper: "https://arxiv.org/abs/1802.07934",
  year: 2018,
  options,
  unlabelled: true,
  strongViews: () => 0,
  build,
};
