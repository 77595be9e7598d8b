import { mkdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { segkit } from "../../test/segkit.js";
import { smallSet } from "../../test/small-sets.js";
import { bundleOf, networkOf, twoConvs, waves } from "../../test/tiny-network.js";
import { DataError, FileError, UsageError } from "../errors/index.js";
import { readRaster } from "../raster/read.js";
import { writePng } from "../raster/write.js";
import { type RankEvent, type RankOptions, type RankReport, rankImages } from "./rank.js";

const set = smallSet();
const model = set.at("model.onnx");

beforeAll(async () => {
  set.bytes("model.onnx", bundleOf(networkOf(twoConvs)));
  set.text("new/readme.md", "words");
  for (const seed of [1, 2, 3, 4]) await writePng(set.at(`new/${seed}.png`), waves(24, 32, 3, seed));
  // The same scene again.
  await writePng(set.at("new/5.png"), waves(24, 32, 3, 2));
});
afterAll(() => set.remove());

async function events(options: Partial<RankOptions> = {}): Promise<RankEvent[]> {
  const all: RankEvent[] = [];
  for await (const event of rankImages({ model, inputs: [set.at("new")], device: "cpu", threads: 1, ...options }))
    all.push(event);
  return all;
}

async function run(options: Partial<RankOptions> = {}): Promise<RankReport> {
  return ((await events(options)).at(-1) as Extract<RankEvent, { kind: "end" }>).report;
}

describe("rankImages", () => {
  it("puts the most uncertain first, by any measure, and says how many it looked at", async () => {
    for (const by of ["entropy", "margin", "least-confidence", "disagreement"] as const) {
      const { images, measured, views } = await run({ by });
      expect(measured).toBe(5);
      expect(images).toHaveLength(5);
      expect(views).toBe(by === "disagreement" ? "flip" : "none");
      const key = by === "least-confidence" ? "leastConfidence" : by;
      expect(images.map(({ score }) => score)).toEqual(images.map((image) => image[key]));
      for (const [i, { score }] of images.slice(1).entries()) expect(score).toBeLessThanOrEqual(images[i]!.score);
      // Images 2 and 5 are one and the same: they tie, and the name decides.
      const names = images.map(({ name }) => name);
      expect(names.indexOf("5")).toBe(names.indexOf("2") + 1);
    }
  });

  it("passes over images that are like a chosen one, until as many are found as were asked for", async () => {
    const all = await run();
    const { images, passedOver } = await run({ distinct: 1e-6 });
    expect(images.map(({ name }) => name)).toEqual(all.images.map(({ name }) => name).filter((name) => name !== "5"));
    expect(passedOver).toMatchObject([{ name: "5", like: "2" }]);
    const first = await run({ top: 1, distinct: 1 });
    expect(first.images).toEqual(all.images.slice(0, 1));
    expect(first.passedOver).toEqual([]);
  });

  it("shows the chosen images beside their masks and entropies", async () => {
    await run({ top: 2, sheet: set.at("out/sheet.png") });
    const sheet = await readRaster(set.at("out/sheet.png"));
    // Three pictures of 180x240, two rows, lines of 4 pixels between them.
    expect([sheet.height, sheet.width, sheet.channels]).toEqual([364, 728, 3]);
  });

  it("gives the ranking before it writes the sheet, and keeps it when that fails", async () => {
    const sheet = set.at("later/sheet.png");
    const kinds: string[] = [];
    const ranking = (async () => {
      for await (const event of rankImages({ model, inputs: [set.at("new")], sheet, device: "cpu", threads: 1 })) {
        kinds.push(event.kind);
        // Between the check and the end somebody makes a folder of that name.
        if (event.kind === "opened") mkdirSync(sheet, { recursive: true });
      }
    })();
    await expect(ranking).rejects.toThrow(FileError);
    expect(kinds).toEqual(["opened", ...new Array(5).fill("measured"), "ranked"]);
  });

  it("refuses a sheet or a list that cannot be written before it measures anything", async () => {
    set.text("words.txt", "words");
    const refused = rankImages({ model, inputs: [set.at("new")], sheet: set.at("words.txt/sheet.png") });
    await expect(refused.next()).rejects.toThrow("a part of the path is a file");
    await expect(rankImages({ model, inputs: [set.at("new")], sheet: set.at("new") }).next()).rejects.toThrow(
      "expected a file to write",
    );
    const args = ["rank", set.at("new"), "--model", model, "--csv", set.at("words.txt/next.csv")];
    const { code, stdout, stderr } = await segkit(args).ended;
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^error: .*words\.txt: a part of the path is a file.*\n$/);
  });

  it("goes on after an image that cannot be read", async () => {
    set.bytes("mixed/1.png", readFileSync(set.at("new/1.png")));
    set.bytes("mixed/2.png", Buffer.from("words"));
    const { images, failed, measured } = await run({ inputs: [set.at("mixed")] });
    expect([images.length, measured]).toEqual([1, 1]);
    expect(failed).toMatchObject([{ input: set.at("mixed/2.png") }]);
    await expect(run({ inputs: [set.at("mixed/2.png")] })).rejects.toThrow(DataError);
  });

  it("refuses disagreement of a single view", async () => {
    await expect(run({ by: "disagreement", symmetries: "none" })).rejects.toThrow(UsageError);
  });
});
