import { describe, expect, it } from "vitest";
import { UsageError } from "../errors/index.js";
import { applySymmetry, type Planes, symmetrySets, undoSymmetry } from "./symmetry.js";
import { gaussianWeights, TileBlend, tileBoxes, tileStarts } from "./tiles.js";

describe("tiles", () => {
  it("start at 0, end at the end, and overlap by at least the share asked for", () => {
    expect(tileStarts(100, 40, 0.5)).toEqual([0, 20, 40, 60]);
    expect(tileStarts(101, 40, 0.25)).toEqual([0, 20, 41, 61]);
    expect(tileStarts(30, 40, 0.5)).toEqual([0]);
  });

  it("cover every pixel of an odd image", () => {
    const seen = new Uint8Array(53 * 37);
    for (const { y0, x0, y1, x1 } of tileBoxes(53, 37, { height: 16, width: 16, overlap: 0.3 }))
      for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) seen[y * 37 + x] = 1;
    expect(seen.every((s) => s === 1)).toBe(true);
  });

  it("refuse an overlap of 1", () => {
    expect(() => tileBoxes(10, 10, { height: 4, width: 4, overlap: 1 })).toThrow(UsageError);
  });

  it("weigh the centre most, symmetrically", () => {
    const w = gaussianWeights(5, 5);
    expect(w[12]).toBe(1);
    expect(w[0]).toBe(w[24]);
    expect(Math.min(...w)).toBeGreaterThan(0);
  });

  it("blend to the field they were cut from", () => {
    const field = Float32Array.from({ length: 2 * 20 * 30 }, (_, i) => Math.sin(i));
    const blend = new TileBlend(2, 20, 30);
    for (const box of tileBoxes(20, 30, { height: 8, width: 12, overlap: 0.5 })) {
      const tile: number[] = [];
      for (let k = 0; k < 2; k++)
        for (let y = box.y0; y < box.y1; y++)
          for (let x = box.x0; x < box.x1; x++) tile.push(field[(k * 20 + y) * 30 + x]!);
      blend.add(Float32Array.from(tile), box);
    }
    expect(blend.finish()).toBeAllclose(field, { atol: 1e-6 });
  });
});

describe("symmetries", () => {
  const planes: Planes = {
    data: Float32Array.from({ length: 2 * 3 * 4 }, (_, i) => i),
    channels: 2,
    height: 3,
    width: 4,
  };

  it("turn counter-clockwise", () => {
    const { data, height, width } = applySymmetry(
      { ...planes, channels: 1, data: planes.data.slice(0, 12) },
      { flip: false, turns: 1 },
    );
    expect([height, width]).toEqual([4, 3]);
    expect(Array.from(data)).toEqual([3, 7, 11, 2, 6, 10, 1, 5, 9, 0, 4, 8]);
  });

  it("are undone exactly, and the eight are different", () => {
    const views = symmetrySets.all.map((symmetry) => {
      const turned = applySymmetry(planes, symmetry);
      expect(undoSymmetry(turned, symmetry)).toEqual(planes);
      return `${turned.height} ${turned.data.join()}`;
    });
    expect(new Set(views).size).toBe(8);
  });
});
