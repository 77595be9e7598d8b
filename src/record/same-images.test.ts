import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { session } from "../../test/recorded-run.js";
import { DataError } from "../errors/index.js";
import { writeSessions } from "./run-file.js";
import { requireSameImages } from "./same-images.js";

let runDir: string;
beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), "segkit-same-images-"));
});
afterEach(() => rmSync(runDir, { recursive: true, force: true }));

const splits = { train: "a", val: "b", test: "c", unlabelled: "d", hidden: "e" };
type Changes = { readonly [split: string]: string };
const check = (lists: Changes, contents: Changes = {}): string[] =>
  requireSameImages(
    runDir,
    { hash: "", splits: { ...splits, ...contents }, lists: { ...splits, ...lists } },
    "data/set",
  );

describe("requireSameImages", () => {
  beforeEach(() => writeSessions(runDir, [{ ...session, data: { hash: "f", splits, lists: splits } }]));

  it("lets a run go on with the data it began with, whatever became of images that it does not learn from", () => {
    expect(check({})).toEqual([]);
    expect(check({ test: "x", hidden: "y" }, { test: "x", hidden: "y" })).toEqual([]);
  });

  it("lets it go on with the same images of other contents, and says of which splits", () => {
    expect(check({}, { train: "x", test: "y" })).toEqual(["train"]);
  });

  it("names the splits that are not the same", () => {
    expect(() => check({ unlabelled: "x" })).toThrow(/data\/set: other ones in unlabelled; expected the images/);
    expect(() => check({ train: "x", val: "y" })).toThrow(/in train and val/);
  });

  it("sees a split that is gone, and one that came", () => {
    const now = { hash: "", splits, lists: { train: "a", val: "b" } };
    expect(() => requireSameImages(runDir, now, "set")).toThrow(DataError);
    writeSessions(runDir, [{ ...session, data: { hash: "f", splits, lists: { train: "a" } } }]);
    expect(() => requireSameImages(runDir, now, "set")).toThrow(/in val/);
  });

  it("believes a run whose sessions are not known", () => {
    rmSync(join(runDir, "run.json"));
    expect(check({ train: "x" })).toEqual([]);
    writeFileSync(join(runDir, "run.json"), "{");
    expect(check({ train: "x" })).toEqual([]);
  });
});
