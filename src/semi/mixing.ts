/**
 * @file Mixing images of a batch inside the graph: CutMix (Yun et al. 2019, https://arxiv.org/abs/1905.04899) pastes a box of the
 * next image, ClassMix (Olsson et al. 2021, https://arxiv.org/abs/2007.07936) the pixels of half of its classes.
 */
import { z } from "zod";
import {
  Add,
  And,
  Cast,
  Concat,
  type Dim,
  Equal,
  Greater,
  Less,
  Mul,
  ReduceMax,
  ReduceSum,
  type Shape,
  Slice,
  Squeeze,
  Sub,
  Unsqueeze,
  type Value,
  Where,
} from "../graph/index.js";
import type { MethodContext } from "./method.js";
import { centreOf } from "./total-loss.js";

export const mixOption = z
  .enum(["cutmix", "classmix", "none"])
  .default("cutmix")
  .describe(
    "what is pasted into images from their neighbours in the batch: boxes, the pixels of half of the classes, nothing",
  );

export type Mix = z.output<typeof mixOption>;

/** The batch moved on by one: each image's partner. */
function partners(x: Value): Value {
  const n = x.shape[0] as number;
  return n === 1 ? x : Concat([Slice(x, [0], [1], [n]), Slice(x, [0], [0], [1])], 0);
}

/**
 * Where half of the classes are that each image of `classes` [N, H, W] shows: 1 there, 0 elsewhere, [N, 1, H, W].
 *
 * @param priority random numbers [N, K] in (0, 1); the classes with the largest are taken
 */
export function halfOfClasses(classes: Value, priority: Value): Value {
  const { graph } = classes;
  const numClasses = priority.shape[1] as number;
  const numbers = graph.constant(
    Int32Array.from({ length: numClasses }, (_, i) => i),
    [1, numClasses, 1, 1],
  );
  const places = Cast(Equal(Unsqueeze(classes, [1]), numbers), "float32");
  const present = ReduceMax(places, { axes: [2, 3] });
  const score = Mul(present, priority);
  const above = ReduceSum(Cast(Greater(Unsqueeze(score, [1]), Unsqueeze(score, [2])), "float32"), { axes: [2] });
  const half = Mul(ReduceSum(present, { axes: [1], keepdims: true }), 0.5);
  const chosen = Cast(And(Greater(present, 0), Less(above, half)), "float32");
  return ReduceSum(Mul(places, Unsqueeze(chosen, [2, 3])), { axes: [1], keepdims: true });
}

/** How the images of a batch are mixed: 1 in `mask` [N, 1, H, W] where the partner's pixels are taken. */
export interface Mixing {
  /** Images [N, C, H, W]. */
  images(x: Value): Value;
  /** Whole numbers or floats by pixel [N, H, W]. */
  pixels(x: Value): Value;
}

const nothing: Mixing = { images: (x) => x, pixels: (x) => x };

/**
 * The mixing number `index` of a step.
 *
 * @param classes what ClassMix takes classes from: pseudo-labels [N, H, W] of the images before mixing
 */
export function mixing(context: MethodContext, mix: Mix, index: number, classes: Value): Mixing {
  if (mix === "none" || (classes.shape[0] as number) < 2) return nothing;
  const mask = mix === "cutmix" ? context.boxes(index) : halfOfClasses(partners(classes), context.priority(index));
  // Of boxes over the whole image, smaller maps (of networks that answer for the middle of it) see the middle.
  const maskFor = (like: Shape): Value => Unsqueeze(centreOf(Squeeze(mask, [1]), { shape: like }), [1]);
  return {
    images: (x) => {
      const taken = maskFor(x.shape);
      return Add(Mul(x, Sub(1, taken)), Mul(partners(x), taken));
    },
    pixels: (x) => {
      const [n, h, w] = x.shape as [Dim, Dim, Dim];
      return Where(Greater(Squeeze(maskFor([n, 1, h, w]), [1]), 0), partners(x), x);
    },
  };
}
