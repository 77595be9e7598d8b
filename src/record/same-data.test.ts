import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { session } from "../../test/recorded-run.js";
import { DataError } from "../errors/index.js";
import { writeSessions } from "./run-file.js";
import { requireSameData } from "./same-data.js";

let runDir: string;
beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), "segkit-same-data-"));
});
afterEach(() => rmSync(runDir, { recursive: true, force: true }));

const splits = { train: "a", val: "b", test: "c", unlabelled: "d", hidden: "e" };
const check = (changes: { readonly [split: string]: string }): void =>
  requireSameData(runDir, { hash: "", splits: { ...splits, ...changes } }, "data/set");

describe("requireSameData", () => {
  beforeEach(() => writeSessions(runDir, [{ ...session, data: { hash: "f", splits } }]));

  it("lets a run go on with the data it began with, whatever became of images that it does not learn from", () => {
    check({});
    check({ test: "x", hidden: "y" });
  });

  it("names the splits that are not the same", () => {
    expect(() => check({ unlabelled: "x" })).toThrow(
      /data\/set: other ones in unlabelled; expected the images and masks/,
    );
    expect(() => check({ train: "x", val: "y" })).toThrow(/in train and val/);
  });

  it("sees a split that is gone, and one that came", () => {
    expect(() => requireSameData(runDir, { hash: "", splits: { train: "a", val: "b" } }, "set")).toThrow(DataError);
    writeSessions(runDir, [{ ...session, data: { hash: "f", splits: { train: "a" } } }]);
    expect(() => requireSameData(runDir, { hash: "", splits: { train: "a", val: "b" } }, "set")).toThrow(/in val/);
  });

  it("believes a run whose sessions are not known", () => {
    rmSync(join(runDir, "run.json"));
    check({ train: "x" });
    writeFileSync(join(runDir, "run.json"), "{");
    check({ train: "x" });
  });
});
