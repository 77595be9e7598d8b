import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { UsageError } from "../errors/index.js";
import { sortSettings, trainSettings } from "./train-settings.js";

const folder = mkdtempSync(join(tmpdir(), "segkit-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe("--set", () => {
  it("goes to the network, the run, or a group by a dotted name", () => {
    expect(
      sortSettings({ width: 16, ema: 0.9, "optimizer.momentum": 0.5, "loss.crossEntropy.labelSmoothing": 0.1 }),
    ).toEqual({
      set: { width: 16 },
      ema: 0.9,
      optimizerOptions: { momentum: 0.5 },
      lossOptions: { crossEntropy: { labelSmoothing: 0.1 } },
    });
  });

  it("suggests the nearest group", () => {
    expect(() => sortSettings({ "optimiser.momentum": 1 })).toThrow(/Did you mean optimizer\.momentum/);
  });
});

describe("a configuration file", () => {
  it("is overruled by --set, and both by options of their own", () => {
    const config = file(
      "a.yaml",
      "model: unet\nsize: 96x128\nbatch: 4\nset:\n  width: 8\n  depth: 3\noptimizerOptions:\n  weightDecay: 0.1\n",
    );
    expect(trainSettings({ batch: 2 }, { config, set: { width: 16, batch: 3 } })).toEqual({
      model: "unet",
      size: [96, 128],
      batch: 2,
      set: { width: 16, depth: 3 },
      optimizerOptions: { weightDecay: 0.1 },
    });
  });

  it("may be JSON, and its length gives way to another one", () => {
    const config = file("b.json", '{"epochs": 5, "data": "camvid"}');
    expect(trainSettings({ minutes: 2 }, { config })).toEqual({ data: "camvid", minutes: 2 });
  });

  it("is refused with the nearest names for unknown options", () => {
    const config = file("c.yaml", "modle: unet\n");
    expect(() => trainSettings({}, { config })).toThrow(UsageError);
    expect(() => trainSettings({}, { config })).toThrow(/Did you mean model/);
  });

  it("is refused when it is missing or no list of options", () => {
    expect(() => trainSettings({}, { config: join(folder, "none.yaml") })).toThrow(/Check the file/);
    expect(() => trainSettings({}, { config: file("d.yaml", "- 1\n") })).toThrow(/holds no options/);
  });

  it("holds one length", () => {
    expect(() => trainSettings({}, { config: file("e.yaml", "epochs: 1\nsteps: 2\n") })).toThrow(/epochs and steps/);
  });
});
