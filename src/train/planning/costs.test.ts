import { expect, it } from "vitest";
import type { Survey } from "../../data/doctor/survey.js";
import { keptBytes } from "./costs.js";

/** A survey of these images by split, all of the size 10x20, of a data set with so many. */
const survey = (images: { readonly [split: string]: number }, seen: readonly [split: string, type: string][]): Survey =>
  ({
    dataset: { splits: Object.fromEntries(Object.entries(images).map(([split, n]) => [split, new Array(n).fill({})])) },
    records: seen.map(([split, type]) => ({ split, image: { height: 10, width: 20, channels: 3, type } })),
    total: seen.length,
  }) as unknown as Survey;

it("a run keeps its decoded images and masks, those that nobody looked at as large as the others, but not the test split", () => {
  const [byte, float] = [200 * 4, 200 * 13];
  expect(keptBytes(survey({ train: 4, val: 2, test: 9 }, [["train", "uint8"]]))).toBe(6 * byte);
  const seen = [
    ["train", "uint8"],
    ["val", "float32"],
  ] as const;
  expect(
    keptBytes(
      survey(
        { train: 4, val: 2, unlabelled: 3 },
        seen.map(([split, type]) => [split, type]),
      ),
    ),
  ).toBe(4 * byte + 2 * float + (3 * (byte + float)) / 2);
});

it("each loader keeps no more than its cache holds", () => {
  expect(keptBytes(survey({ train: 1e6, val: 1 }, [["train", "uint8"]]))).toBe(512 * 2 ** 20 + 800);
});
