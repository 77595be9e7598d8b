/** @file What finished runs reached, kept in a file of results, so that a comparison can be gone on with where its run folders are gone. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { readMetrics } from "../../src/train/record/metrics-log.js";
import { writeFileAtomic } from "../../src/util/files.js";
import type { Contestant } from "./contestants.js";

/** Classes that count as rare, of the fewest true pixels. */
export const rareClasses = 5;

const outcomeSchema = z.object({
  key: z.string(),
  seed: z.string(),
  /** Options of the method that it was trained with. */
  options: z.array(z.string()),
  /** Scores on the test split: mean IoU, the same over rare classes, and that on validation. */
  meanIou: z.number(),
  rare: z.number(),
  val: z.number(),
  /** Minutes of training. */
  minutes: z.number(),
  /** Peak memory of the process. */
  gigabytes: z.number(),
  /** Step and mean IoU of each validation. */
  curve: z.array(z.tuple([z.number(), z.number()])),
});
export type Outcome = z.output<typeof outcomeSchema>;

/** What all runs of a comparison have in common. */
export type Settings = { readonly [name: string]: string };

const fileSchema = z.object({ settings: z.record(z.string(), z.string()), outcomes: z.array(outcomeSchema) });

const json = <T>(file: string): T => JSON.parse(readFileSync(file, "utf8")) as T;

interface Scores {
  readonly classes: readonly { readonly name: string; readonly truthPixels: number; readonly iou: number | null }[];
  readonly meanIou: number;
}

interface RunFile {
  readonly sessions: readonly {
    readonly seconds: number | null;
    readonly reason?: string;
    readonly peakMemory?: number;
  }[];
}

const scoresOf = (run: string, split: string): Scores => json<{ scores: Scores }>(join(run, `${split}.json`)).scores;

/** @throws Error for a run that was stopped before its end, which the command that trained it takes for an orderly end. */
export function requireFinished(run: string): void {
  const state = join(run, "semi.json");
  const finished = existsSync(state)
    ? json<{ result: number | null }>(state).result !== null
    : json<RunFile>(join(run, "run.json")).sessions.at(-1)?.reason !== "stopped";
  if (!finished) throw new Error(`${run} was stopped before its end: give the command again to go on with it`);
}

/** The run folder itself and those of its rounds. */
function partsOf(run: string): string[] {
  const rounds = join(run, "rounds");
  return existsSync(rounds) ? readdirSync(rounds).map((name) => join(rounds, name)) : [run];
}

/** Seconds of training: of all rounds, or of the one training. */
function secondsOf(run: string): number {
  const state = join(run, "semi.json");
  if (existsSync(state))
    return json<{ rounds: { seconds: number }[] }>(state).rounds.reduce((sum, { seconds }) => sum + seconds, 0);
  return json<RunFile>(join(run, "run.json")).sessions.at(-1)?.seconds ?? 0;
}

interface PlanFile {
  readonly length: { readonly value: { readonly of?: number } };
}

/** The validations of a run, those of its rounds one after the other: where they are one training the last has them all. */
function curveOf(run: string): [number, number][] {
  const points = new Map<number, number>();
  for (const part of partsOf(run)) {
    const { of } = json<PlanFile>(join(part, "plan.json")).length.value;
    const before = of === undefined ? Math.max(0, ...points.keys()) : 0;
    for (const { split, step, mIoU } of readMetrics(join(part, "metrics.jsonl")))
      if (split === "val") points.set(before + step, Number((mIoU as number).toFixed(4)));
  }
  return [...points];
}

/** What a run folder with test.json and val.json reached. */
export function outcomeOf(run: string, { key, seed, options }: Pick<Outcome, "key" | "seed" | "options">): Outcome {
  const test = scoresOf(run, "test");
  const known = test.classes.filter(({ truthPixels }) => truthPixels > 0);
  const rare = [...known].sort((a, b) => a.truthPixels - b.truthPixels).slice(0, rareClasses);
  const sessions = partsOf(run).flatMap((part) => json<RunFile>(join(part, "run.json")).sessions);
  return {
    key,
    seed,
    options,
    meanIou: test.meanIou,
    rare: rare.reduce((sum, { iou }) => sum + (iou ?? 0), 0) / rare.length,
    val: scoresOf(run, "val").meanIou,
    minutes: secondsOf(run) / 60,
    gigabytes: Math.max(...sessions.map(({ peakMemory = 0 }) => peakMemory)) / 2 ** 30,
    curve: curveOf(run),
  };
}

/** The outcomes so far, each written as soon as it is there. */
export class Outcomes {
  private outcomes: Outcome[] = [];

  /** @throws Error when the file is of a comparison with other settings. */
  constructor(
    private readonly file: string,
    private readonly settings: Settings,
  ) {
    if (!existsSync(file)) return;
    const found = fileSchema.parse(json(file));
    if (!isDeepStrictEqual(found.settings, { ...settings }))
      throw new Error(
        `expected outcomes of ${JSON.stringify(settings)}, found in ${file} those of ${JSON.stringify(found.settings)}: ` +
          "give the same options, or another --out",
      );
    this.outcomes = found.outcomes;
  }

  /** Those of a contestant with the options that it has now, by seed. */
  of({ key, options = [] }: Pick<Contestant, "key" | "options">): Outcome[] {
    return this.outcomes
      .filter((outcome) => outcome.key === key && isDeepStrictEqual(outcome.options, [...options]))
      .sort((a, b) => Number(a.seed) - Number(b.seed));
  }

  add(outcome: Outcome): void {
    this.outcomes = [...this.outcomes.filter(({ key, seed }) => key !== outcome.key || seed !== outcome.seed), outcome];
    const lines = this.outcomes.map((one) => `  ${JSON.stringify(one)}`).join(",\n");
    writeFileAtomic(this.file, `{\n"settings": ${JSON.stringify(this.settings)},\n"outcomes": [\n${lines}\n]\n}\n`);
  }
}
