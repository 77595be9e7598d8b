/** @file Costs: trials of a plan's steps, and what they say of the memory and time of steps of other sizes. */
import type { Survey } from "../../data/doctor/survey.js";
import type { Plan } from "../plan.js";
import { at, fitLine, type Line, type Point } from "./fit.js";
import { type Trial, type TrialOptions, tryPlan } from "./trial.js";

/** What a step was found to need. */
export interface Cost {
  readonly batch: number;
  readonly size: readonly [height: number, width: number];
  readonly pixels: number;
  /** Bytes of the whole process at its peak; undefined where memory ran out. */
  readonly bytes: number | undefined;
  readonly milliseconds: number;
}

/** Updates of a trial: the first is slower, and what the second frees the third uses again. */
const trialUpdates = 3;
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

/** Bytes of decoded images that a run comes to keep, of which a trial sees the first few only. */
export function keptBytes({ records, total }: Survey): number {
  const bySplit = new Map<string, number>();
  for (const { split, image } of records)
    if (image && split !== "test") {
      const width = image.type === "uint8" ? 1 : image.type === "float32" ? 4 : 2;
      const bytes = image.height * image.width * (image.channels * width + 1);
      bySplit.set(split, (bySplit.get(split) ?? 0) + bytes);
    }
  const seen = total / Math.max(1, records.length);
  return [...bySplit.values()].reduce((sum, bytes) => sum + Math.min(cacheBytes, seen * bytes), 0);
}

/** Measures steps and remembers them. */
export class Costs {
  readonly found: Cost[] = [];

  /** @param kept bytes that a run needs beside those of its first steps */
  constructor(
    private readonly kept: number,
    private readonly options: Omit<TrialOptions, "updates">,
  ) {}

  /** Tries the first updates of a plan. @throws What its run would throw, but for want of memory. */
  async measure(plan: Plan): Promise<Cost> {
    const constant = { value: { name: "constant" }, reason: "trial" };
    const slow = { ...plan, schedule: constant, learningRate: { value: trialRate, reason: "trial" } };
    const trial = await tryPlan(slow, { ...this.options, updates: trialUpdates });
    const [batch, size] = [plan.batch.value, plan.size.value];
    const cost: Cost = {
      batch,
      size,
      pixels: batch * size[0] * size[1],
      bytes: trial && trial.peakBytes + this.kept + this.own(trial),
      milliseconds: trial ? typicalTime(trial) / plan.accumulate.value : Number.NaN,
    };
    this.found.push(cost);
    return cost;
  }

  /** Whether a batch of so many pixels is known or expected to need no more than `limit` bytes. */
  fits(pixels: number, limit: number): boolean {
    const isGood = ({ bytes }: Cost): boolean => bytes !== undefined && bytes <= limit;
    const pixelsOf = (good: boolean): number[] =>
      this.found.filter((cost) => isGood(cost) === good).map((cost) => cost.pixels);
    if (pixels > modesty * Math.min(...pixelsOf(false))) return false;
    return pixels <= Math.max(...pixelsOf(true)) || at(this.bytes, pixels) <= limit;
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
