import { existsSync, readdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fingerprint, resultOf } from "../../../test/run-folder.js";
import { eventsOf, semiResult, tiny } from "../../../test/semi-run.js";
import type { SmallSet } from "../../../test/small-sets.js";
import { trainingSet } from "../../../test/training-set.js";
import { openDataset } from "../../data/dataset.js";
import { loadMask } from "../../data/load.js";
import { openModel } from "../../predict/open-model.js";
import { readRaster } from "../../raster/read.js";
import { readRawMask } from "../../raster/read-mask.js";
import { openDevice } from "../../runtime/devices.js";
import { readPlan } from "../../train/plan.js";
import { readMetrics } from "../../train/record/metrics-log.js";
import { readState } from "../../train/semi-state.js";
import { evaluateModel } from "../evaluate.js";
import { listRuns } from "../runs.js";
import type { SemiEvent, SemiOptions } from "./semi.js";

let set: SmallSet;
let runs = 0;
const newRun = (): string => set.at("runs", String(runs++));
beforeAll(async () => {
  set = await trainingSet(20, 3);
}, 60_000);
afterAll(() => set.remove());

const selfTraining = (methodOptions: object = {}, more: Partial<SemiOptions> = {}): SemiOptions => ({
  ...tiny,
  data: set.path,
  method: "self-training",
  methodOptions: { rounds: 2, patience: 5, ...methodOptions },
  steps: 61,
  ...more,
});

/** The labels of a round as [id, true classes, labels] of each unlabelled image. */
async function labelsOf(
  folder: string,
): Promise<{ id: string; truth: ArrayLike<number>; labels: ArrayLike<number> }[]> {
  const { splits } = await openDataset(set.path, { labels: tiny.labels });
  const { items } = JSON.parse(readFileSync(join(folder, "labels.json"), "utf8")) as {
    items: { id: string; mask: string }[];
  };
  const masks = new Map(items.map(({ id, mask }) => [id, mask]));
  return Promise.all(
    splits.hidden!.map(async (sample) => {
      const truth = (await loadMask(sample))!.mask.data;
      const file = masks.get(sample.id);
      const labels = file ? (await readRawMask(join(folder, file))).data : new Uint8Array(truth.length).fill(255);
      return { id: sample.id, truth, labels };
    }),
  );
}

describe("self-training", () => {
  let run: string;
  let events: SemiEvent[];
  beforeAll(async () => {
    run = newRun();
    events = await eventsOf(selfTraining({ merge: "mean" }, { run }));
  }, 120_000);

  it("makes all steps together that were asked for, on one schedule, each round with the labels of the one before", () => {
    const { rounds } = readState(run);
    expect(rounds.map(({ steps }) => steps)).toEqual([20, 21, 20]);
    const plans = rounds.map(({ round }) => readPlan(join(run, "rounds", String(round))));
    expect(plans.map(({ length }) => length.value)).toEqual(
      [20, 41, 61].map((count) => ({ unit: "steps", count, of: 61 })),
    );
    expect(plans[0]!.data.images.train).toBe(5);
    expect(plans.map(({ weights }) => weights.value)).toEqual([null, null, null]);
    expect(plans[2]!.data.images.train).toBe(5 + rounds[1]!.labels!.labelled);
    const metrics = readMetrics(join(run, "rounds", "2", "metrics.jsonl"));
    const rates = metrics.flatMap(({ step, learningRate }) =>
      learningRate === undefined ? [] : [[step, learningRate]],
    );
    // Poly decay of the whole run behind its warm-up of 2 steps, sampled every 20 steps.
    const poly = (step: number): number => 0.01 * (1 - (step - 1 - 2) / (61 - 2)) ** 0.9;
    expect(rates.map(([step]) => step)).toEqual([20, 40, 60]);
    expect(rates.map(([, rate]) => rate as number)).toBeAllclose([20, 40, 60].map(poly), { rtol: 1e-6, atol: 0 });
  });

  it("learns like one training as long as it has labels alone, bit for bit", async () => {
    const alone = newRun();
    const supervised = { ...selfTraining(), method: "supervised", methodOptions: {}, steps: 61 };
    await eventsOf({ ...supervised, run: alone }, (event) => event.kind === "step" && event.step === 20);
    const { weights, optimizer, ema } = fingerprint(join(run, "rounds", "0"), "last");
    expect(fingerprint(alone, "last")).toMatchObject({ weights, optimizer, ema });
  });

  it("starts from the best weights of the round before, or anew, where it is asked to", async () => {
    const plansOf = async (start: string) => {
      const folder = newRun();
      await eventsOf(selfTraining({ start, rounds: 1 }, { run: folder, steps: 12 }));
      return [0, 1].map((round) => readPlan(join(folder, "rounds", String(round))));
    };
    const best = await plansOf("best");
    expect(best.map(({ length }) => length.value)).toEqual([6, 6].map((count) => ({ unit: "steps", count })));
    expect(best[1]!.weights.reason).toBe("the best weights of the round before");
    expect(best[1]!.learningRate.value).toBeCloseTo(0.01 * Math.SQRT1_2, 12);
    const anew = await plansOf("anew");
    expect([anew[1]!.weights.value, anew[1]!.learningRate.value]).toEqual([null, 0.01]);
  });

  it("records what is on disk: labelled pixels and right ones of each class", async () => {
    for (const { round, labels } of readState(run).rounds.slice(0, 2)) {
      const images = await labelsOf(join(run, "rounds", String(round)));
      const kept = [0, 0, 0];
      const right = [0, 0, 0];
      for (const { truth, labels: made } of images)
        for (let i = 0; i < made.length; i++) {
          if (made[i] === 255) continue;
          kept[made[i]!]!++;
          if (made[i] === truth[i]) right[made[i]!]!++;
        }
      const sum = (row: number[]): number => row.reduce((a, b) => a + b);
      const pixels = images.length * images[0]!.truth.length;
      expect(labels!.classes.map((one) => one.pixels)).toEqual(kept);
      expect(labels!.classes.map((one) => one.accuracy)).toEqual(kept.map((n, c) => (n ? right[c]! / n : null)));
      expect(labels).toMatchObject({ images: 15, share: sum(kept) / pixels, accuracy: sum(right) / sum(kept) });
      expect(labels!.keptOut).toEqual(["ground", "box", "disc"].filter((_, c) => kept[c] === 0));
    }
  });

  it("labels the pixels that sorting all confidences would choose, of the mean over two views", async () => {
    const folder = join(run, "rounds", "0");
    const { splits } = await openDataset(set.path, { labels: tiny.labels });
    const { predictor } = await openModel(folder, { device: await openDevice("cpu"), threads: 1 });
    const images = [];
    for (const sample of splits.unlabelled!) {
      const { data } = (await predictor.predict(await readRaster(sample.image), { symmetries: "flip" })).probabilities;
      images.push({ id: sample.id, data });
    }
    await predictor.close();
    const pixels = images[0]!.data.length / 3;
    const confidences: number[][] = [[], [], []];
    for (const { data } of images)
      for (let i = 0; i < pixels; i++) {
        const row = [0, 1, 2].map((c) => data[c * pixels + i]!);
        const most = Math.max(...row);
        confidences[row.indexOf(most)]!.push(most);
      }
    const lambda = confidences.map((list) => {
      const rank = Math.floor(0.2 * list.length);
      return rank === 0 ? 1 : Math.max(0.5, list.sort((a, b) => b - a)[rank - 1]!);
    });
    const labels = new Map((await labelsOf(folder)).map((image) => [image.id, image.labels]));
    for (const { id, data } of images)
      for (let i = 0; i < pixels; i++) {
        const ratios = lambda.map((value, c) => data[c * pixels + i]! / value);
        const most = Math.max(...ratios);
        const label = labels.get(id)![i];
        // Thresholds are 0.1 % of their distance to 1 too low at most, so as to keep all ties.
        if (most >= 0.995 && most < 1) expect([255, ratios.indexOf(most)]).toContain(label);
        else if (label !== (most >= 1 ? ratios.indexOf(most) : 255)) expect([id, i, label]).toEqual(ratios);
      }
  });

  it("ends as a run folder with the weights of its best round, without what labelling kept", async () => {
    const { rounds, result } = readState(run);
    const scores = rounds.map(({ score }) => score!);
    expect(scores[result!]).toBe(Math.max(...scores));
    expect(events.at(-1)).toEqual({ kind: "result", round: result, score: scores[result!], runDir: run });
    for (const kind of ["best", "last"] as const)
      expect(fingerprint(run, kind)).toEqual(fingerprint(join(run, "rounds", String(result)), kind));
    const left = readdirSync(run, { recursive: true, encoding: "utf8" });
    expect(left.filter((name) => /probabilities|votes|snapshots|start\.|segkit\.db|\.tmp$/.test(name))).toEqual([]);
    for await (const event of evaluateModel({ model: run, data: set.path, split: "val" }))
      if (event.kind === "end") expect(event.report.scores.meanIou).toBeGreaterThan(0);
  });

  it("is one run of the record, with its method, its options and the minutes of all rounds", async () => {
    const { runs: listed } = await listRuns({
      folder: set.at("runs"),
      filters: ["method=self-training", "merge=mean"],
    });
    expect(listed.map(({ run: { name } }) => name)).toEqual(["0"]);
    const { fields } = listed[0]!;
    const { rounds, result } = readState(run);
    expect(fields.get("round")).toBe(result);
    expect(fields.get("status")).toBe("finished");
    expect(fields.get("minutes")).toBeCloseTo(rounds.reduce((sum, { seconds }) => sum + seconds, 0) / 60, 9);
  });

  it("does nothing when it is resumed after its end", async () => {
    const before = semiResult(run);
    expect((await eventsOf({ resume: run })).map(({ kind }) => kind)).toEqual(["result"]);
    expect(semiResult(run)).toEqual(before);
  });

  it("is the same bit for bit when it is stopped in rounds, while labelling and in between, and resumed", async () => {
    const again = newRun();
    const given = selfTraining({ merge: "mean" }, { run: again });
    const stops: ((event: SemiEvent) => boolean)[] = [
      (event) => event.kind === "step" && event.step === 7,
      (event) => event.kind === "labelling" && event.stage === "predicting" && event.done === 6,
      (event) => event.kind === "labelling" && event.stage === "labelling" && event.done === 9,
      (event) => event.kind === "labelled",
      (event) => event.kind === "scored",
      (event) => event.kind === "step" && event.step === 44,
    ];
    for (const [i, stop] of stops.entries()) {
      const seen = await eventsOf(i === 0 ? given : { resume: again }, stop);
      expect(seen.at(-1), `stop ${i}`).toEqual({ kind: "stopped", runDir: again });
    }
    expect((await eventsOf({ resume: again })).at(-1)).toMatchObject({ kind: "result" });
    expect(semiResult(again)).toEqual(semiResult(run));
  });

  it("does not go on labelling where an image is another one than the first round saw", async () => {
    const other = await trainingSet(12, 2);
    const folder = other.at("runs", "changed");
    const given = { ...selfTraining(), data: other.path, run: folder, steps: 8 };
    await eventsOf(given, (event) => event.kind === "labelling" && event.done === 2);
    const { splits } = await openDataset(other.path, { labels: tiny.labels });
    const { image } = splits.unlabelled!.at(-1)!;
    const [elsewhere, mask] = [other.at("elsewhere.png"), image.replace("images", "masks")];
    renameSync(image, elsewhere);
    renameSync(mask, `${elsewhere}.mask`);
    await expect(eventsOf({ resume: folder })).rejects.toThrow(/other ones in .*unlabelled/);
    renameSync(elsewhere, image);
    renameSync(`${elsewhere}.mask`, mask);
    expect((await eventsOf({ resume: folder })).at(-1)).toMatchObject({ kind: "result" });
    other.remove();
  });

  it("merges by majority: what rounds say is kept apart, and only merged labels are in the masks", async () => {
    const majority = newRun();
    // Rounds with schedules of their own: the bounds below hold for networks that are as good as those make.
    const rule = { merge: "majority", threshold: "most-likely", minThreshold: 0, start: "best" };
    await eventsOf(selfTraining(rule, { run: majority }));
    // Of each class that is predicted the portion asked for, and ties.
    for (const { portion, share: labelled } of readState(majority).rounds[0]!.labels!.classes) {
      // Of less than 5 pixels a fifth is none.
      if (!labelled) continue;
      expect(labelled).toBeGreaterThan(0.9 * portion!);
      expect(labelled).toBeLessThan(1.2 * portion!);
    }
    const [one, two] = await Promise.all([0, 1].map((round) => labelsOf(join(majority, "rounds", String(round)))));
    const share = (images: { labels: ArrayLike<number> }[]): number =>
      images.reduce((sum, { labels }) => sum + Array.from(labels).filter((label) => label !== 255).length, 0);
    // A pixel that one of two rounds labelled is labelled.
    for (const [i, { labels }] of one!.entries())
      for (let p = 0; p < labels.length; p++) if (labels[p] !== 255) expect(two![i]!.labels[p]).not.toBe(255);
    expect(share(two!)).toBeGreaterThan(share(one!));
  });

  it("stops behind the first round that is not better, and the one before is the result", async () => {
    const worse = newRun();
    // Such a rate spoils the second round.
    const seen = await eventsOf(selfTraining({ patience: 1, rateFactor: 1, rounds: 4, portion: 1 }, { run: worse }));
    const { rounds, result } = readState(worse);
    const scores = rounds.map(({ score }) => score!);
    const firstWorse = scores.findIndex((score, i) => i > 0 && score <= Math.max(...scores.slice(0, i)));
    expect(firstWorse === -1 ? 5 : firstWorse + 1).toBe(rounds.length);
    expect(scores[result!]).toBe(Math.max(...scores));
    expect(seen.filter(({ kind }) => kind === "scored")).toHaveLength(rounds.length);
  });
});

describe("st++", () => {
  it("labels the stable half first and all in the end, fresh networks each time, and resumes bit for bit", async () => {
    const run = newRun();
    const given = { ...selfTraining(), method: "st++", methodOptions: {}, steps: 36, run };
    await eventsOf(given);
    const { rounds } = readState(run);
    expect(rounds.map(({ steps }) => steps)).toEqual([12, 12, 12]);
    const [first, second] = rounds.map(({ labels }) => labels);
    expect([first!.labelled, second!.labelled]).toEqual([7, 15]);
    const order = first!.reliability!;
    expect(order).toHaveLength(15);
    expect(order.map(({ value }) => value)).toEqual([...order.map(({ value }) => value)].sort((a, b) => b - a));
    const { items } = JSON.parse(readFileSync(join(run, "rounds/0/labels.json"), "utf8"));
    expect(items.map(({ id }: { id: string }) => id).sort()).toEqual(
      order
        .slice(0, 7)
        .map(({ id }) => id)
        .sort(),
    );
    // Hard labels without a threshold: every pixel of these images.
    const labelled = (await labelsOf(join(run, "rounds/1"))).every(({ labels }) => !Array.from(labels).includes(255));
    expect(labelled).toBe(true);
    expect(readPlan(join(run, "rounds/2")).weights.value).toBeNull();

    const again = newRun();
    const stops: ((event: SemiEvent) => boolean)[] = [
      (event) => event.kind === "step" && event.step === 5,
      (event) => event.kind === "labelling" && event.stage.startsWith("predicting, network 2") && event.done === 3,
      (event) => event.kind === "labelling" && event.stage === "labelling" && event.done === 2,
      (event) => event.kind === "labelling" && event.done === 4,
    ];
    for (const [i, stop] of stops.entries())
      expect((await eventsOf(i === 0 ? { ...given, run: again } : { resume: again }, stop)).at(-1)?.kind).toBe(
        "stopped",
      );
    await eventsOf({ resume: again });
    expect(semiResult(again)).toEqual(semiResult(run));
  });

  it("refuses a length in minutes, of which nobody knows the middle", async () => {
    const { steps: _, ...given } = { ...selfTraining(), method: "st++", methodOptions: {}, run: newRun() };
    await expect(eventsOf({ ...given, minutes: 1 })).rejects.toThrow("expected a length in steps or epochs");
  });
});

describe("methods of one training", () => {
  it("are a run of their own, with the method in the plan, and resume as such", async () => {
    const run = newRun();
    const given = { ...selfTraining(), method: "fixmatch", methodOptions: { threshold: 0.5 }, steps: 6, run };
    await eventsOf(given, (event) => event.kind === "step" && event.step === 3);
    expect(readPlan(run).method.value).toMatchObject({ name: "fixmatch", options: { threshold: 0.5 } });
    expect((await eventsOf({ resume: run })).at(-1)).toMatchObject({ kind: "end", step: 6, reason: "finished" });
    expect(existsSync(join(run, "semi.json"))).toBe(false);
  });

  it("supervised learns from the labelled images alone", async () => {
    const run = newRun();
    await eventsOf({ ...selfTraining(), method: "supervised", methodOptions: {}, steps: 2, run });
    expect(readPlan(run)).toMatchObject({ method: { value: null }, data: { images: { train: 5, unlabelled: 15 } } });
  });
});

it("takes a first round of the same data behind a link", async () => {
  const [first, run] = [newRun(), newRun()];
  const given = { ...selfTraining({ rounds: 1 }), steps: 2 };
  await eventsOf({ ...given, run: first });
  const link = set.at("link");
  symlinkSync(set.path, link, "junction");
  await eventsOf({ ...given, data: link, first, run });
  expect(resultOf(join(run, "rounds", "0"))).toEqual(resultOf(join(first, "rounds", "0")));
  // Trained again it would have taken another time.
  expect(readState(run).rounds[0]!.seconds).toBe(readState(first).rounds[0]!.seconds);
});

describe("bad input", () => {
  const refused = (options: SemiOptions) => expect(eventsOf(options)).rejects;

  it("is refused before anything is written: unknown method, impossible portion, nothing unlabelled", async () => {
    const run = newRun();
    await refused({ ...selfTraining(), run, method: "self-trainng" }).toThrow("Did you mean self-training?");
    await refused({ ...selfTraining({ portion: 1.5 }), run }).toThrow("portion = 1.5");
    await refused({ ...selfTraining({ portionOfClass: { disk: 0.5 } }), run }).toThrow("Did you mean disc?");
    const { labels: _, method: _method, ...bare } = selfTraining();
    await refused({ ...bare, run }).toThrow("expected a method: supervised, self-training");
    await refused({ ...bare, method: "st++", methodOptions: {}, run }).toThrow(
      "Add --unlabelled FOLDER, or --labels 1/8",
    );
    await refused({ ...selfTraining(), labels: { keep: 1, of: 1, seed: 1 }, run }).toThrow("there are none");
    await refused({ ...selfTraining(), unlabelled: set.at("val/images"), run }).toThrow("split val");
    await refused({ ...selfTraining(), steps: 2, run }).toThrow("at least 3 steps");
    await refused({ ...selfTraining(), pseudo: "list.json", run }).toThrow("a list of pseudo-labels");
    await refused({ ...selfTraining(), horizon: 99, run }).toThrow("no horizon with a method in rounds");
    expect(existsSync(run)).toBe(false);
  });

  it("of first: a run that is none or was trained otherwise, and methods that cannot take it", async () => {
    const [first, run] = [newRun(), newRun()];
    const given = { ...selfTraining({ rounds: 1 }), steps: 2 };
    await refused({ ...given, first, run }).toThrow("which is none");
    await eventsOf({ ...given, run: first });
    await refused({ ...given, seed: 9, steps: 4, first, run }).toThrow("of which seed, length are not the same");
    await refused({ ...given, method: "st++", methodOptions: {}, steps: 4, first, run }).toThrow(
      "weights from within it",
    );
    await refused({ ...given, method: "fixmatch", methodOptions: {}, first, run }).toThrow("first with fixmatch");
    expect(existsSync(run)).toBe(false);
  });

  it("leaves no folder behind when the first round cannot be planned", async () => {
    const run = newRun();
    await refused({ ...selfTraining(), model: "unett", run }).toThrow("Did you mean unet");
    expect(existsSync(run)).toBe(false);
  });

  it("of --resume: no run, and options that are settled", async () => {
    await refused({ resume: set.at("nothing") }).toThrow("expected a run folder that segkit semi made");
    const run = newRun();
    await eventsOf(selfTraining({}, { run }), (event) => event.kind === "step");
    await refused({ resume: run, lr: 0.1 }).toThrow("lr with resume");
    await refused(selfTraining({}, { run })).toThrow(`segkit semi --resume ${run}`);
  });
});
