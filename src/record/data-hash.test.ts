import { cpSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type SmallSet, smallSet } from "../../test/small-sets.js";
import { writeSet } from "../../test/tiny-run.js";
import { openDataset } from "../data/dataset.js";
import { DataError } from "../errors/index.js";
import { dataHash } from "./data-hash.js";

let set: SmallSet;
beforeEach(async () => {
  set = smallSet();
  await writeSet(set);
});
afterEach(() => set.remove());

const hashOf = async (path: string) => dataHash((await openDataset(path)).splits);

describe("dataHash", () => {
  it("is the same for a copy elsewhere", async () => {
    const copy = smallSet();
    cpSync(set.path, join(copy.path, "other name"), { recursive: true });
    expect(await hashOf(join(copy.path, "other name"))).toEqual(await hashOf(set.path));
    copy.remove();
  });

  it("changes with one pixel of one mask, in its split alone", async () => {
    const before = await hashOf(set.path);
    await set.mask(
      "val/masks/0.png",
      Array.from({ length: 48 }, (_, y) => Array.from({ length: 40 }, (_, x) => Number(x + y === 7))),
    );
    const after = await hashOf(set.path);
    expect(after.hash).not.toBe(before.hash);
    expect(after.splits).toEqual({ ...before.splits, val: expect.not.stringMatching(before.splits.val!) });
  });

  it("changes when an image moves to another split, or loses its mask", async () => {
    const { splits } = await openDataset(set.path);
    const before = await dataHash(splits);
    const [first, ...rest] = splits.train!;
    const moved = await dataHash({ ...splits, train: rest, val: [...splits.val!, first!] });
    expect(moved.splits.test).toBe(before.splits.test);
    expect(moved.hash).not.toBe(before.hash);
    const { mask: _, ...bare } = first!;
    expect((await dataHash({ ...splits, train: [bare, ...rest] })).hash).not.toBe(before.hash);
  });

  it("does not depend on the order of samples, which the lists tell", async () => {
    const { splits } = await openDataset(set.path);
    const { lists, ...contents } = await dataHash(splits);
    const { lists: reversed, ...same } = await dataHash({ ...splits, train: [...splits.train!].reverse() });
    expect(same).toEqual(contents);
    expect(reversed).toEqual({ ...lists, train: expect.not.stringMatching(lists.train!) });
  });

  it("sees a change in either end of a long file, and its length", async () => {
    const image = Buffer.alloc(200_000, 1);
    const hash = async (change: (bytes: Buffer) => Buffer): Promise<string> => {
      const file = set.bytes("long.bin", change(Buffer.from(image)));
      const { splits } = await openDataset(set.path);
      return (await dataHash({ train: [{ ...splits.train![0]!, image: file }] })).hash;
    };
    const hashes = [
      await hash((bytes) => bytes),
      await hash((bytes) => bytes.fill(2, 10, 11)),
      await hash((bytes) => bytes.fill(2, 199_990, 199_991)),
      await hash((bytes) => bytes.subarray(1)),
    ];
    expect(new Set(hashes).size).toBe(4);
  });

  it("names a file that cannot be read", async () => {
    const { splits } = await openDataset(set.path);
    const gone = { ...splits.train![0]!, image: set.at("gone.png") };
    await expect(dataHash({ train: [gone] })).rejects.toThrow(DataError);
    await expect(dataHash({ train: [gone] })).rejects.toThrow("gone.png");
  });
});
