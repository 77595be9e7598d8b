/**
 * @file CPS, cross pseudo supervision (Chen et al. 2021, https://arxiv.org/abs/2106.01226): two networks that start differently,
 * each learning what the other finds in mixed images. The first one is kept.
 */
import { z } from "zod";
import { Add, Mul, type Value } from "../../graph/index.js";
import type { Method } from "../method.js";
import { mixing, mixOption } from "../mixing.js";
import { confident, countPseudoLabels, type PseudoLabels, pseudoLabels, pseudoLoss } from "../pseudo-labels.js";
import { rampUpOption, weightNow } from "../ramp-up.js";
import { centreOf } from "../total-loss.js";

const options = z.strictObject({
  weight: z.number().min(0).default(1).describe("weight of the loss on unlabelled images"),
  rampUp: rampUpOption.default(0),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("confidence from which a pixel is learnt from; the paper takes all"),
  mix: mixOption,
});

export type CpsOptions = z.output<typeof options>;

export const cps: Method<CpsOptions> = {
  name: "cps",
  title: "CPS: two networks that label images for each other",
  paper: "https://arxiv.org/abs/2106.01226",
  year: 2021,
  options,
  unlabelled: true,
  strongViews: () => 0,
  boxes: "three",
  build(context, { threshold, mix, ...weights }) {
    const { image, unlabelled, numClasses, classWeights } = context;
    const supervised = Add(context.supervised(context.student(image)), context.supervised(context.second(image)));
    const networks = [(x: Value) => context.student(x).logits, (x: Value) => context.second(x).logits] as const;
    const found = networks.map((network) => network(unlabelled.weak)) as [Value, Value];
    const labelled = found.map((logits) => pseudoLabels(logits, classWeights));
    const [first, second] = labelled as [PseudoLabels, PseudoLabels];
    const valid = centreOf(unlabelled.valid, found[0]);
    // Both networks see the same mixture, so the pasted pixels are chosen once.
    const mixed = mixing(context, mix, 0, first.classes);
    const images = mixed.images(unlabelled.weak);
    const keep = confident(first.confidence, threshold, valid);
    const taught = (network: 0 | 1, { classes, confidence }: PseudoLabels): Value =>
      pseudoLoss(networks[network](images), {
        classes: mixed.pixels(classes),
        keep: mixed.pixels(confident(confidence, threshold, valid)),
        valid: mixed.pixels(valid),
        classWeights,
      });
    const crossed = Add(taught(0, second), taught(1, first));
    return {
      loss: Add(supervised, Mul(crossed, weightNow(context, weights))),
      pseudo: countPseudoLabels(first, { keep, valid, truth: centreOf(unlabelled.truth, found[0]) }, numClasses),
    };
  },
};
