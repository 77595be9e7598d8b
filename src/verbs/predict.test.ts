import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smallSet } from "../../test/small-sets.js";
import { bundleOf, networkOf, twoConvs } from "../../test/tiny-network.js";
import { openDataset } from "../data/dataset.js";
import { DataError, FileError } from "../errors/index.js";
import { encodePng } from "../raster/png-encode.js";
import { readRaster } from "../raster/read.js";
import { readMask } from "../raster/read-mask.js";
import { type PredictFilesEvent, type PredictFilesOptions, predictFiles } from "./predict.js";

const set = smallSet();
const model = set.at("model.onnx");

beforeAll(async () => {
  set.bytes("model.onnx", bundleOf(networkOf(twoConvs)));
  await set.image("photos/a.png", 20, 30);
  await set.image("photos/deep/a.png", 17, 23, 2);
  set.text("photos/readme.md", "words");
});
afterAll(() => set.remove());

async function run(options: Partial<PredictFilesOptions>): Promise<PredictFilesEvent[]> {
  const given = { model, inputs: [set.at("photos")], out: set.at("out"), device: "cpu", threads: 1, ...options };
  const events: PredictFilesEvent[] = [];
  for await (const event of predictFiles(given)) events.push(event);
  return events;
}

describe("predictFiles", () => {
  it("writes masks with a palette, overlays and probabilities, each under the name of its image", async () => {
    const out = set.at("all");
    const [opened, first, second] = await run({ out, overlay: true, probabilities: true });
    expect(opened).toMatchObject({ kind: "opened", total: 2, skipped: [set.at("photos/readme.md")] });
    expect(first).toMatchObject({ kind: "predicted", name: "a", height: 20, width: 30 });
    expect(second).toMatchObject({ name: "deep/a", files: { overlay: `${out}/overlays/deep/a.png` } });
    const mask = await readMask(`${out}/a.png`);
    const npy = readFileSync(`${out}/probabilities/a.npy`);
    expect(npy.subarray(10, 128).toString("latin1")).toContain("'shape': (3, 20, 30)");
    const p = new Float32Array(npy.buffer.slice(npy.byteOffset + 128, npy.byteOffset + npy.length));
    for (let i = 0; i < 600; i++) {
      const each = [0, 1, 2].map((k) => p[k * 600 + i]!);
      expect(mask.data[i]).toBe(each.indexOf(Math.max(...each)));
    }
    const overlay = await readRaster(`${out}/overlays/a.png`);
    expect([overlay.height, overlay.width, overlay.channels]).toEqual([20, 30, 3]);
    const { pixels } = first as Extract<PredictFilesEvent, { kind: "predicted" }>;
    expect(pixels["class 0"]).toBe(mask.data.filter((v) => v === 0).length);
    expect(Object.values(pixels).reduce((sum, n) => sum + n, 0)).toBe(600);
  });

  it("writes maps of confidence and entropy, and leaves uncertain pixels unknown", async () => {
    const out = set.at("sure");
    const given = { inputs: [set.at("photos/a.png")], tiles: { height: 16, width: 16, overlap: 0.5 } };
    await run({ ...given, out: set.at("plain"), probabilities: true });
    const npy = readFileSync(set.at("plain/probabilities/a.npy"));
    const p = new Float32Array(npy.buffer.slice(npy.byteOffset + 128, npy.byteOffset + npy.length));
    const each = Array.from({ length: 600 }, (_, i) => [0, 1, 2].map((k) => p[k * 600 + i]!));
    const most = each.map((values) => Math.max(...values));
    const below = [...most].sort((a, b) => a - b)[200]!;
    const events = await run({ ...given, out, confidence: true, entropy: true, unknownBelow: below });
    expect(events[1]).toMatchObject({
      files: { confidence: `${out}/confidence/a.png`, entropy: `${out}/entropy/a.png` },
      unknown: 200,
    });
    const [mask, confidence, entropy] = await Promise.all(
      ["a", "confidence/a", "entropy/a"].map((name) => readMask(`${out}/${name}.png`)),
    );
    const plain = await readMask(set.at("plain/a.png"));
    for (const [i, values] of each.entries()) {
      expect(mask!.data[i]).toBe(most[i]! < below ? 255 : plain.data[i]);
      expect(Math.abs(confidence!.data[i]! - 255 * most[i]!)).toBeLessThan(0.501);
      const bits = values.reduce((sum, value) => sum - value * Math.log(value), 0) / Math.log(3);
      expect(Math.abs(entropy!.data[i]! - 255 * bits)).toBeLessThan(0.501);
    }
    const { classes } = JSON.parse(readFileSync(`${out}/classes.json`, "utf8"));
    expect(classes.at(-1)).toMatchObject({ index: 255, name: "unknown", void: true });
  });

  it("writes classes.json, with which images and masks are a data set", async () => {
    await run({ out: set.at("made/masks"), inputs: [set.at("photos/a.png")] });
    await set.image("made/images/a.png", 20, 30);
    const { classes } = await openDataset(set.at("made"), { classes: set.at("made/masks/classes.json") });
    expect(classes.names).toEqual(["class 0", "class 1", "class 2"]);
  });

  it("repeats the grey of a one-channel image for a model of three", async () => {
    const grey = Uint8Array.from({ length: 48 }, (_, i) => (i * 5) % 256);
    set.bytes("grey.png", await encodePng({ data: grey, height: 6, width: 8, channels: 1 }));
    const events = await run({ inputs: [set.at("grey.png")] });
    expect(events[1]).toMatchObject({ kind: "predicted", height: 6, width: 8 });
  });

  it("goes on after an image that cannot be read, and says why", async () => {
    const whole = readFileSync(set.at("photos/a.png"));
    set.bytes("mixed/1.png", whole.subarray(0, whole.length / 2));
    set.bytes("mixed/2.png", whole);
    set.bytes("mixed/3.png", Buffer.from("words"));
    const events = await run({ inputs: [set.at("mixed")], out: set.at("mixed-out") });
    expect(events.map(({ kind }) => kind)).toEqual(["opened", "failed", "predicted", "failed"]);
    const failed = events[1] as Extract<PredictFilesEvent, { kind: "failed" }>;
    expect(failed.error).toBeInstanceOf(DataError);
    expect(failed.error.message).toContain(set.at("mixed/1.png"));
  });

  it("stops when results cannot be written", async () => {
    set.text("blocked", "a file where the folder should be");
    await expect(run({ out: set.at("blocked/out") })).rejects.toThrow(FileError);
  });

  it("brings masks to the size asked for", async () => {
    await run({ inputs: [set.at("photos/a.png")], out: set.at("sized"), outputSize: [10, 12], overlay: true });
    const mask = await readMask(set.at("sized/a.png"));
    expect([mask.height, mask.width]).toEqual([10, 12]);
  });
});
