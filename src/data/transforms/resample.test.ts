import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { Raster } from "../../raster/raster.js";
import { Random } from "../../util/random.js";
import { type Affine, about, type Chain, chain, compose, identity, invert } from "./geometry.js";
import { resampleImage, resampleMask } from "./resample.js";
import { imageByAxes } from "./resample-axes.js";
import { imageByPoints } from "./resample-points.js";

const row = (values: number[]): Raster => ({
  data: Float32Array.from(values),
  height: 1,
  width: values.length,
  channels: 1,
});

function through(map: Affine, source: { height: number; width: number }, height: number, width: number): Chain {
  return chain(source, [{ frame: { height, width }, map }]);
}

function randomImage(height: number, width: number, channels: number): Raster & { data: Uint8Array } {
  const random = new Random(7, height, width, channels);
  const data = Uint8Array.from({ length: height * width * channels }, () => random.integer(256));
  return { data, height, width, channels };
}

describe("resampling by axes", () => {
  test("halving weighs four pixels 1:3:3:1, those beyond the border left out", () => {
    const source = row([0, 0, 8, 0, 0, 0, 0, 0]);
    const { data } = resampleImage(source, through([2, 0, 0, 0, 1, 0], source, 1, 4), [0]);
    // Output 0 sees pixels 0..2 with weights 3, 3, 1 of 7; output 1 sees pixels 1..4 with 1, 3, 3, 1 of 8.
    expect(data).toBeAllclose([8 / 7, 3, 0, 0]);
  });

  test("doubling blends 3:1 and repeats the border", () => {
    const source = row([0, 4]);
    expect(resampleImage(source, through([0.5, 0, 0, 0, 1, 0], source, 1, 4), [0]).data).toBeAllclose([0, 1, 3, 4]);
  });

  test("whole-pixel shifts and flips copy values; outside is fill and ignored at the same pixels", () => {
    const source = { data: Uint8Array.of(1, 2, 3, 4, 5, 6), height: 2, width: 3 };
    const window = through([-1, 0, 4, 0, 1, -1], source, 3, 4);
    const expected = [9, 9, 9, 9, 9, 3, 2, 1, 9, 6, 5, 4];
    expect(resampleMask(source, window, 9).data).toEqual(Uint8Array.from(expected));
    expect(resampleImage({ ...source, channels: 1 }, window, [9]).data).toEqual(Float32Array.from(expected));
  });

  test("masks take the pixel that holds the centre", () => {
    const source = { data: Uint8Array.of(10, 11, 12, 13, 14), height: 1, width: 5 };
    // Centres 5/6, 2.5, 25/6 lie in pixels 0, 2, 4.
    expect(resampleMask(source, through([5 / 3, 0, 0, 0, 1, 0], source, 1, 3), 255).data).toEqual(
      Uint8Array.of(10, 12, 14),
    );
  });

  test.each([
    [48, 64, 30, 40],
    [33, 47, 9, 14],
  ])("reducing %dx%d to %dx%d equals sharp's linear kernel away from the border", async (height, width, h, w) => {
    const source = randomImage(height, width, 3);
    const ours = resampleImage(source, through([width / w, 0, 0, 0, height / h, 0], source, h, w), [0, 0, 0]).data;
    const theirs = await sharp(source.data, { raw: { width, height, channels: 3 } })
      .resize(w, h, { fit: "fill", kernel: "linear" })
      .raw()
      .toBuffer();
    // (Enlarging, libvips aligns the first pixels instead of the borders; there the reference is the test above.)
    const inner: [number[], number[]] = [[], []];
    for (let y = 2; y < h - 2; y++)
      for (let i = 6; i < (w - 2) * 3; i++) {
        inner[0].push(ours[y * w * 3 + i]!);
        inner[1].push(theirs[y * w * 3 + i]!);
      }
    // libvips works on bytes with weights of 12 bits between two roundings.
    expect(inner[0]).toBeAllclose(inner[1], { rtol: 0, atol: 2.5 });
  });
});

describe("resampling by points", () => {
  test("agrees with resampling by axes where both apply", () => {
    const source = randomImage(9, 13, 2);
    const map: Affine = [0.7, 0, -1.3, 0, -0.45, 8.2];
    const frame = { height: 20, width: 17 };
    const byAxes = imageByAxes(source, frame, map, [5, 6]);
    expect(imageByPoints(source, { source, frame, maps: [map] }, [5, 6])).toBeAllclose(byAxes, { atol: 1e-4 });
  });

  test("a linear ramp is reproduced at the mapped points", () => {
    const [height, width] = [20, 24];
    const data = Float32Array.from(
      { length: height * width },
      (_, i) => 2 * ((i % width) + 0.5) + 3 * (Math.floor(i / width) + 0.5),
    );
    const map = about(12, 10, [0.8, 0.3, 0.2, -0.3, 0.8, -0.4]);
    const frame = { height: 8, width: 8 };
    const shifted = compose([1, 0, 8, 0, 1, 6], map);
    const out = imageByPoints(
      { data, height, width, channels: 1 },
      { source: { height, width }, frame, maps: [shifted] },
      [0],
    );
    const expected = Array.from(out, (_, i) => {
      const [x, y] = [(i % 8) + 8.5 - 12, Math.floor(i / 8) + 6.5 - 10];
      return 2 * (0.8 * x + 0.3 * y + 0.2 + 12) + 3 * (-0.3 * x + 0.8 * y - 0.4 + 10);
    });
    expect(out).toBeAllclose(expected, { rtol: 1e-5 });
  });

  test("a reduction by 4 with rotation averages cells: a checkerboard becomes grey", () => {
    const [height, width] = [64, 64];
    const data = Float32Array.from(
      { length: height * width },
      (_, i) => 100 * (((i % width) + Math.floor(i / width)) % 2),
    );
    const map = about(32, 32, [4 * Math.cos(0.5), 4 * Math.sin(0.5), 0, -4 * Math.sin(0.5), 4 * Math.cos(0.5), 0]);
    const centred = compose([1, 0, 28, 0, 1, 28], map);
    const out = imageByPoints(
      { data, height, width, channels: 1 },
      { source: { height, width }, frame: { height: 8, width: 8 }, maps: [centred] },
      [50],
    );
    expect(out).toBeAllclose(new Float32Array(64).fill(50), { atol: 1e-3 });
  });
});

test("affine maps: the inverse undoes, composition applies the first map first", () => {
  const map: Affine = [1.2, 0.4, 3, -0.5, 0.9, -7];
  expect(compose(map, invert(map))).toBeAllclose(identity, { atol: 1e-12 });
  // (1, 1) doubled is (2, 2), shifted by 5 is (7, 7).
  const [a, b, c, d, e, f] = compose([2, 0, 0, 0, 2, 0], [1, 0, 5, 0, 1, 5]);
  expect([a + b + c, d + e + f]).toEqual([7, 7]);
});
