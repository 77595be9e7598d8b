import { describe, expect, it } from "vitest";
import { hashed, seedOf, uniform } from "./hash.js";

/** The table of test vectors in the fixtures' README. */
const vectors: [string, number, number[]][] = [
  ["", 0x811c9dc5, [0.87784892693161964, 0.90825441409833729, 0.48553747707046568, 0.43014933937229216]],
  ["a", 0xe40c292c, [0.92976903263479471, 0.57568782800808549, 0.0016750013455748558, 0.45728895580396056]],
  ["input", 0xf9d86f7b, [0.88577572861686349, 0.13337599369697273, 0.065275468630716205, 0.99035045085474849]],
  ["target", 0x32608848, [0.084009860409423709, 0.18324471358209848, 0.67964193527586758, 0.037822389742359519]],
  ["encoder.conv1.weight", 0xa3378246, [0.44675369863398373, 0.91042811679653823, 0.78709689062088728]],
  ["ä", 0x199de0e2, [0.69607350719161332, 0.23486878164112568, 0.039171976270154119, 0.22466000006534159]],
];

describe("the fixtures' hash", () => {
  for (const [name, seed, values] of vectors)
    it(`gives the published numbers for "${name}"`, () => {
      expect(seedOf(name)).toBe(seed);
      expect(values.map((_, i) => uniform(seed, i))).toEqual(values);
    });

  it("is right far out, where the product with i exceeds 32 bits", () => {
    expect(uniform(seedOf("input"), 1000000)).toBe(0.24401343613862991);
    expect(uniform(seedOf("input"), 134217727)).toBe(0.37503520818427205);
  });

  it("rounds inputs once to float32", () => {
    expect(Array.from(hashed("input", 3))).toEqual([0.77155143, -0.733247995, -0.869449079].map(Math.fround));
  });
});
