import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../errors/index.js";
import type { Planes } from "./planes.js";
import { applySymmetry, symmetrySets, undoSymmetry } from "./symmetry.js";
import { gaussianWeights, TileBlend } from "./tile-blend.js";
import { tileRows, tileSpans } from "./tiles.js";

describe("tiles", () => {
  it("start at multiples of a power of two, the first at 0, the last ending at the end", () => {
    // Tiles of 40 are aligned to 8 (the largest power of two up to a quarter), so half of a tile is 16.
    expect(tileSpans(100, 40, 0.5)).toEqual([
      { start: 0, end: 40 },
      { start: 16, end: 56 },
      { start: 32, end: 72 },
      { start: 48, end: 88 },
      { start: 64, end: 100 },
    ]);
    expect(tileSpans(30, 40, 0.5)).toEqual([{ start: 0, end: 30 }]);
    // 32 is the deepest stride that is allowed for.
    expect(tileSpans(700, 512, 0.25).map(({ start }) => start)).toEqual([0, 192]);
  });

  it("cover every pixel, overlap by what was asked for, and are never larger than a tile", () => {
    const sizes = { size: fc.integer({ min: 1, max: 400 }), tile: fc.integer({ min: 1, max: 90 }) };
    fc.assert(
      fc.property(fc.record({ ...sizes, overlap: fc.double({ min: 0, max: 0.9, noNaN: true }) }), (given) => {
        const { size, tile, overlap } = given;
        const spans = tileSpans(size, tile, overlap);
        expect(spans[0]!.start).toBe(0);
        expect(spans.at(-1)!.end).toBe(size);
        for (const [i, { start, end }] of spans.entries()) {
          expect(end - start).toBeLessThanOrEqual(tile);
          expect(end).toBeGreaterThan(start);
          const before = spans[i - 1];
          // A step of one unit is the least there is, however large the overlap.
          if (before) expect(start - before.start).toBeLessThanOrEqual(Math.max(tile / 4, tile * (1 - overlap), 1));
          if (before) expect(start).toBeLessThanOrEqual(before.end);
        }
      }),
    );
  });

  it("refuse an overlap of 1 and tiles without pixels", () => {
    expect(() => tileRows(10, 10, { height: 4, width: 4, overlap: 1 })).toThrow(UsageError);
    expect(() => tileRows(10, 10, { height: 0, width: 4, overlap: 0 })).toThrow("expected tiles of at least 1x1 pixel");
  });

  it("weigh the centre most, symmetrically", () => {
    const w = gaussianWeights(5, 5);
    expect(w[12]).toBe(1);
    expect(w[0]).toBe(w[24]);
    expect(Math.min(...w)).toBeGreaterThan(0);
  });

  it("blend to the field they were cut from, handed out row of tiles by row of tiles", () => {
    const [height, width] = [37, 30];
    const field = Float32Array.from({ length: 2 * height * width }, (_, i) => Math.sin(i));
    const rows = tileRows(height, width, { height: 8, width: 12, overlap: 0.5 });
    const blend = new TileBlend(2, 8, width);
    const taken: Planes[] = [];
    for (const [i, row] of rows.entries()) {
      for (const box of row) {
        const tile: number[] = [];
        for (let k = 0; k < 2; k++)
          for (let y = box.y0; y < box.y1; y++)
            for (let x = box.x0; x < box.x1; x++) tile.push(field[(k * height + y) * width + x]!);
        blend.add(Float32Array.from(tile), box);
      }
      taken.push(blend.take(rows[i + 1]?.[0]?.y0 ?? height));
    }
    expect(taken.length).toBeGreaterThan(5);
    const plane = (k: number): number[] =>
      taken.flatMap((band) => Array.from(band.data.subarray(k * band.height * width, (k + 1) * band.height * width)));
    expect([...plane(0), ...plane(1)]).toBeAllclose(field, { atol: 1e-6 });
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
