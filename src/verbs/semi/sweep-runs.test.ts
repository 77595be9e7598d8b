import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsOf, semiResult, tiny } from "../../../test/semi-run.js";
import type { SmallSet } from "../../../test/small-sets.js";
import { trainingSet } from "../../../test/training-set.js";
import { readState } from "../../train/semi-state.js";
import { listRuns } from "../runs.js";
import type { SemiOptions } from "./semi.js";
import { sweepSemi } from "./sweep.js";

let set: SmallSet;
let options: SemiOptions;
let runs = 0;
const newRun = (): string => set.at("runs", String(runs++));
beforeAll(async () => {
  set = await trainingSet(20, 3);
  const methodOptions = { rounds: 1, patience: 5 };
  options = { ...tiny, data: set.path, method: "self-training", methodOptions, steps: 8 };
}, 60_000);
afterAll(() => set.remove());

describe("a sweep", () => {
  const given = () => ({
    ...options,
    sweep: [{ name: "portion", values: ["10%", "0.5"] }],
  });

  it("trains each value in a folder, goes on where it was stopped, and tells all in a table and a page", async () => {
    const run = newRun();
    const controller = new AbortController();
    for await (const event of sweepSemi({ ...given(), run, signal: controller.signal }))
      if (event.kind === "row") controller.abort();
    const events = [];
    for await (const event of sweepSemi({ resume: run })) events.push(event);
    expect(events.filter(({ kind }) => kind === "point")).toMatchObject([{ index: 1, values: ["0.5"] }]);
    const end = events.at(-1)!;
    if (end.kind !== "swept") throw new Error(`ended with ${end.kind}`);
    expect(end.rows.map(({ folder, values }) => [folder, values])).toEqual([
      [join("sweep", "0.1"), ["10%"]],
      [join("sweep", "0.5"), ["0.5"]],
    ]);
    for (const { folder, score, share } of end.rows) {
      const { rounds, result } = readState(join(run, folder));
      expect(score).toBe(rounds[result!]!.score);
      expect(share).toBe(rounds[0]!.labels!.share);
    }
    expect(end.rows[0]!.share).toBeLessThan(end.rows[1]!.share!);
    expect(readFileSync(end.page, "utf8")).toContain("Best validation mIoU");
    const { runs: listed, columns } = await listRuns({ folder: run, columns: ["name", "portion"] });
    expect(listed.map(({ fields }) => columns.map((column) => fields.get(column)))).toEqual([
      ["sweep/0.1", 0.1],
      ["sweep/0.5", 0.5],
    ]);
  });

  it("trains the first round once where no axis changes it, and ends as if each had trained its own", async () => {
    const run = newRun();
    const rounds: number[] = [];
    for await (const event of sweepSemi({ ...given(), run })) if (event.kind === "round") rounds.push(event.round);
    expect(rounds).toEqual([0, 1, 1]);
    const alone = newRun();
    await eventsOf({ ...options, methodOptions: { ...options.methodOptions, portion: 0.5 }, run: alone });
    expect(semiResult(join(run, "sweep", "0.5"))).toEqual(semiResult(alone));
  });

  it("refuses a folder that is in use", async () => {
    const run = newRun();
    mkdirSync(run, { recursive: true });
    writeFileSync(join(run, "a.txt"), "");
    await expect(sweepSemi({ ...given(), run }).next()).rejects.toThrow("holds other files");
  });
});
