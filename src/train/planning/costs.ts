/** @file Costs: trials of a plan's steps, and what they say of the memory and time of steps of other sizes. */
import type { Survey } from "../../data/doctor/survey.js";
import type { Plan } from "../plan.js";
import type { Budget } from "./budget.js";
import { at, fitLine, type Line, type Point } from "./fit.js";
import { type Trial, type TrialFailure, tryPlan } from "./trial.js";

/** What a step was found to need. */
export interface Cost {
  readonly batch: number;
  readonly size: readonly [height: number, width: number];
  readonly pixels: number;
  /** Whether gradients were summed over several batches. */
  readonly accumulated: boolean;
  /** Bytes of the whole process at its peak; undefined where the trial has no result. */
  readonly bytes: number | undefined;
  /** Why it has none. */
  readonly failure?: TrialFailure;
  /** Milliseconds of a batch. */
  readonly milliseconds: number;
}

/** Updates of a trial, where there is time: the first is slower, and what the second frees the third uses again. */
const trialUpdates = 3;
/** Batches of an update in a trial at most: more need as much memory, but for their images. */
const trialBatches = 2;
/** Share of a step that did not fit which may be tried next. */
const modesty = 0.9;
/** A rate that changes no weights to speak of. */
const trialRate = 1e-6;

/** Bytes of decoded images that each loader keeps at most, as its own default. */
const cacheBytes = 512 * 2 ** 20;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** Milliseconds of an update, the first left out. */
export const typicalTime = ({ steps }: Pick<Trial, "steps">): number =>
  median(steps.slice(steps.length > 1 ? 1 : 0).map(({ milliseconds }) => milliseconds));

/** Splits that a run looks at. */
const loaded = ["train", "val", "unlabelled"];

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Bytes of decoded images that a run comes to keep, of which a trial sees the first few only. */
export function keptBytes({ records, dataset }: Survey): number {
  const sizes = records.flatMap(({ split, image }) => {
    if (!image) return [];
    const width = image.type === "uint8" ? 1 : image.type === "float32" ? 4 : 2;
    return [{ split, bytes: image.height * image.width * (image.channels * width + 1) }];
  });
  // Images of a split that nobody looked at are taken to be as large as the others.
  const typical = (split: string): number => {
    const own = sizes.filter((size) => size.split === split);
    return meanOf((own.length > 0 ? own : sizes).map(({ bytes }) => bytes));
  };
  return loaded.reduce((sum, split) => {
    const images = dataset.splits[split]?.length ?? 0;
    return sum + Math.min(cacheBytes, images * typical(split));
  }, 0);
}

/** Bytes of the images and masks of a batch, with those of a method for unlabelled images. */
function batchBytes({ batch, size, data, method }: Plan): number {
  const unlabelled = method.value ? method.value.batch * (1 + method.value.strong.length) : 0;
  const values = data.channels * (batch.value + unlabelled) + batch.value;
  return Float32Array.BYTES_PER_ELEMENT * size.value[0] * size.value[1] * values;
}

export interface CostOptions {
  /** Bytes that a run needs beside those of its first steps. */
  readonly kept: number;
  readonly budget: Budget;
  /** Share of the budget that trials may use. */
  readonly share: number;
  /** Whether all trials sum gradients over several batches. */
  readonly roomForSums?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Measures steps and remembers them. */
export class Costs {
  readonly found: Cost[] = [];
  /** Milliseconds of a trial beside its updates. */
  overhead = 0;

  constructor(protected readonly options: CostOptions) {}

  get budget(): Budget {
    return this.options.budget;
  }

  /** Tries the first updates of a plan. @throws What its run would throw, but for want of memory. */
  async measure(plan: Plan): Promise<Cost> {
    const { budget, share, kept, signal } = this.options;
    const start = performance.now();
    const choice = <T>(value: T) => ({ value, reason: "trial" });
    const batches = this.batchesOf(plan.accumulate.value);
    const slow = {
      ...plan,
      schedule: choice({ name: "constant" }),
      learningRate: choice(trialRate),
      accumulate: choice(batches),
    };
    const trial = await tryPlan(slow, {
      updates: trialUpdates,
      updatesWithin: budget.leftOf(share),
      givenUpAfter: budget.left,
      ...(signal ? { signal } : {}),
    });
    const [batch, size] = [plan.batch.value, plan.size.value];
    const step = { batch, size, pixels: batch * size[0] * size[1], accumulated: batches > 1 };
    if (typeof trial === "string") return this.keep({ ...step, bytes: undefined, failure: trial, milliseconds: NaN });
    const updates = trial.steps.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    this.overhead = Math.max(this.overhead, performance.now() - start - updates);
    // All images of an update wait for it.
    const waiting = Math.max(0, plan.accumulate.value - batches) * batchBytes(plan);
    const bytes = trial.peakBytes + waiting + kept + this.own(trial);
    return this.keep({ ...step, bytes, milliseconds: typicalTime(trial) / batches });
  }

  protected keep(cost: Cost): Cost {
    this.found.push(cost);
    return cost;
  }

  /** Batches of an update in a trial. */
  private batchesOf(accumulate: number): number {
    return Math.min(trialBatches, this.options.roomForSums ? trialBatches : accumulate);
  }

  /** What a step was found to need, if that was found out. */
  of(pixels: number, accumulate: number): Cost | undefined {
    const isStep = (cost: Cost): boolean =>
      cost.pixels === pixels && cost.accumulated === this.batchesOf(accumulate) > 1;
    return this.found.find((cost) => isStep(cost) && cost.failure !== "time");
  }

  /** Whether there is time to try a step, as far as is known; none where a trial was given up. */
  canTry(pixels: number, accumulate: number): boolean {
    if (this.found.some(({ failure }) => failure === "time")) return false;
    const { budget, share } = this.options;
    const update = this.batchesOf(accumulate) * at(this.milliseconds, pixels);
    return budget.leftOf(share) > this.overhead + (Number.isFinite(update) ? update : 0);
  }

  /** Whether a batch of so many pixels was tried, or a larger one, and needed no more than `limit` bytes. */
  isProven(pixels: number, limit: number): boolean {
    return this.found.some((cost) => cost.bytes !== undefined && cost.bytes <= limit && pixels <= cost.pixels);
  }

  /** Whether a batch of so many pixels is known or expected to need no more than `limit` bytes. */
  fits(pixels: number, limit: number): boolean {
    const tooLarge = this.found.filter(({ bytes }) => bytes === undefined || bytes > limit);
    if (pixels > modesty * Math.min(...tooLarge.map((cost) => cost.pixels))) return false;
    return this.isProven(pixels, limit) || at(this.bytes, pixels) <= limit;
  }

  /** Bytes by the pixels of a batch. */
  get bytes(): Line {
    return fitLine(this.points(({ bytes }) => bytes));
  }

  /** Milliseconds of a batch by its pixels. */
  get milliseconds(): Line {
    return fitLine(this.points((cost) => (cost.bytes === undefined ? undefined : cost.milliseconds)));
  }

  private points(of: (cost: Cost) => number | undefined): Point[] {
    return this.found.flatMap((cost): Point[] => {
      const y = of(cost);
      return y === undefined ? [] : [[cost.pixels, y]];
    });
  }

  /** Bytes that this process holds beside what a fresh one does: the run will be trained in it. */
  private own({ startBytes }: Trial): number {
    return Math.max(0, process.memoryUsage.rss() - startBytes);
  }
}
