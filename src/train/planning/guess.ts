/** @file Guessing the best step from the trials so far. */
import { type BatchAnswer, chooseBatch, updatesOfRun } from "./batch.js";
import type { Cost, Costs } from "./costs.js";
import { at } from "./fit.js";
import { areaOf, chooseSize, type Size, type SizeAnswer } from "./size.js";
import type { StepOptions, StepQuestion } from "./step-options.js";

export interface Guess {
  readonly size: SizeAnswer;
  readonly batch: BatchAnswer;
}

/** The best step of those that fit. A batch of 0 says that not even one image of the smallest size does. */
export function guess(
  { request, images }: StepQuestion,
  { seen, few }: StepOptions,
  { milliseconds }: Costs,
  fits: (pixels: number) => boolean,
  accumulate: number | undefined,
): Guess {
  const { minutes } = request;
  const longest = minutes === undefined ? {} : { longest: (minutes * 60_000) / updatesOfRun };
  const size = chooseSize({ fits, milliseconds, sizes: seen, batch: few, ...longest });
  const pixels = areaOf(seen[size.index]!);
  const batch = chooseBatch({ fits, milliseconds, images, pixels, minutes, accumulate });
  if (request.batch === undefined) return { size, batch };
  return { size, batch: { ...batch, batch: request.batch, accumulate: request.accumulate ?? 1 } };
}

/** The best step of those that were tried or are no larger, as one batch; the smallest of all where there is none. */
export function guessFromTrials(question: StepQuestion, options: StepOptions, costs: Costs): Guess {
  const isProven = (pixels: number): boolean => costs.isProven(pixels, question.limit.bytes);
  const { size, batch } = guess(question, options, costs, isProven, question.request.accumulate ?? 1);
  const least = costs.found.some(({ failure }) => failure === "memory") ? 1 : options.few;
  return { size, batch: { ...batch, batch: batch.batch || least } };
}

/** What a step was found to need, or what the trials of others let expect. */
export function costFromTrials(costs: Costs, { batch, accumulate }: BatchAnswer, size: Size): Cost {
  const pixels = batch * areaOf(size);
  const found = costs.of(pixels, accumulate);
  if (found) return found;
  const step = { batch, size, pixels, accumulated: accumulate > 1, milliseconds: at(costs.milliseconds, pixels) };
  const bytes = at(costs.bytes, pixels);
  return Number.isFinite(bytes) ? { ...step, bytes } : { ...step, bytes: undefined, failure: "time" };
}
