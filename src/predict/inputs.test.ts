import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DataError } from "../errors/index.js";
import { findInputs } from "./inputs.js";

const root = mkdtempSync(join(tmpdir(), "segkit-inputs-"));
const files = ["a/x.jpg", "a/notes.txt", "a/deep/y.PNG", "a/.hidden.png", "b/x.jpg", "b/X.png", "c[1]/z.tif", "plain"];
for (const file of files) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), "");
}
afterAll(() => rmSync(root, { recursive: true }));

const at = (path: string): string => join(root, path);
const names = async (...inputs: string[]): Promise<string[]> =>
  (await findInputs(inputs.map(at))).files.map(({ name }) => name);

describe("inputs", () => {
  it("of a folder are its images with those of its subfolders, named by their path in it", async () => {
    const { files, skipped } = await findInputs([at("a")]);
    expect(files.map(({ name }) => name)).toEqual(["deep/y", "x"]);
    expect(files.map(({ path }) => path)).toEqual([at("a/deep/y.PNG"), at("a/x.jpg")]);
    expect(skipped).toEqual([at("a/notes.txt")]);
  });

  it("of equal names in different folders are kept apart by the folders", async () => {
    expect(await names("a/x.jpg", "b/x.jpg")).toEqual(["a/x", "b/x"]);
    expect(await names("a/x.jpg", "a/deep/y.PNG")).toEqual(["x", "y"]);
  });

  it("of equal names in one folder keep their extensions, whatever the case", async () => {
    expect(await names("b")).toEqual(["X.png", "x.jpg"]);
    expect(await names("a", "b")).toEqual(["deep/y", "x", "X.png", "x.jpg"]);
  });

  it("come once when they are named twice", async () => {
    expect(await names("a/x.jpg", "a", "a/*.jpg")).toEqual(["x", "deep/y"]);
  });

  it("may be globs, and folders with brackets in their names", async () => {
    expect(await names("*/x.jpg")).toEqual(["a/x", "b/x"]);
    expect(await names("**/*.{PNG,tif}")).toEqual(["a/deep/y", "c[1]/z"]);
    expect(await names("c[1]")).toEqual(["z"]);
    expect(await names("c[1]/z.tif")).toEqual(["z"]);
  });

  it("are taken as images when they are named, whatever they are called", async () => {
    expect(await names("plain")).toEqual(["plain"]);
  });

  it("that name nothing are errors with the nearest name", async () => {
    await expect(findInputs([at("a/xx.jpg")])).rejects.toThrow(`Did you mean ${at("a/x.jpg")}?`);
    await expect(findInputs([at("*.webp")])).rejects.toThrow("no file matches");
    await expect(findInputs([at("a/*.txt")])).rejects.toThrow(DataError);
    await expect(findInputs([at("a/*.txt")])).rejects.toThrow("none of the 1 files is one");
  });
});
