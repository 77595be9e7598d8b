import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SmallSet, smallSet } from "../../../test/small-sets.js";
import { trainingSet } from "../../../test/training-set.js";
import { type Dataset, openDataset } from "../../data/dataset.js";
import { type Survey, surveyDataset } from "../../data/doctor/survey.js";
import { UsageError } from "../../errors/index.js";
import { derivePlan } from "../derive.js";
import type { Plan } from "../plan.js";
import type { PlanRequest } from "../request.js";
import { Budget } from "./budget.js";
import { type Cost, Costs } from "./costs.js";
import { memoryLimit } from "./memory.js";
import { lengthReason, stepReasons } from "./reasons.js";
import { type SettledSteps, settleSteps } from "./settle.js";

interface Known {
  /** Factor of what images beyond four of 32x32 need: large steps may need more than small ones let expect. */
  readonly surprise?: number;
  /** Bytes of sums of gradients. */
  readonly sums?: number;
  /** Bytes that small steps are said to need more than they do beyond one of 32x32, as where a line is bent. */
  readonly bend?: number;
  /** Milliseconds of an image of 32x32. */
  readonly each?: number;
  /** Factor of the time of batches of more than four images of 32x32. */
  readonly slow?: number;
  /** Seconds for trials. */
  readonly seconds?: number;
  /** Whether room for sums of gradients is asked for. */
  readonly room?: boolean;
}

/** 100 MB for the process and 1 MB for each image of 32x32, in whichever batch; 20 ms an image, three updates a trial. */
class KnownCosts extends Costs {
  private clock: { now: number };
  constructor(private readonly known: Known = {}) {
    const clock = { now: 0 };
    const budget = new Budget(1000 * (known.seconds ?? 100), () => clock.now);
    super({ kept: 0, budget, share: 1, roomForSums: known.room ?? false });
    this.clock = clock;
  }
  override async measure({ batch, size, accumulate }: Plan): Promise<Cost> {
    const { surprise = 1, sums = 0, bend = 0, each = 20, slow = 1, room = false } = this.known;
    const pixels = batch.value * size.value[0] * size.value[1];
    const accumulated = room || accumulate.value > 1;
    const needed = (pixels > 4096 ? surprise : 1) * (pixels / 1024) * 1e6 + (pixels > 1024 ? bend : 0);
    const milliseconds = ((pixels > 4096 ? slow : 1) * each * pixels) / 1024;
    const step = { batch: batch.value, size: size.value, pixels, accumulated };
    this.clock.now += 3 * (accumulated ? 2 : 1) * milliseconds;
    if (this.budget.left < 0) return this.keep({ ...step, bytes: undefined, failure: "time", milliseconds: NaN });
    return this.keep({ ...step, bytes: 100e6 + needed + (accumulated ? sums : 0), milliseconds });
  }
}

interface Seen {
  readonly dataset: Dataset;
  readonly survey: Survey;
}

async function see({ path }: SmallSet): Promise<Seen> {
  const dataset = await openDataset(path);
  return { dataset, survey: await surveyDataset(dataset) };
}

const noise = smallSet();
let set: SmallSet;
let scenes: Seen;
/** Images of 64x96. */
let larger: Seen;

beforeAll(async () => {
  set = await trainingSet(60, 2);
  scenes = await see(set);
  for (let i = 0; i < 24; i++) {
    const split = i < 20 ? "train" : "val";
    await noise.image(`${split}/images/${i}.png`, 64, 96, i);
    await noise.mask(
      `${split}/masks/${i}.png`,
      Array.from({ length: 64 }, () => new Array<number>(96).fill(i % 2)),
    );
  }
  larger = await see(noise);
});
afterAll(() => {
  set.remove();
  noise.remove();
});

async function settle(
  request: PlanRequest,
  costs: Costs = new KnownCosts(),
  { dataset, survey }: Seen = scenes,
): Promise<SettledSteps & { plan: Plan; costs: Costs; texts: string[] }> {
  const limit = memoryLimit(request.memory ?? "1GB");
  const derive = (more: PlanRequest): Plan => derivePlan(dataset, survey, { ...request, ...more });
  const steps = settleSteps({ survey, request, images: dataset.splits.train!.length, limit, derive }, costs);
  const texts: string[] = [];
  for (;;) {
    const { done, value } = await steps.next();
    if (!done) {
      texts.push(value.text);
      continue;
    }
    const plan = derive(value.chosen);
    return { ...value, plan: { ...plan, ...stepReasons(plan, request, value, limit) }, costs, texts };
  }
}

describe("settleSteps", () => {
  it("takes whole images and a tenth of the set an update, and tries what it chose", async () => {
    const { plan, costs, texts } = await settle({ size: [32, 32] });
    expect(costs.found.map(({ batch }) => batch)).toEqual([2, 4, 6]);
    expect(plan.size).toEqual({ value: [32, 32], reason: "given" });
    expect(plan.batch.value).toBe(6);
    expect(plan.batch.reason).toBe("as many as leave 10 updates in an epoch of 60 images; 6 need 106 MB of 1.0 GB");
    expect(texts).toEqual([
      "trying steps under 1.0 GB",
      "batch 2 of 32x32: 102 MB, 40 ms a batch",
      "batch 4 of 32x32: 104 MB, 80 ms a batch",
      "batch 6 of 32x32: 106 MB, 120 ms a batch",
    ]);
  });

  it("shares an update out where memory holds fewer images: 3 of 32x32 fit under 103 MB", async () => {
    const { plan } = await settle({ size: [32, 32], memory: "103MB" });
    expect([plan.batch.value, plan.accumulate.value]).toEqual([3, 2]);
    expect(plan.batch.reason).toBe("the largest batch that fits: 3 need 103 MB, 4 would need 104 MB of 103 MB");
    expect(plan.accumulate.reason).toBe("6 images an update: as many as leave 10 updates in an epoch of 60 images");
  });

  it("goes on with less when a step needs more than small ones let expect", async () => {
    const { plan, costs } = await settle({ size: [32, 32], memory: "106MB" }, new KnownCosts({ surprise: 3 }));
    // 6 were expected to need 106 MB and needed 118; 4 are known to fit, and are shared out as 3 and 3.
    expect(costs.found.map(({ batch }) => batch)).toEqual([2, 4, 6, 3]);
    expect([plan.batch.value, plan.accumulate.value]).toEqual([3, 2]);
  });

  it("crops where two whole images do not fit, and keeps their resolution", async () => {
    const { plan } = await settle({ memory: "104MB" }, new KnownCosts(), larger);
    // 64x96 has 6 times the pixels of 32x32: two of them need 112 MB, two of 48x80 107.3, two of 32x48 103.
    expect(plan.size).toEqual({
      value: [32, 48],
      reason: "crops of 32x48 at full resolution: 2 of 48x80 would need 108 MB of 104 MB",
    });
    expect(plan.inputRule).toEqual({ value: "tiles", reason: "crops keep the resolution of the images" });
  });

  it("leaves alone what was given, even where it does not fit", async () => {
    const { plan, costs } = await settle({ size: [32, 32], batch: 8, accumulate: 2, memory: "103MB" });
    expect([plan.batch.value, plan.accumulate.value]).toEqual([8, 2]);
    expect(plan.batch.reason).toBe("given; needs 108 MB, more than 103 MB");
    expect(plan.accumulate.reason).toBe("given");
    expect(costs.found.every(({ batch }) => batch === 8)).toBe(true);
  });

  it("makes small updates where there is little time: 500 of 72 ms in 36 s", async () => {
    const { plan } = await settle({ size: [32, 32], minutes: 0.6 });
    expect(plan.batch).toMatchObject({ value: 3 });
    expect(plan.batch.reason).toContain("as many as leave about 500 updates in 0.6 minutes");
  });

  it("takes fewer at once where more take clearly longer each: 6 are 3 times as slow, and shared out as 3 and 3", async () => {
    const { plan, costs } = await settle({ size: [32, 32] }, new KnownCosts({ slow: 3 }));
    expect(costs.found.map(({ batch }) => batch)).toEqual([2, 4, 6, 3]);
    expect([plan.batch.value, plan.accumulate.value]).toEqual([3, 2]);
    expect(plan.batch.reason).toBe("of 6 at once each takes 3.0 times as long; 3 need 103 MB of 1.0 GB");
    expect(plan.accumulate.reason).toBe("6 images an update: as many as leave 10 updates in an epoch of 60 images");
    const { plan: alike } = await settle({ size: [32, 32] }, new KnownCosts({ slow: 1.2 }));
    expect([alike.batch.value, alike.accumulate.value]).toEqual([6, 1]);
  });

  it("takes the many all the same where there is no time to try the few, or the batches of an update are given", async () => {
    const { plan } = await settle({ size: [32, 32] }, new KnownCosts({ slow: 3, seconds: 1.6 }));
    expect([plan.batch.value, plan.accumulate.value]).toEqual([6, 1]);
    const { plan: given } = await settle({ size: [32, 32], accumulate: 1 }, new KnownCosts({ slow: 3 }));
    expect([given.batch.value, given.accumulate.value]).toEqual([6, 1]);
  });

  it("goes to far larger steps in between: 6 of 64x96 are 6 times as large as 4 of 32x48", async () => {
    const { dataset, survey } = larger;
    const train = [...dataset.splits.train!, ...dataset.splits.train!, ...dataset.splits.train!];
    const many = { dataset: { ...dataset, splits: { ...dataset.splits, train } }, survey };
    const { plan, costs } = await settle({}, new KnownCosts(), many);
    expect(costs.found.map(({ batch, size, accumulated }) => [batch, size[0], accumulated])).toEqual([
      [2, 32, false],
      [4, 32, false],
      [3, 64, true],
      [6, 64, false],
    ]);
    expect([plan.batch.value, plan.accumulate.value]).toEqual([6, 1]);
  });

  it("is refused where not even one image fits", async () => {
    await expect(settle({ size: [32, 32], memory: "100.5MB" })).rejects.toThrow(UsageError);
    await expect(settle({ memory: "50MB" })).rejects.toThrow("a training step that fits into 50 MB");
  });

  it("is refused with what one image of the smallest size was found to need", async () => {
    const costs = new KnownCosts();
    await expect(settle({ size: [32, 32], memory: "100.5MB" }, costs)).rejects.toThrow(
      "a batch of 1 at 32x32 needs 101 MB; expected a training step that fits into 101 MB",
    );
    expect(costs.found.map(({ batch }) => batch)).toEqual([2, 4, 1]);
  });

  it("tries one image before it says that none fits: more need 10 MB above what one lets expect", async () => {
    const { plan, costs } = await settle({ size: [32, 32], memory: "105MB" }, new KnownCosts({ bend: 10e6 }));
    // 2 need 112 MB and 4 need 114, by which one would need 111; it needs 101.
    expect(costs.found.map(({ batch, accumulated }) => [batch, accumulated])).toEqual([
      [2, false],
      [4, false],
      [1, false],
      [1, true],
    ]);
    expect([plan.batch.value, plan.accumulate.value]).toEqual([1, 6]);
    expect(plan.batch.reason).toMatch(/^the largest batch that fits: 1 needs 101 MB, 2 would /);
  });

  it("tries all steps with sums of gradients where later rounds make these", async () => {
    const { plan, costs } = await settle(
      { size: [32, 32], memory: "108MB" },
      new KnownCosts({ sums: 3e6, room: true }),
    );
    expect(costs.found.every(({ accumulated }) => accumulated)).toBe(true);
    // 6 would fit without the sums.
    expect([plan.batch.value, plan.accumulate.value]).toEqual([3, 2]);
  });

  it("makes updates of one image where sums of gradients do not fit beside it", async () => {
    const { plan } = await settle({ size: [32, 32], memory: "105MB" }, new KnownCosts({ bend: 10e6, sums: 8e6 }));
    expect([plan.batch.value, plan.accumulate.value]).toEqual([1, 1]);
    expect(plan.batch.reason).toBe("no more than one image fits; 1 needs 101 MB of 105 MB");
  });
});

describe("settleSteps in little time", () => {
  it("takes the largest step that it had time to try: 2 and 4 images of 1 s take 18 s, 6 would take another 18", async () => {
    const { plan, costs, milliseconds, outOfTime } = await settle(
      { size: [32, 32] },
      new KnownCosts({ each: 1000, seconds: 20 }),
    );
    expect(costs.found.map(({ batch }) => batch)).toEqual([2, 4]);
    expect([plan.batch.value, plan.accumulate.value]).toEqual([4, 1]);
    expect(plan.batch.reason).toBe(
      "the largest for which there was a trial in the 20 s of planning: 4 need 104 MB of 1.0 GB",
    );
    expect(plan.accumulate.reason).toBe("as it was tried");
    expect([milliseconds, outOfTime]).toEqual([4000, "20 s"]);
  });

  it("takes a size of which two images are no larger than what was tried", async () => {
    // 32x48 is the third of the sizes: two of them take 3 s an update, four 6 s.
    const { plan } = await settle({}, new KnownCosts({ each: 1000, seconds: 28 }), larger);
    expect(plan.size).toEqual({
      value: [32, 48],
      reason: "crops of 32x48 at full resolution, the largest for which there was a trial in the 28 s of planning",
    });
    expect(plan.batch.value).toBe(2);
  });

  it("takes the smallest step where no trial came to an end, and says so", async () => {
    const { plan, costs, milliseconds } = await settle({}, new KnownCosts({ each: 1000, seconds: 5 }), larger);
    expect(costs.found).toHaveLength(1);
    expect([plan.size.value, plan.batch.value]).toEqual([[32, 32], 2]);
    expect(plan.batch.reason).toBe("no step could be tried in the 5 s of planning");
    expect(plan.size.reason).toBe("crops of 32x32 at full resolution; no step could be tried in the 5 s of planning");
    expect(milliseconds).toBeNaN();
    expect(lengthReason(plan, 60, milliseconds)).toBe("enough for a few hundred images");
  });

  it("keeps what was given though it could not be tried", async () => {
    const { plan } = await settle({ size: [32, 32], batch: 8 }, new KnownCosts({ each: 1000, seconds: 5 }));
    expect(plan.batch).toEqual({ value: 8, reason: "given; no step could be tried in the 5 s of planning" });
    expect(plan.size.reason).toBe("given");
  });
});

describe("lengthReason", () => {
  it("turns minutes into epochs and epochs into minutes: 60 images are 10 steps of 3 x 2", async () => {
    const { plan } = await settle({ size: [32, 32], memory: "103MB", minutes: 10 });
    // 10 minutes are 600 s, at 120 ms 5000 steps, 500 epochs.
    expect(lengthReason(plan, 60, 120)).toBe("given; about 500 epochs of 10 steps at 120 ms a step");
    const { plan: epochs } = await settle({ size: [32, 32], memory: "103MB", epochs: 30 });
    expect(lengthReason(epochs, 60, 120)).toBe("given; about 0.6 minutes at 120 ms a step");
  });
});
