/** @file What may be chosen of a step: the sizes that are considered, and what a request for one of them says. */
import type { Survey } from "../../data/doctor/survey.js";
import { largestWhole, middleSize, chooseSize as suggestSize } from "../choices.js";
import type { Plan } from "../plan.js";
import type { PlanRequest } from "../request.js";
import { fewestImages } from "./batch.js";
import type { MemoryLimit } from "./memory.js";
import { candidateSizes, type Size } from "./size.js";

export interface StepQuestion {
  readonly survey: Survey;
  readonly request: PlanRequest;
  /** Training images. */
  readonly images: number;
  readonly limit: MemoryLimit;
  /** The plan for the request with more settled. */
  readonly derive: (more: PlanRequest) => Plan;
}

export interface StepOptions {
  /** From large to small, as derivePlan is asked for them. */
  readonly sizes: readonly Size[];
  /** The same as the network sees them: unpadded networks turn outputs into larger inputs. */
  readonly seen: readonly Size[];
  /** Whether even the first of the sizes is a crop. */
  readonly crops: boolean;
  /** Images that a size must have room for. */
  readonly few: number;
}

/** What is asked of derivePlan for a size and a batch; what the user gave, or the data suggest, stays as it is. */
export function requestFor(
  { request }: StepQuestion,
  { sizes, crops }: Pick<StepOptions, "sizes" | "crops">,
  index: number,
  batch: number,
): PlanRequest {
  if (request.size || (!crops && index === 0)) return { batch };
  const [height, width] = sizes[index]!;
  return { batch, size: [height, width], ...(request.inputRule ? {} : { inputRule: "tiles" as const }) };
}

/** Sizes that may be chosen. */
export function stepOptions(question: StepQuestion): StepOptions {
  const { survey, request, images, derive } = question;
  const suggested = suggestSize(survey, request.size).value;
  const image = middleSize(survey);
  const crops = request.size === undefined && Math.max(...image) > largestWhole;
  const sizes = request.size ? [suggested] : candidateSizes(suggested, crops, image);
  const seen = sizes.map((_, i) => derive(requestFor(question, { sizes, crops }, i, 1)).size.value);
  return { sizes, seen, crops, few: request.batch ?? Math.min(fewestImages, images) };
}
