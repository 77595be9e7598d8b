import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SmallSet, smallSet } from "../../../test/small-sets.js";
import { trainingSet } from "../../../test/training-set.js";
import { type Dataset, openDataset } from "../../data/dataset.js";
import { type Survey, surveyDataset } from "../../data/doctor/survey.js";
import { UsageError } from "../../errors/index.js";
import { derivePlan } from "../derive.js";
import type { Plan } from "../plan.js";
import type { PlanRequest } from "../request.js";
import { type Cost, Costs } from "./costs.js";
import { memoryLimit } from "./memory.js";
import { lengthReason, stepReasons } from "./reasons.js";
import { type SettledSteps, settleSteps } from "./settle.js";

/** 100 MB for the process and 1 MB for each image of 32x32, in whichever batch; 20 ms an image. */
class KnownCosts extends Costs {
  constructor(private readonly surprise = 1) {
    super(0, {});
  }
  override async measure({ batch, size, accumulate }: Plan): Promise<Cost> {
    const pixels = batch.value * size.value[0] * size.value[1];
    // Large steps may need more than small ones let expect.
    const bytes = 100e6 + (pixels > 4096 ? this.surprise : 1) * (pixels / 1024) * 1e6;
    const cost = { batch: batch.value, size: size.value, pixels, bytes, milliseconds: (20 * pixels) / 1024 };
    expect(accumulate.value).toBeGreaterThan(0);
    this.found.push(cost);
    return cost;
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
    const { plan, costs } = await settle({ size: [32, 32], memory: "106MB" }, new KnownCosts(3));
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

  it("is refused where not even one image fits", async () => {
    await expect(settle({ size: [32, 32], memory: "100.5MB" })).rejects.toThrow(UsageError);
    await expect(settle({ memory: "50MB" })).rejects.toThrow("a training step that fits into 50 MB");
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
