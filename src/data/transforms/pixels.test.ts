import { describe, expect, test } from "vitest";
import type { Raster } from "../../raster/raster.js";
import { Random } from "../../util/random.js";
import { blur, colorJitter, grayscale, noise, normalize, type Transform } from "./index.js";
import { pipeline } from "./pipeline.js";

function apply(transform: Transform, image: Raster, random = new Random(3)): Float32Array {
  return pipeline([transform], { ignoreIndex: 255 })({ image }, random).image.data;
}

const photo = (data: Uint8Array | Float32Array): Raster => ({ data, height: 1, width: data.length / 3, channels: 3 });
const grey = ([r, g, b]: readonly number[]): number => 0.299 * r! + 0.587 * g! + 0.114 * b!;

describe("grayscale", () => {
  test("gives a colour pixel its luma, any other pixel the mean of its channels", () => {
    const out = apply(grayscale({ p: 1 }), photo(Uint8Array.of(10, 200, 30, 77, 77, 77)));
    // 0.299*10 + 0.587*200 + 0.114*30 = 123.81
    expect(out).toBeAllclose([123.81, 123.81, 123.81, 77, 77, 77], { rtol: 1e-5 });
    const bands = { data: Float32Array.of(1, 2, 6, 11, 4, 4, 4, 4), height: 1, width: 2, channels: 4 };
    expect([...apply(grayscale({ p: 1 }), bands)]).toEqual([5, 5, 5, 5, 4, 4, 4, 4]);
    const one = { data: Uint8Array.of(3, 250), height: 1, width: 2, channels: 1 };
    expect([...apply(grayscale({ p: 1 }), one)]).toEqual([3, 250]);
  });

  test("changes images as often as p says", () => {
    const values = Uint8Array.of(10, 200, 30);
    const changed = Array.from({ length: 500 }, (_, seed) =>
      Number(apply(grayscale(), photo(values), new Random(seed))[0] !== 10),
    ).reduce((sum, one) => sum + one, 0);
    // 500 draws of 0.2: mean 100, standard deviation 9.
    expect(Math.abs(changed - 100)).toBeLessThan(45);
  });
});

describe("colorJitter", () => {
  test("equals brightness, contrast and saturation applied one after the other", () => {
    const values = [10, 200, 30, 120, 90, 60, 40, 50, 240];
    // The factors in the order they are drawn: p, brightness, contrast, saturation.
    const random = new Random(5);
    random.chance(1);
    const [gain, contrast, saturation] = [random.between(0.7, 1.3), random.between(0.6, 1.4), random.between(0.5, 1.5)];
    const bright = values.map((value) => value * gain);
    const pixels = [0, 3, 6].map((at) => bright.slice(at, at + 3));
    const mean = pixels.reduce((sum, pixel) => sum + grey(pixel), 0) / 3;
    const expected = pixels.flatMap((pixel) => {
      const contrasted = pixel.map((value) => contrast * value + (1 - contrast) * mean);
      return contrasted.map((value) => saturation * value + (1 - saturation) * grey(contrasted));
    });
    const transform = colorJitter({ brightness: 0.3, contrast: 0.4, saturation: 0.5 });
    // A float image, as it is not clipped.
    expect(apply(transform, photo(Float32Array.from(values)), new Random(5))).toBeAllclose(expected, { rtol: 1e-5 });
  });

  test("hue keeps luma and grey pixels, and a whole turn of the circle is drawn both ways", () => {
    const values = Float32Array.of(10, 200, 30, 77, 77, 77, 250, 3, 9);
    const out = apply(colorJitter({ hue: 0.5 }), photo(values));
    for (const at of [0, 3, 6])
      expect(grey([...out.slice(at, at + 3)])).toBeCloseTo(grey([...values.slice(at, at + 3)]), 3);
    expect(out.slice(3, 6)).toBeAllclose([77, 77, 77], { atol: 1e-3 });
    expect(Math.abs(out[0]! - values[0]!)).toBeGreaterThan(1);
  });

  test("8-bit images stay within 0..255, float images are not clipped", () => {
    const values = Array.from({ length: 300 }, (_, i) => (i % 2 ? 250 : 2));
    const strong = colorJitter({ brightness: 0.9, contrast: 0.9 });
    const seeds = [1, 2, 3, 4, 5, 6];
    const bytes = seeds.flatMap((seed) => [...apply(strong, photo(Uint8Array.from(values)), new Random(seed))]);
    expect(Math.min(...bytes)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...bytes)).toBe(255);
    const floats = seeds.flatMap((seed) => [...apply(strong, photo(Float32Array.from(values)), new Random(seed))]);
    expect(Math.max(...floats)).toBeGreaterThan(255);
  });

  test("other numbers of channels: contrast about each channel's own mean, no saturation", () => {
    const random = new Random(5);
    random.chance(1);
    const [gain, contrast] = [random.between(1, 1), random.between(0.5, 1.5)];
    const image: Raster = { data: Float32Array.of(1, 100, 3, 300), height: 1, width: 2, channels: 2 };
    const out = apply(colorJitter({ contrast: 0.5, saturation: 1 }), image, new Random(5));
    expect(gain).toBe(1);
    expect(out).toBeAllclose([2 - contrast, 200 - 100 * contrast, 2 + contrast, 200 + 100 * contrast], { rtol: 1e-5 });
  });
});

test("noise has mean 0 and the standard deviation asked for, and another seed gives other noise", () => {
  const image: Raster = { data: new Float32Array(40_001), height: 1, width: 40_001, channels: 1 };
  const out = apply(noise({ sigma: [4, 4], p: 1 }), image);
  const mean = out.reduce((sum, value) => sum + value, 0) / out.length;
  const deviation = Math.sqrt(out.reduce((sum, value) => sum + (value - mean) ** 2, 0) / out.length);
  // Standard errors: 4/200 = 0.02 of the mean, 0.014 of the deviation.
  expect(Math.abs(mean)).toBeLessThan(0.08);
  expect(Math.abs(deviation - 4)).toBeLessThan(0.06);
  expect(apply(noise({ sigma: [4, 4], p: 1 }), image, new Random(4))).not.toEqual(out);
});

describe("blur", () => {
  test("an impulse becomes the product of two Gaussians of sum 1", () => {
    const side = 11;
    const data = new Float32Array(side * side * 2);
    data[(5 * side + 5) * 2 + 1] = 1;
    const out = apply(blur({ sigma: [1, 1], p: 1 }), { data, height: side, width: side, channels: 2 });
    const weight = (d: number): number => (Math.abs(d) > 3 ? 0 : Math.exp(-0.5 * d * d));
    const sum = [-3, -2, -1, 0, 1, 2, 3].reduce((total, d) => total + weight(d), 0);
    const expected = Array.from(out, (_, i) => {
      const [y, x] = [Math.floor(i / (2 * side)), Math.floor(i / 2) % side];
      return i % 2 === 0 ? 0 : (weight(y - 5) * weight(x - 5)) / sum ** 2;
    });
    expect(out).toBeAllclose(expected, { atol: 1e-7 });
  });

  test("a constant image stays as it is up to its border", () => {
    const image: Raster = { data: new Uint8Array(7 * 5).fill(99), height: 7, width: 5, channels: 1 };
    expect(apply(blur({ sigma: [3, 3], p: 1 }), image)).toBeAllclose(new Float32Array(35).fill(99), { rtol: 1e-6 });
  });
});

describe("normalize", () => {
  test("subtracts the mean and divides by the deviation of each channel", () => {
    const out = apply(normalize({ mean: [10, 20, 30], std: [2, 4, 5] }), photo(Uint8Array.of(12, 20, 20, 8, 28, 55)));
    expect(out).toBeAllclose([1, 0, -2, -1, 2, 5]);
  });

  test("one mean and deviation serve all channels", () => {
    expect(apply(normalize({ mean: [10], std: [2] }), photo(Uint8Array.of(12, 10, 6)))).toBeAllclose([1, 0, -2]);
  });

  test("an image with other channels is refused", () => {
    const image: Raster = { data: new Uint8Array(4), height: 1, width: 1, channels: 4 };
    expect(() => apply(normalize({ mean: [1, 2, 3], std: [1, 1, 1] }), image)).toThrow(
      /4 channels; expected 3 channels/,
    );
  });
});
