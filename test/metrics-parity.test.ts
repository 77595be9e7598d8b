/** @file The metrics equal every number of the stored outputs of the official tools, and the comparison can fail. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { metricFixtures } from "../parity/metrics.js";

const folder = fileURLToPath(new URL("../../shared/parity/", import.meta.url));

const read = (file: string): unknown => JSON.parse(readFileSync(`${folder}${file}`, "utf8"));

const sibling = (file: string) => (name: string) => read(`${file.slice(0, file.lastIndexOf("/"))}/${name}`);

/** Cases each fixture is known to have, so that an empty file cannot pass. */
const expectedCases: Record<string, number> = {
  "metrics/confusion": 3,
  "metrics/segmentation": 19,
  "metrics/cityscapes": 5,
  "metrics/boundary_iou": 18,
  "metrics/davis": 22,
  "metrics/bf_score": 2,
  "metrics/smp_stats": 12,
  "metrics/calibration": 10,
  "smp/metrics": 5,
};

/** Every number of a value but those that say how to compute, with a function that changes it in place. */
function* numbersIn(value: unknown, path: string): Iterable<{ path: string; change: () => void }> {
  if (typeof value !== "object" || value === null) return;
  const parent = value as Record<string, unknown>;
  for (const key of Object.keys(parent)) {
    const here = `${path}.${key}`;
    const held = parent[key];
    if (typeof held === "number")
      yield {
        path: here,
        change: () => {
          parent[key] = held + Math.max(1e-5, Math.abs(held) * 1e-5);
        },
      };
    else if (held === null && key !== "gt_boundary" && !here.includes("classes_bf"))
      yield {
        path: here,
        change: () => {
          parent[key] = 0.5;
        },
      };
    else yield* numbersIn(held, here);
  }
}

// `reference_lbfgs_temperature` is where the reference's optimizer stopped, not the minimum.
const inputs =
  /\.(images|samples|labels|reference_lbfgs_temperature|classes|ignore|height|width|get_stats|shape|class_weights|dilation_ratio|bound_th)\b/;

describe.each(Object.keys(expectedCases))("%s", (file) => {
  const path = `${folder}${file}.json`;
  it.skipIf(!existsSync(path))("is recomputed to its tolerance, with every field compared", () => {
    const outcomes = [...metricFixtures[file]!(read(`${file}.json`), sibling(file))];
    expect(outcomes.filter(({ passed }) => !passed)).toEqual([]);
    expect(outcomes.filter(({ detail }) => detail.includes("not compared"))).toEqual([]);
    expect(outcomes.length).toBe(expectedCases[file]);
  });

  it.skipIf(!existsSync(path))("fails a case when any one of its stored numbers is off by 1e-5", () => {
    type Stored = { cases: object[] };
    const stored = read(`${file}.json`) as Stored;
    // One shortest case is enough: each number costs a run.
    const smallest = stored.cases.reduce((a, b) => (JSON.stringify(a).length <= JSON.stringify(b).length ? a : b));
    const text = JSON.stringify({ ...stored, cases: [smallest] });
    const paths = [...numbersIn((JSON.parse(text) as Stored).cases[0], "")].map((number) => number.path);
    const outputs = paths.map((_, index) => index).filter((index) => !inputs.test(paths[index]!));
    expect(outputs.length).toBeGreaterThan(5);
    const unnoticed = outputs.filter((index) => {
      const changed = JSON.parse(text) as Stored;
      [...numbersIn(changed.cases[0], "")][index]!.change();
      return [...metricFixtures[file]!(changed, sibling(file))].every(({ passed }) => passed);
    });
    expect(unnoticed.map((index) => paths[index])).toEqual([]);
  });
});
