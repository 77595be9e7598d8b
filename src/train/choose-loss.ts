/** @file The loss of a plan, and what weighs the classes in it. */
import type { IgnoreIndex } from "../data/sample.js";
import { type ClassCounts, classWeights, type WeightRule, weightRules } from "../data/statistics.js";
import { UsageError } from "../errors/index.js";
import { buildLoss, type ClassWeighting, type LossKind, type LossOptions, losses, lossesFor } from "../losses/index.js";
import { requireKnown } from "../util/known-name.js";
import type { Choice } from "./plan.js";
import type { PlanRequest } from "./request.js";

/** Void in masks of up to 255 classes, and what losses ignore unless they are told otherwise. */
const usualIgnoreIndex: IgnoreIndex = 255;

/** How many times the pixels of the rarest class the commonest may have before classes are weighed unasked. */
const balanced = 20;

/** Pixels of the classes, and in how many of the training images they were counted. */
export interface CountedClasses extends ClassCounts {
  readonly of?: { readonly looked: number; readonly images: number };
}

/** @throws UsageError when a class would never be learnt because no image was looked at that has it. */
function requireSeen(weights: readonly number[], { of }: CountedClasses): void {
  if (!of || of.looked >= of.images || weights.every((weight) => weight > 0)) return;
  throw new UsageError({
    expected: `pixels of every class in the ${of.looked} of ${of.images} training images that were looked at, for class weights`,
    found: `${weights.filter((weight) => weight === 0).length} classes without any`,
    next: "Leave out --no-doctor, so that all are looked at, or give the weights as numbers.",
  });
}

/** Class weights of a rule, or none: `1/ln(1.02+p)` where the rarest class is much rarer than the commonest. */
function chooseClassWeights(
  counts: CountedClasses,
  given: string | readonly number[] | undefined,
): Choice<readonly number[] | null> {
  if (given !== undefined && typeof given !== "string") {
    if (given.length !== counts.pixels.length)
      throw new UsageError({
        expected: `a weight for each of the ${counts.pixels.length} classes`,
        found: `${given.length} of them`,
      });
    if (!given.some((weight) => weight > 0))
      throw new UsageError({
        expected: "class weights of which one at least is above 0",
        found: given.join(","),
        next: "Give every class to be learnt a weight, usually around 1.",
      });
    return { value: given, reason: "given" };
  }
  const present = counts.pixels.filter((n) => n > 0);
  const imbalance = Math.max(...present) / Math.min(...present);
  const rule = given ?? (imbalance > balanced ? "enet" : "none");
  if (rule === "none")
    return {
      value: null,
      reason: given ? "given" : `the commonest class has ${imbalance.toFixed(1)} times the pixels of the rarest`,
    };
  if (!(weightRules as readonly string[]).includes(rule))
    throw new UsageError({
      expected: `class weights by none, ${weightRules.join(", ")}, or one number a class`,
      found: rule,
    });
  const weights = classWeights(counts, rule as WeightRule);
  requireSeen(weights, counts);
  const { looked, images } = counts.of ?? { looked: 0, images: 0 };
  const partly = looked < images ? `, from ${looked} of ${images} training images` : "";
  const mean = weights.reduce((sum, w) => sum + w, 0) / weights.length;
  return {
    value: weights.map((w) => Number((w / mean).toPrecision(4))),
    reason: given
      ? `given: ${rule}${partly}`
      : `${rule} weights, as the commonest class has ${imbalance.toFixed(0)} times the pixels of the rarest${partly}`,
  };
}

/** What a loss does with class weights; undefined where it takes none, or does not exist. */
const weighting = (name: string): ClassWeighting | undefined =>
  (losses as { readonly [name: string]: LossKind })[name]?.classWeights;

/**
 * The class weights that pixels have in the losses of a plan, which bend a network's probabilities; null where there are none. Those
 * of a loss that averages over classes do not.
 */
export function pixelWeightsOf(chosen: readonly { readonly [option: string]: unknown }[]): readonly number[] | null {
  const weighed = chosen.find(
    ({ name, classWeights }) => Array.isArray(classWeights) && weighting(String(name)) !== "classes",
  );
  return weighed ? (weighed.classWeights as number[]) : null;
}

/**
 * Which losses of a sum get the class weights: those that weigh pixels; where there are none, those that average losses of
 * classes, which are balanced without weights.
 *
 * Weights nobody asked for go only to losses over all pixels: mining, overlap and focal losses cure imbalance themselves.
 */
function weighedLosses(names: readonly string[], given: boolean): string[] {
  const pick = (...kinds: ClassWeighting[]): string[] => names.filter((name) => kinds.includes(weighting(name)!));
  if (!given) return pick("pixels");
  const pixelwise = pick("pixels", "mined pixels");
  return pixelwise.length > 0 ? pixelwise : pick("classes");
}

/**
 * Nobody is to wonder why an option changes nothing.
 *
 * @throws UsageError for options of a loss that does not exist or is not among those of the sum.
 */
function requireUsed(options: NonNullable<PlanRequest["lossOptions"]>, names: readonly string[]): void {
  for (const one of Object.keys(options)) requireKnown("loss", one, losses);
  const stray = Object.keys(options).find((one) => !names.includes(one));
  if (stray === undefined) return;
  const option = Object.keys(options[stray]!)[0];
  throw new UsageError({
    expected: `options of ${names.join(" or ")}, of which the loss is made`,
    found: `loss.${stray}${option === undefined ? "" : `.${option}`}`,
    next: `Add --loss ${[...names, stray].join("+")}, or leave the option out.`,
  });
}

/**
 * The losses of a plan, from names joined by `+`.
 *
 * @param ignoreIndex value of the masks' void pixels
 * @throws UsageError for an unknown loss or rule, options that no loss has or that are out of range, and for class weights where no
 *   loss takes them.
 */
export function chooseLoss(
  request: PlanRequest,
  counts: CountedClasses,
  ignoreIndex: IgnoreIndex = usualIgnoreIndex,
): Choice<{ [key: string]: unknown }[]> {
  const name = request.loss ?? "crossEntropy";
  const names = name.split("+");
  for (const one of names) requireKnown("loss", one, losses);
  requireUsed(request.lossOptions ?? {}, names);
  const asked = request.weightsOfClasses !== undefined;
  const weights = chooseClassWeights(counts, request.weightsOfClasses);
  const weighed = weights.value === null ? [] : weighedLosses(names, asked);
  if (asked && weights.value !== null && weighed.length === 0)
    throw new UsageError({
      expected: "a loss that takes class weights",
      found: `loss ${name}`,
      next: `These do: ${lossesFor("multiclass").filter(weighting).join(", ")}; join several with +.`,
    });
  const value = names.map((one) => ({
    name: one,
    ...(ignoreIndex === usualIgnoreIndex ? {} : { ignoreIndex }),
    ...(weighed.includes(one) ? { classWeights: [...weights.value!] } : {}),
    ...request.lossOptions?.[one],
  }));
  // What a loss does not take is better said now than when the step is built.
  buildLoss(value as LossOptions[], "multiclass");
  const used =
    weights.value === null || weighed.length > 0 ? weights.reason : "none, as the loss balances classes itself";
  return {
    value,
    reason: `${request.loss ? "given" : "the usual loss of one class a pixel"}; class weights: ${used}`,
  };
}
