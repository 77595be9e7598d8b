/**
 * @file Mean Teacher (Tarvainen and Valpola 2017, https://arxiv.org/abs/1703.01780): the probabilities of strongly changed images
 * follow those that a moving average of the network finds for the images as they are. With CutMix as in French et al. 2020
 * (https://arxiv.org/abs/1906.01916) unless mixing is turned off.
 */
import { z } from "zod";
import { Add, Div, Exp, Max, Min, Mul, ReduceSum, Softmax, StopGradient, Sub, type Value } from "../../graph/index.js";
import { total } from "../../losses/targets.js";
import type { Method } from "../method.js";
import { mixing, mixOption } from "../mixing.js";
import { confident, countPseudoLabels, pseudoLabels } from "../pseudo-labels.js";
import { centreOf } from "../total-loss.js";

const options = z.strictObject({
  weight: z.number().min(0).default(100).describe("weight of the mean squared difference of the probabilities"),
  rampUp: z.number().min(0).max(1).default(0.1).describe("share of the run over which that weight grows from 0"),
  threshold: z.number().min(0).max(1).default(0).describe("confidence of the teacher from which a pixel counts"),
  decay: z
    .number()
    .min(0)
    .max(0.99999)
    .default(0.99)
    .describe("decay of the teacher, the moving average of the weights"),
  mix: mixOption,
});

export type MeanTeacherOptions = z.output<typeof options>;

/** Weight of an unsupervised loss: exp(-5 (1 - t)^2) over the first part of a run. */
export function rampUp(fraction: Value, share: number): Value | number {
  if (share === 0) return 1;
  const rest = Sub(1, Min(Div(fraction, share), 1));
  return Exp(Mul(Mul(rest, rest), -5));
}

export const meanTeacher: Method<MeanTeacherOptions> = {
  name: "mean-teacher",
  title: "Mean Teacher: strongly changed images follow a moving average of the network",
  paper: "https://arxiv.org/abs/1703.01780",
  year: 2017,
  options,
  unlabelled: true,
  ema: ({ decay }) => decay,
  strongViews: () => 1,
  build(context, { weight, rampUp: share, threshold, mix }) {
    const { image, unlabelled, fraction, numClasses } = context;
    const supervised = context.supervised(context.student(image));
    const taught = context.teacher(unlabelled.weak).logits;
    const labels = pseudoLabels(taught);
    const at = (map: Value): Value => centreOf(map, taught);
    const valid = at(unlabelled.valid);
    const keep = confident(labels.confidence, threshold, valid);
    const mixed = mixing(context, mix, 0, labels.classes);
    const { logits } = context.student(mixed.images(unlabelled.strong[0]!));
    const difference = Sub(Softmax(logits, 1), mixed.images(Softmax(StopGradient(taught), 1)));
    const squares = ReduceSum(Mul(difference, difference), { axes: [1] });
    const counted = total(mixed.pixels(valid));
    const consistency = Div(total(Mul(squares, mixed.pixels(keep))), Mul(Max(counted, 1), numClasses));
    return {
      loss: Add(supervised, Mul(Mul(consistency, weight), rampUp(fraction, share))),
      pseudo: countPseudoLabels(labels, { keep, valid, truth: at(unlabelled.truth) }, numClasses),
    };
  },
};
