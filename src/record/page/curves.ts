/** @file Which charts a page of runs has, and the points of each run's curve in them. */
import type { CurvePoint, RunRecord } from "../run-record.js";

/** What the horizontal axis counts. */
export type Across = "steps" | "minutes";

export interface RunCurve {
  /** Place of the run in the page. */
  readonly run: number;
  /** Pairs [x, y], x rising. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface CurveChart {
  readonly title: string;
  readonly across: Across;
  readonly curves: readonly RunCurve[];
}

/** Curves that everyone looks for, in this order and under these names; all others follow under their own. */
const titles: { readonly [key: string]: string } = {
  "val mIoU": "Validation mIoU",
  "train loss": "Training loss",
  "val loss": "Validation loss",
  "train learningRate": "Learning rate",
};

const keyOf = ({ split, field }: CurvePoint): string => `${split} ${field}`.trim();

/** All curves of all runs, one chart for each kind of number, over steps and over minutes of training. */
export function chartsOf(runs: readonly RunRecord[]): CurveChart[] {
  const keys = [...new Set(runs.flatMap(({ curves }) => curves.map(keyOf)))];
  const known = Object.keys(titles).filter((key) => keys.includes(key));
  const others = keys.filter((key) => !known.includes(key)).sort();
  return [...known, ...others].flatMap((key) =>
    (["steps", "minutes"] as const).flatMap((across) => {
      const curves = runs.flatMap(({ curves: all }, run): RunCurve[] => {
        const points = all
          .filter((point) => keyOf(point) === key)
          .flatMap(({ step, seconds, value }): [number, number][] =>
            across === "steps" ? [[step, value]] : seconds === null ? [] : [[seconds / 60, value]],
          );
        return points.length > 0 ? [{ run, points }] : [];
      });
      return curves.length > 0 ? [{ title: titles[key] ?? key, across, curves }] : [];
    }),
  );
}
