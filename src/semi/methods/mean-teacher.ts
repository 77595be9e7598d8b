/**
 * @file Mean Teacher (Tarvainen and Valpola 2017, https://arxiv.org/abs/1703.01780): the probabilities of strongly changed images
 * follow those that a moving average of the network finds for the images as they are. With CutMix as in French et al. 2020
 * (https://arxiv.org/abs/1906.01916) unless mixing is turned off.
 */
import { z } from "zod";
import { Add, Div, Max, Mul, ReduceSum, Softmax, StopGradient, Sub, type Value } from "../../graph/index.js";
import { total } from "../../losses/targets.js";
import type { Method } from "../method.js";
import { mixing, mixOption } from "../mixing.js";
import { confident, countPseudoLabels, pseudoLabels } from "../pseudo-labels.js";
import { rampUpOption, weightNow } from "../ramp-up.js";
import { centreOf } from "../total-loss.js";

const options = z.strictObject({
  weight: z
    .number()
    .min(0)
    .default(5)
    .describe("weight of the squared difference of the probabilities, summed over classes, mean over pixels"),
  rampUp: rampUpOption.default(0.4),
  threshold: z.number().min(0).max(1).default(0).describe("confidence of the teacher from which a pixel counts"),
  decay: z
    .number()
    .gt(0)
    .max(0.99999)
    .default(0.99)
    .describe("decay of the teacher, the moving average of the weights"),
  strong: z.boolean().default(true).describe("strong changes of colour on the images that learn"),
  mix: mixOption,
});

export type MeanTeacherOptions = z.output<typeof options>;

export const meanTeacher: Method<MeanTeacherOptions> = {
  name: "mean-teacher",
  title: "Mean Teacher: strongly changed images follow a moving average of the network",
  paper: "https://arxiv.org/abs/1703.01780",
  year: 2017,
  options,
  unlabelled: true,
  ema: ({ decay }) => decay,
  strongViews: () => 1,
  strong: ({ strong }) => strong,
  build(context, { threshold, mix, ...weights }) {
    const { image, unlabelled, numClasses } = context;
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
    const consistency = Div(total(Mul(squares, mixed.pixels(keep))), Max(counted, 1));
    return {
      loss: Add(supervised, Mul(consistency, weightNow(context, weights))),
      pseudo: countPseudoLabels(labels, { keep, valid, truth: at(unlabelled.truth) }, numClasses),
    };
  },
};
