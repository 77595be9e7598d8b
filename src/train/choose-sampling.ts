/** @file How often images are drawn, and which crops must hold a rare class. */
import type { Survey } from "../data/doctor/survey.js";
import { rareClasses, type SamplingRule, sampleWeights } from "../data/sampling.js";
import type { ClassCounts } from "../data/statistics.js";
import { UsageError } from "../errors/index.js";
import type { Plan } from "./plan.js";
import type { PlanRequest } from "./request.js";

const reasons: Readonly<Record<Exclude<SamplingRule, "uniform">, string>> = {
  "class-balanced": "given: every class is drawn alike, then an image that holds it",
  "rare-class": "given: the rarer a class, the more often it is drawn, then an image that holds it",
};

/**
 * The weights by which training images are drawn; none where each comes once in an epoch.
 *
 * @throws UsageError when a rule is asked for and not every training image was looked at.
 */
export function chooseSampling({ sampling = "uniform" }: PlanRequest, survey: Survey): Plan["sampling"] {
  const train = survey.records.filter(({ split }) => split === "train");
  if (sampling === "uniform")
    return { value: { rule: sampling, weights: null }, reason: "each image once in an epoch" };
  const images = survey.dataset.splits.train?.length ?? 0;
  if (train.length < images)
    throw new UsageError({
      expected: `all ${images} training images looked at, for --sampling ${sampling}`,
      found: `${train.length} of them were`,
      next: "Leave out --no-doctor.",
    });
  const weights = sampleWeights(
    train.map(({ mask }) => mask?.classPixels),
    sampling,
  );
  // Sums to 1 by nature; as multiples of the uniform share the numbers can be read: 2 comes twice in an epoch.
  const multiples = weights?.map((weight) => Number((weight * weights.length).toPrecision(5)));
  return { value: { rule: sampling, weights: multiples ?? null }, reason: reasons[sampling] };
}

/** The classes that crops are to hold, with their share; none unless asked for. */
export function chooseRareCrops(
  { rareCrops = 0 }: PlanRequest,
  { pixels }: ClassCounts,
): { classes: number[]; p: number } | undefined {
  return rareCrops > 0 ? { classes: rareClasses(pixels), p: rareCrops } : undefined;
}
