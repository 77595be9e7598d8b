/** @file The choice of a plan that concerns unlabelled images: the method, and what is done to the images. */
import type { Sample } from "../data/sample.js";
import { strongTransforms, type Transform } from "../data/transforms/index.js";
import { UsageError } from "../errors/index.js";
import { chooseMethod } from "../semi/methods/registry.js";
import { labelledOnly, noPseudo, type Plan } from "./plan.js";
import type { PlanRequest } from "./request.js";

interface Given {
  /** Unlabelled images there are. */
  readonly unlabelled: number;
  /** Labelled images of a batch. */
  readonly batch: number;
  /** What is done to labelled images. */
  readonly transforms: readonly Transform[];
  readonly normalise: Plan["normalise"]["value"];
}

/** Transforms that change colours, which weak views keep as they are. */
const colours = ["colorJitter", "grayscale", "blur", "noise"];

/** What is done to pseudo-labelled images: moved as labelled ones, with strong changes of colour. */
export const pseudoTransforms = (
  transforms: readonly Transform[],
  normalise: Plan["normalise"]["value"],
): readonly Transform[] => [
  ...transforms.filter(({ name }) => !colours.includes(name) && name !== "normalize"),
  ...strongTransforms(normalise),
];

/** How pseudo-labelled images of a data set are shown to the network. */
export function choosePseudoTransforms(
  samples: readonly Sample[],
  ...given: Parameters<typeof pseudoTransforms>
): Plan["pseudoTransforms"] {
  if (!samples.some(({ role }) => role === "pseudo")) return { value: null, reason: noPseudo };
  return {
    value: pseudoTransforms(...given).map((one) => ({ ...one })),
    reason: "moved as labelled images, with strong changes of colour",
  };
}

/**
 * The method that a request asks for, and the decay of the moving average that it needs.
 *
 * @throws UsageError for an unknown method or option, or where there are no unlabelled images to learn from.
 */
export function chooseMethodPlan(
  { method: name, methodOptions = {}, unlabelledBatch }: PlanRequest,
  { unlabelled, batch, transforms, normalise }: Given,
): { plan: Plan["method"]; ema?: number } {
  if (name === undefined || name === "supervised") {
    const stray = Object.keys(methodOptions);
    if (stray.length > 0)
      throw new UsageError({ expected: "a method for these options", found: `method.${stray[0]} without a method` });
    return { plan: { value: null, reason: name === undefined ? labelledOnly : "given: supervised" } };
  }
  const { method, options } = chooseMethod(name, methodOptions);
  if (method.unlabelled && unlabelled === 0)
    throw new UsageError({
      expected: `unlabelled images for ${name}`,
      found: "none",
      next: "Add --unlabelled FOLDER, or --labels 1/8 to keep the labels of a part only.",
    });
  const views = method.strongViews(options);
  const changes =
    (method.strong?.(options) ?? true)
      ? strongTransforms(normalise)
      : transforms.filter((transform) => transform.name === "normalize");
  const plain = (list: readonly Transform[]): { [option: string]: unknown }[] => list.map((one) => ({ ...one }));
  const ema = method.ema?.(options);
  return {
    plan: {
      value: {
        name,
        options: { ...options },
        batch: Math.min(unlabelledBatch ?? batch, Math.max(1, unlabelled)),
        weak: plain(transforms.filter((transform) => !colours.includes(transform.name))),
        strong: Array.from({ length: views }, () => plain(changes)),
      },
      reason: `given; ${unlabelled} unlabelled images`,
    },
    ...(ema === undefined ? {} : { ema }),
  };
}
