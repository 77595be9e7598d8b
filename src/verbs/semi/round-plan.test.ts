import { describe, expect, it } from "vitest";
import type { Plan } from "../../train/plan.js";
import { bestRound } from "../../train/semi-state.js";
import { chooseSemiMethod } from "./methods.js";
import { continuedLength, roundLength, roundPlan } from "./round-plan.js";
import { selfTraining } from "./self-training.js";
import { reliability, stPlusPlus } from "./st-plus-plus.js";

const because = <T>(value: T) => ({ value, reason: "given" });

/** What a round's plan is made of; the rest is passed on as it is. */
const first = {
  data: { path: "/set", options: { labels: { keep: 1, of: 8, seed: 1 } }, images: { train: 4, val: 3, unlabelled: 6 } },
  model: because("unet"),
  normalise: because({ mean: [100, 100, 100], std: [50, 50, 50] }),
  trainTransforms: because([{ name: "horizontalFlip", p: 0.5 }, { name: "colorJitter", p: 1 }, { name: "normalize" }]),
  pseudoTransforms: because(null),
  mix: because(null),
  length: because({ unit: "steps", count: 100 }),
  learningRate: because(0.01),
  schedule: because({ name: "poly", warmup: { steps: 3, from: 0.1 } }),
  sampling: because({ rule: "uniform", weights: null }),
  weights: because(null),
  batch: because(3),
  seed: because(5),
  validateEvery: because(2),
} as unknown as Plan;

const facts = {
  round: 2,
  length: { unit: "steps", count: 200 },
  settings: { rateFactor: 0.5, labelledShare: 0.5, beside: true, strong: true },
  list: "/run/rounds/1/labels.json",
  items: 6,
  start: { file: "/run/rounds/2/start.safetensors", sha256: "ab" },
} as const;

describe("the lengths of rounds", () => {
  const shares = selfTraining.shares(selfTraining.options.parse({ rounds: 3 }));

  it.each([400, 401, 402, 403, 1000, 7])("add up to %i steps", (count) => {
    const lengths = shares.map((_, round) => roundLength({ unit: "steps", count }, shares, round));
    expect(lengths.every(({ unit }) => unit === "steps")).toBe(true);
    const steps = lengths.map((length) => length.count);
    expect(steps.reduce((a, b) => a + b)).toBe(count);
    expect(Math.max(...steps) - Math.min(...steps)).toBeLessThanOrEqual(1);
  });

  it("count epochs of the first round: 10 of 11 updates, 110 steps, in 4 rounds", () => {
    const lengthOf = (round: number) => roundLength({ unit: "epochs", count: 10 }, shares, round, 11);
    // 2.5 epochs of 11 updates are 27.5, which a run rounds up to 28.
    expect(lengthOf(0)).toEqual({ unit: "epochs", count: 2.5 });
    expect([1, 2, 3].map(lengthOf)).toEqual([27, 28, 27].map((count) => ({ unit: "steps", count })));
  });

  it("give the first round the share it is given, and divide minutes", () => {
    const chosen = selfTraining.shares(selfTraining.options.parse({ rounds: 2, firstShare: 0.5 }));
    expect(chosen).toEqual([0.5, 0.25, 0.25]);
    expect(roundLength({ unit: "minutes", count: 8 }, chosen, 2)).toEqual({ unit: "minutes", count: 2 });
  });
});

describe("rounds that are one training", () => {
  const shares = [0.5, 0.25, 0.25];

  it("end where the next begins, each with the schedule of the whole", () => {
    const ends = shares.map((_, round) => continuedLength({ unit: "steps", count: 401 }, shares, round));
    expect(ends).toEqual([201, 301, 401].map((count) => ({ unit: "steps", count, of: 401 })));
  });

  it("count the epochs of the first round: 10 of 11 updates are 110 steps", () => {
    const lengthOf = (round: number) => continuedLength({ unit: "epochs", count: 10 }, shares, round, 11);
    expect(lengthOf(0)).toEqual({ unit: "epochs", count: 5, of: 10 });
    expect([1, 2].map(lengthOf)).toEqual([83, 110].map((count) => ({ unit: "steps", count, of: 110 })));
  });

  it("share minutes out", () => {
    expect(continuedLength({ unit: "minutes", count: 8 }, shares, 1)).toEqual({ unit: "minutes", count: 6, of: 8 });
  });

  it("keep the rate and the warm-up of the first round", () => {
    const continued = { unit: "steps", count: 300, of: 400 } as const;
    const { start: _, ...more } = facts;
    const settings = { ...facts.settings, rateFactor: 1 } as const;
    const plan = roundPlan(first, { ...more, settings, continued });
    expect(plan.length.value).toEqual(continued);
    expect([plan.learningRate.value, plan.schedule, plan.weights]).toEqual([0.01, first.schedule, first.weights]);
  });
});

describe("the plan of a later round", () => {
  it("adds the pseudo-labelled images, so often that labelled ones are the share wanted", () => {
    const { data, sampling } = roundPlan(first, facts);
    expect(data.options).toEqual({ labels: { keep: 1, of: 8, seed: 1 }, pseudo: "/run/rounds/1/labels.json" });
    expect(data.images).toEqual({ train: 10, val: 3, unlabelled: 6 });
    // Of 10 draws an epoch 5 are among the 4 labelled images, 5 among the 6 others.
    expect(sampling.value.weights).toEqual([1.25, 1.25, 1.25, 1.25, ...new Array(6).fill(0.83333)]);
  });

  it("has as many labelled images in a batch as the first round and others beside them, or the same batch", () => {
    expect(roundPlan(first, facts).batch.value).toBe(6);
    const settings = { ...facts.settings, labelledShare: 0.8 };
    expect(roundPlan(first, { ...facts, settings }).batch.value).toBe(4);
    expect(roundPlan(first, { ...facts, settings: { ...settings, beside: false } }).batch.value).toBe(3);
    expect(roundPlan(first, { ...facts, items: 0 }).batch.value).toBe(3);
  });

  it("shares the larger batch out where the first round's was measured, so that no more images are in memory at once", () => {
    const planOf = (accumulate: number, labelledShare = 0.5): Plan => {
      const measured = { ...first, batch: because(6), accumulate: because(accumulate) } as unknown as Plan;
      return roundPlan(measured, { ...facts, settings: { ...facts.settings, labelledShare }, measured: true });
    };
    const stepOf = ({ batch, accumulate }: Plan): number[] => [batch.value, accumulate.value];
    // 6 of 12 images an update are labelled, 12 of 24 where the first round has two batches.
    expect(stepOf(planOf(1))).toEqual([6, 2]);
    expect(stepOf(planOf(2))).toEqual([6, 4]);
    // 8 images as 4 and 4, 17 as 6, 6 and 6.
    expect(stepOf(planOf(1, 0.8))).toEqual([4, 2]);
    expect(stepOf(planOf(1, 0.35))).toEqual([6, 3]);
    expect(planOf(1).batch.reason).toContain("in an update of 2 batches, as no more than the 6 of the first round");
    expect(planOf(1).accumulate.reason).toBe("about 12 images an update, pseudo-labelled ones among them");
  });

  it("makes no other accumulation where nothing was measured, or the batch stays", () => {
    const two = { ...first, accumulate: because(2) } as unknown as Plan;
    expect(roundPlan(two, facts).accumulate).toEqual(because(2));
    const settings = { ...facts.settings, beside: false };
    for (const plan of [
      roundPlan(two, { ...facts, settings, measured: true }),
      roundPlan(two, { ...facts, items: 0, measured: true }),
    ])
      expect([plan.batch.value, plan.accumulate.value]).toEqual([3, 2]);
  });

  it("keeps the proportions of labelled images that are drawn unequally", () => {
    const unequal = { ...first, sampling: because({ rule: "rare-class", weights: [4, 2, 1, 1] }) } as unknown as Plan;
    expect(roundPlan(unequal, facts).sampling.value).toEqual({
      rule: "rare-class",
      weights: [2.5, 1.25, 0.625, 0.625, ...new Array(6).fill(0.83333)],
    });
  });

  it("shows pseudo-labelled images with strong colours and the moves of labelled ones, or just like them", () => {
    const { value } = roundPlan(first, facts).pseudoTransforms;
    const names = value!.map(({ name }) => name);
    expect(names).toEqual(["horizontalFlip", "colorJitter", "grayscale", "blur", "normalize"]);
    expect(value![1]).toMatchObject({ brightness: 0.5, p: 0.8 });
    const plain = { ...facts, settings: { ...facts.settings, strong: false } };
    expect(roundPlan(first, plain).pseudoTransforms.value).toBeNull();
  });

  it("mixes the images of a batch where the method says so and there are pseudo-labels", () => {
    const mix = { kind: "cutmix", into: "pseudo" } as const;
    const mixing = { ...facts, settings: { ...facts.settings, mix } };
    expect(roundPlan(first, mixing).mix.value).toEqual(mix);
    expect(roundPlan(first, { ...mixing, items: 0 }).mix).toEqual(first.mix);
    expect(roundPlan(first, facts).mix).toEqual(first.mix);
  });

  it("has its own length, rate, warm-up, seed and start", () => {
    const plan = roundPlan(first, facts);
    expect(plan.length.value).toEqual({ unit: "steps", count: 200 });
    expect(plan.learningRate.value).toBe(0.005);
    expect(plan.schedule.value).toEqual({ name: "poly", warmup: { steps: 6, from: 0.1 } });
    expect(plan.seed.value).toBe(7);
    expect(plan.weights.value).toEqual({ source: "/run/rounds/2/start.safetensors", sha256: "ab", partial: false });
    expect(plan.validateEvery.value).toBe(10);
    expect(plan.model).toEqual(first.model);
  });

  it("without any pseudo-label draws labelled images as the first round did", () => {
    const { data, sampling, pseudoTransforms } = roundPlan(first, { ...facts, items: 0 });
    expect(data.images.train).toBe(4);
    expect([sampling.value.weights, pseudoTransforms.value]).toEqual([null, null]);
  });
});

describe("methods", () => {
  it("lower the rate by the square root of 2 each round that starts from the best weights", () => {
    const options = selfTraining.options.parse({});
    expect([1, 2].map((round) => selfTraining.settings({ ...options, start: "best" }, round).rateFactor)).toBeAllclose(
      [Math.SQRT1_2, 0.5],
      {
        rtol: 1e-12,
        atol: 0,
      },
    );
    for (const start of ["continued", "anew"] as const)
      expect(selfTraining.settings({ ...options, start }, 2).rateFactor).toBe(1);
    expect(stPlusPlus.settings(stPlusPlus.options.parse({}), 1)).toMatchObject({ rateFactor: 1 });
    expect(stPlusPlus.start(stPlusPlus.options.parse({}))).toBe("anew");
    expect(selfTraining.start(options)).toBe("continued");
  });

  it("share the steps out as they are told, and go on with the best weights where they are to", () => {
    const options = stPlusPlus.options.parse({ shares: [1, 1, 2], start: "best" });
    expect([stPlusPlus.shares(options), stPlusPlus.start(options)]).toEqual([[0.25, 0.25, 0.5], "best"]);
    const usual = stPlusPlus.options.parse({});
    expect([stPlusPlus.shares(usual), stPlusPlus.start(usual)]).toEqual([new Array(3).fill(1 / 3), "anew"]);
  });

  it("end early only where each round has a schedule of its own, unless they are told to", () => {
    const patienceOf = (options: object): number => selfTraining.patience(selfTraining.options.parse(options));
    expect(patienceOf({})).toBe(Number.POSITIVE_INFINITY);
    expect(patienceOf({ start: "best" })).toBe(1);
    expect(patienceOf({ patience: 2 })).toBe(2);
  });

  it("are found by name with their options checked", () => {
    expect(chooseSemiMethod("self-training").options).toMatchObject({ portion: 0.2, portionMax: 0.5, merge: "last" });
    expect(() => chooseSemiMethod("self-trainig")).toThrow("Did you mean self-training?");
    expect(() => chooseSemiMethod("self-training", { portion: 1.2 })).toThrow(
      "method self-training was given portion = 1.2",
    );
    expect(() => chooseSemiMethod("self-training", { portion: 0 })).toThrow("portion = 0");
    expect(() => chooseSemiMethod("st++", { reliabel: 0.5 })).toThrow("Did you mean reliable?");
    expect(() => chooseSemiMethod("supervised", { portion: 0.1 })).toThrow("portion");
  });

  it("refuse portions for classes that are not there", () => {
    const options = selfTraining.options.parse({ portionOfClass: { rode: 0.1 } });
    expect(() => selfTraining.check!(options, ["road", "car"])).toThrow("Did you mean road?");
    selfTraining.check!(selfTraining.options.parse({ portionOfClass: { road: 0.1 } }), ["road", "car"]);
  });
});

it("reliability is the mean mIoU of earlier predictions with the last: (2/3·1/2 + 1)/2", () => {
  // Against the last one the first has IoU 1/2 of class 0 and 2/3 of class 1.
  const masks = [Uint8Array.of(0, 1, 1, 1), Uint8Array.of(0, 0, 1, 1), Uint8Array.of(0, 0, 1, 1)];
  expect(reliability(masks, 3)).toBeCloseTo((7 / 12 + 1) / 2, 12);
});

it("the best round is the first with the highest score, and the last where there are no scores", () => {
  const rounds = (...scores: (number | null)[]) =>
    scores.map((score, round) => ({ round, steps: 1, seconds: 1, score }));
  expect(bestRound(rounds(0.3, 0.5, 0.5, 0.4)).round).toBe(1);
  expect(bestRound(rounds(null, null)).round).toBe(1);
});
