import { describe, expect, it } from "vitest";
import { add, ceilDiv, type Dim, dimText, floorDiv, max, mul, sub, symbol } from "./dim.js";

const h = symbol("h");

/** The size with a number put in for the symbol. */
function at(dim: Dim, value: number): number {
  if (typeof dim === "number") return dim;
  if (dim.kind === "symbol") return value;
  const [a, b] = [at(dim.a, value), at(dim.b, value)];
  const results = {
    add: a + b,
    sub: a - b,
    mul: a * b,
    floorDiv: Math.floor(a / b),
    mod: a % b,
    max: Math.max(a, b),
    min: Math.min(a, b),
  };
  return results[dim.operator];
}

describe("symbolic sizes are written in one way, whichever way they were reached", () => {
  const padded = mul(ceilDiv(h, 32), 32);
  it.each<[string, Dim, string]>([
    ["a padded size", add(h, sub(padded, h)), "(h+31)//32*32"],
    ["a size cropped back", sub(add(h, padded), h), "(h+31)//32*32"],
    ["pooled by two", add(floorDiv(sub(padded, 2), 2), 1), "(h+31)//32*16"],
    ["convolved 3x3 with stride 2", add(floorDiv(add(sub(padded, 3), 2), 2), 1), "(h+31)//32*16"],
    ["up-convolved 2x2", add(mul(sub(padded, 1), 2), 2), "(h+31)//32*64"],
    ["a constant that does not divide", floorDiv(add(mul(h, 4), -1), 4), "(h-1)"],
    ["sums of numbers", sub(add(add(h, 3), 4), 7), "h"],
  ])("%s", (_, dim, text) => {
    expect(dimText(dim)).toBe(text);
  });

  it("and the shorter form has the same value", () => {
    for (let value = 1; value < 200; value++) {
      const size = Math.ceil(value / 32) * 32;
      expect(at(add(h, sub(padded, h)), value)).toBe(size);
      expect(at(add(floorDiv(add(sub(padded, 3), 2), 2), 1), value)).toBe(Math.floor((size - 1) / 2) + 1);
      expect(at(add(mul(sub(padded, 1), 2), 2), value)).toBe((size - 1) * 2 + 2);
      expect(at(floorDiv(add(mul(h, 4), -7), 4), value)).toBe(Math.floor((4 * value - 7) / 4));
      expect(at(max(h, 188), value)).toBe(Math.max(value, 188));
    }
  });
});
