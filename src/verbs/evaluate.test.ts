import { readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smallSet } from "../../test/small-sets.js";
import { bundleOf, infoOf, networkOf, twoConvs } from "../../test/tiny-network.js";
import { writeSet } from "../../test/tiny-run.js";
import { DataError, UsageError } from "../errors/index.js";
import { type EvaluateModelOptions, evaluateModel } from "./evaluate.js";
import type { EvaluationReport } from "./evaluation-json.js";
import { predictFiles } from "./predict.js";

const set = smallSet();
const model = set.at("model.onnx");

beforeAll(async () => {
  await writeSet(set);
  set.bytes("model.onnx", bundleOf(networkOf(twoConvs)));
});
afterAll(() => set.remove());

async function run(options: Partial<EvaluateModelOptions> = {}): Promise<EvaluationReport> {
  let report: EvaluationReport | undefined;
  for await (const event of evaluateModel({ model, data: set.path, threads: 1, device: "cpu", ...options }))
    if (event.kind === "end") report = event.report;
  return report!;
}

interface Values {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** The red channel of a picture, by another decoder than ours. */
async function reds(file: string): Promise<Values> {
  const { data, info } = await sharp(file)
    .toColourspace("srgb")
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: Uint8Array.from(data), height: info.height, width: info.width };
}

/** The classes of an index PNG, found by its colours: the red of class k is 40 k. */
async function classes(file: string): Promise<Values> {
  const red = await reds(file);
  return { ...red, data: red.data.map((value) => value / 40) };
}

/** Mean IoU over classes by counting pixels one by one. */
function meanIou(pairs: readonly (readonly [truth: Uint8Array, prediction: Uint8Array])[]): number {
  const iou = [0, 1, 2].map((k) => {
    let [both, either] = [0, 0];
    for (const [truth, prediction] of pairs)
      for (let i = 0; i < truth.length; i++) {
        if (truth[i] === 255) continue;
        if (truth[i] === k && prediction[i] === k) both++;
        if (truth[i] === k || prediction[i] === k) either++;
      }
    return both / either;
  });
  return iou.reduce((sum, v) => sum + v, 0) / 3;
}

describe("evaluateModel", () => {
  it("gives the figure that other code recomputes from the written masks", async () => {
    const out = set.at("out");
    const report = await run({ out, overlay: true, split: "test" });
    const pairs = await Promise.all(
      ["0", "1", "2"].map(async (id) => {
        const [truth, prediction] = await Promise.all([
          reds(set.at(`test/masks/${id}.png`)),
          classes(join(out, "masks", `${id}.png`)),
        ]);
        expect([prediction.height, prediction.width]).toEqual([truth.height, truth.width]);
        return [truth.data, prediction.data] as const;
      }),
    );
    expect(report.scores.meanIou).toBeCloseTo(meanIou(pairs), 12);
    expect(report.scores.counted).toBe(2 * 47 * 40 + 60 * 57);
    expect(report.scores.ignored).toBe(2 * 40 + 57);
    expect(report.perImage.meanIou).toBeCloseTo(report.images.reduce((sum, image) => sum + image.meanIou, 0) / 3, 12);
    expect(JSON.parse(readFileSync(join(out, "scores.json"), "utf8")).scores.meanIou).toBe(report.scores.meanIou);
    expect(readFileSync(join(out, "report.html"), "utf8")).toContain("Confusion matrix");
    const overlay = await sharp(join(out, "overlays", "2.png")).metadata();
    expect([overlay.height, overlay.width]).toEqual([61, 57]);
  });

  it("compares at the size asked for, which the masks then have", async () => {
    const out = set.at("sized");
    const report = await run({ out, size: [24, 20], split: "val" });
    const { height, width } = await sharp(join(out, "masks", "2.png")).metadata();
    expect([height, width]).toEqual([24, 20]);
    // The last row of 24 takes row 47 of 48, the void one; of 61 rows it takes row floor(23.5*61/24) = 59, which is not.
    expect(report.scores.counted).toBe(2 * 23 * 20 + 24 * 20);
    expect(report.size).toEqual([24, 20]);
  });

  it("scores outlines on request", async () => {
    const { boundary, scores } = await run({ boundary: true });
    expect(boundary!.iou).toHaveLength(3);
    for (const value of [boundary!.meanIou, boundary!.meanF, boundary!.meanBf]) expect(value).toBeGreaterThanOrEqual(0);
    expect(boundary!.meanIou).toBeLessThan(1);
    expect(scores.notes.join()).toContain("ignored");
  });

  it("says how far confidences can be trusted, and what is left above a threshold", async () => {
    const { calibration, unknown, temperature } = await run({ unknownBelow: 0.5 });
    const out = set.at("probable");
    const inputs = ["0", "1", "2"].map((id) => set.at(`test/images/${id}.png`));
    for await (const _ of predictFiles({ model, inputs, out, probabilities: true, device: "cpu", threads: 1 })) void _;
    const pixels: { confidence: number; isHit: boolean; own: number }[] = [];
    for (const id of ["0", "1", "2"]) {
      const truth = (await reds(set.at(`test/masks/${id}.png`))).data;
      const npy = readFileSync(join(out, "probabilities", `${id}.npy`));
      const p = new Float32Array(npy.buffer.slice(npy.byteOffset + 128, npy.byteOffset + npy.length));
      for (const [i, label] of truth.entries()) {
        const values = [0, 1, 2].map((k) => p[k * truth.length + i]!);
        const confidence = Math.max(...values);
        if (label !== 255) pixels.push({ confidence, isHit: values[label] === confidence, own: values[label]! });
      }
    }
    const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
    let ece = 0;
    for (let bin = 0; bin < 15; bin++) {
      const inside = pixels.filter(({ confidence }) => confidence > bin / 15 && confidence <= (bin + 1) / 15);
      if (inside.length === 0) continue;
      const gap = mean(inside.map(({ confidence }) => confidence)) - mean(inside.map(({ isHit }) => Number(isHit)));
      ece += (inside.length / pixels.length) * Math.abs(gap);
    }
    expect(calibration.pixels).toBe(pixels.length);
    expect(calibration.ece).toBeCloseTo(ece, 9);
    expect(calibration.nll).toBeCloseTo(mean(pixels.map(({ own }) => -Math.log(own))), 6);
    expect(temperature).toBeNull();
    const left = pixels.filter(({ confidence }) => confidence >= 0.5);
    expect(left.length).toBeGreaterThan(0);
    expect(unknown).toMatchObject({ below: 0.5, coverage: left.length / pixels.length });
    expect(unknown!.accuracy).toBeCloseTo(mean(left.map(({ isHit }) => Number(isHit))), 12);
    expect(calibration.coverage.find(({ threshold }) => threshold === 0.5)).toMatchObject({
      coverage: unknown!.coverage,
    });
  });

  it("of several models says the temperature of each, and that nothing is kept, in report.html too", async () => {
    const calibration = { temperature: 2, split: "val", pixels: 9, ece: { before: 0.2, after: 0.1 } };
    const calibrated = set.bytes("calibrated.onnx", bundleOf(networkOf(twoConvs), { calibration }));
    const out = set.at("averaged");
    const report = await run({ model: [model, calibrated], out });
    expect([report.temperature, report.temperatures]).toEqual([null, [null, 2]]);
    expect(report.notes).toContain(
      "these scores are not kept for segkit runs: a bundle or a list of models is no run folder",
    );
    expect(readFileSync(join(out, "report.html"), "utf8")).toContain("each model at its own temperature (none, 2.000)");
    expect("temperatures" in (await run())).toBe(false);
  });

  it("takes the test split unless told otherwise, and names the splits there are", async () => {
    expect((await run()).split).toBe("test");
    expect((await run({ split: "all" })).images).toHaveLength(10);
    await expect(run({ split: "tset" })).rejects.toThrow(UsageError);
    await expect(run({ split: "tset" })).rejects.toThrow("Did you mean --split test?");
  });

  it("counts and shows mask pixels that are no class", async () => {
    const other = smallSet();
    await writeSet(other);
    await other.mask(
      "test/masks/0.png",
      Array.from({ length: 48 }, (_, y) => Array.from({ length: 40 }, () => (y === 0 ? 7 : 1))),
    );
    const report = await run({ data: other.path });
    other.remove();
    expect(report.outOfRange).toEqual({ pixels: 40, masks: 1 });
    expect(report.scores.truthOutOfRange).toBe(40);
    expect(report.scores.ignored).toBe(40 + 57);
    expect(report.notes.join("\n")).toContain("40 pixels in 1 masks hold values that are no class");
  });

  it("refuses a data set of other classes, and says so when they are called differently", async () => {
    const file = (classes: number): string => {
      const network = networkOf(twoConvs, 3, classes);
      return set.bytes(`model-${classes}.onnx`, bundleOf(network, infoOf(network)));
    };
    await expect(run({ model: file(5) })).rejects.toThrow(DataError);
    await expect(run({ model: file(5) })).rejects.toThrow("the data set has 3");
    expect((await run()).notes[0]).toBe("class 0 is called class 0 by the model and ground by the data set");
  });

  it("refuses a split whose masks are of another size than its images", async () => {
    const other = smallSet();
    await writeSet(other);
    await other.mask("test/masks/1.png", [[0, 1, 2]]);
    await expect(run({ data: other.path })).rejects.toThrow("the mask is 1x3");
    other.remove();
  });
});
