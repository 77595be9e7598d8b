import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { bundleOf, networkOf, onCpu, pooled, symmetric, twoConvs, waves } from "../../test/tiny-network.js";
import { DataError, UsageError } from "../errors/index.js";
import { chooseNetwork } from "../models/registry.js";
import { windowOf } from "./planes.js";
import { Predictor, type ScanOptions } from "./predictor.js";
import { tileSpans } from "./tiles.js";

const open: Predictor[] = [];

async function load(bundle: Uint8Array): Promise<Predictor> {
  const predictor = await Predictor.load(bundle, await onCpu());
  open.push(predictor);
  return predictor;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((predictor) => predictor.close()));
});

/** For each position along an axis, how far the nearest inner border of a tile that covers it is. */
function borderDistance(size: number, tile: number, overlap: number): number[] {
  const spans = tileSpans(size, tile, overlap);
  return Array.from({ length: size }, (_, i) =>
    Math.min(
      Number.POSITIVE_INFINITY,
      ...spans
        .filter(({ start, end }) => i >= start && i < end)
        .flatMap(({ start, end }) => [...(start > 0 ? [i - start] : []), ...(end < size ? [end - 1 - i] : [])]),
    ),
  );
}

describe("tiles", () => {
  it("give what the whole image gives, wherever the tile's border is out of sight", async () => {
    const predictor = await load(bundleOf(networkOf(twoConvs)));
    const seesPixels = 2;
    const shapes = fc.record({
      height: fc.integer({ min: 9, max: 83 }),
      width: fc.integer({ min: 9, max: 83 }),
      tileHeight: fc.integer({ min: 10, max: 40 }),
      tileWidth: fc.integer({ min: 10, max: 40 }),
      overlap: fc.constantFrom(0, 0.25, 0.5, 0.7),
    });
    let equal = 0;
    await fc.assert(
      fc.asyncProperty(shapes, async ({ height, width, tileHeight, tileWidth, overlap }) => {
        const image = waves(height, width, 3, height);
        const { probabilities: whole } = await predictor.predict(image);
        const tiles = { height: tileHeight, width: tileWidth, overlap };
        const { probabilities: tiled } = await predictor.predict(image, { tiles });
        const [rows, columns] = [
          borderDistance(height, tileHeight, overlap),
          borderDistance(width, tileWidth, overlap),
        ];
        const [seen, expected]: [number[], number[]] = [[], []];
        for (let i = 0; i < whole.data.length; i++) {
          const pixel = i % (height * width);
          if (rows[Math.floor(pixel / width)]! < seesPixels || columns[pixel % width]! < seesPixels) continue;
          seen.push(tiled.data[i]!);
          expected.push(whole.data[i]!);
        }
        equal += seen.length;
        expect(seen).toBeAllclose(expected, { atol: 2e-6 });
      }),
      { numRuns: 40, seed: 1 },
    );
    expect(equal).toBeGreaterThan(10_000);
  });

  it("of half overlap give nearly what the whole image gives even at their borders", async () => {
    const predictor = await load(bundleOf(networkOf(twoConvs)));
    const image = waves(75, 101);
    const { probabilities: whole } = await predictor.predict(image);
    const { probabilities: tiled } = await predictor.predict(image, { tiles: { height: 32, width: 48, overlap: 0.5 } });
    expect(tiled.data).toBeAllclose(whole.data, { rtol: 0, atol: 0.01 });
  });

  it("start where a network with strides sees the same grid", async () => {
    const predictor = await load(bundleOf(networkOf(pooled)));
    const image = waves(60, 60);
    const { probabilities: whole } = await predictor.predict(image);
    const { probabilities: tiled } = await predictor.predict(image, { tiles: { height: 30, width: 30, overlap: 0.5 } });
    // The nearest pooled pixels that a pixel sees reach 5 pixels far.
    const distance = borderDistance(60, 30, 0.5);
    let checked = 0;
    for (let y = 0; y < 60; y++)
      for (let x = 0; x < 60; x++)
        if (distance[y]! >= 6 && distance[x]! >= 6) {
          checked++;
          expect(tiled.data[y * 60 + x]).toBeCloseTo(whole.data[y * 60 + x]!, 5);
        }
    expect(checked).toBeGreaterThan(20);
  });

  it("give the same mask in bands as from probabilities of the whole", async () => {
    const predictor = await load(bundleOf(networkOf(twoConvs)));
    const image = waves(75, 52);
    const tiles = { height: 20, width: 30, overlap: 0.5 };
    expect(await predictor.predictMask(image, { tiles })).toEqual((await predictor.predict(image, { tiles })).mask);
  });
});

describe("averaging over views", () => {
  it("changes nothing for a network that commutes with them", async () => {
    const predictor = await load(bundleOf(networkOf(symmetric)));
    const image = waves(31, 45);
    const { probabilities: plain } = await predictor.predict(image);
    for (const symmetries of ["flip", "flips", "rotations", "all"] as const) {
      const { probabilities } = await predictor.predict(image, { symmetries });
      expect(probabilities.data).toBeAllclose(plain.data, { atol: 1e-6 });
    }
  });

  it("is the mean of the image's and the mirrored image's probabilities", async () => {
    const predictor = await load(bundleOf(networkOf(twoConvs)));
    const image = waves(14, 11);
    const mirror = (y: number, x: number): number => y * 11 + (10 - x);
    const mirrored = { ...image, data: new Uint8Array(image.data.length) };
    for (let y = 0; y < 14; y++)
      for (let x = 0; x < 11; x++)
        for (let c = 0; c < 3; c++) mirrored.data[mirror(y, x) * 3 + c] = image.data[(y * 11 + x) * 3 + c]!;
    const plain = (await predictor.predict(image)).probabilities.data;
    const other = (await predictor.predict(mirrored)).probabilities.data;
    const { probabilities } = await predictor.predict(image, { symmetries: "flip" });
    const expected = Array.from(plain, (p, i) => {
      const [k, pixel] = [Math.floor(i / 154), i % 154];
      return (p + other[k * 154 + mirror(Math.floor(pixel / 11), pixel % 11)]!) / 2;
    });
    expect(probabilities.data).toBeAllclose(expected, { atol: 1e-6 });
  });
});

describe("images", () => {
  it.each([1, 4, 13])("of %d channels and other types are predicted", async (channels) => {
    const predictor = await load(bundleOf(networkOf(twoConvs, channels)));
    const bytes = waves(21, 33, channels);
    const { probabilities, mask } = await predictor.predict(bytes);
    expect([probabilities.channels, mask.height, mask.width]).toEqual([3, 21, 33]);
    const floats = await predictor.predict({ ...bytes, data: Float32Array.from(bytes.data) });
    expect(floats.probabilities.data).toEqual(probabilities.data);
    expect(new Set(mask.data).size).toBeGreaterThan(1);
  });

  it("of other channels than the model takes are refused", async () => {
    const predictor = await load(bundleOf(networkOf(twoConvs, 4)));
    await expect(predictor.predict(waves(8, 8, 3))).rejects.toThrow(DataError);
    await expect(predictor.predict(waves(8, 8, 3))).rejects.toThrow("the image has 3; expected images of 4 channels");
  });

  it("are brought to the size of a resizing model, and the result back to theirs", async () => {
    const network = networkOf(twoConvs);
    const resizing = await load(bundleOf(network, { input: { rule: "resize", height: 16, width: 24, overlap: 0.5 } }));
    const native = await load(bundleOf(network));
    // Doubling a flat image changes nothing, so both see the same.
    const flat = { data: new Uint8Array(32 * 48 * 3).fill(90), height: 32, width: 48, channels: 3 };
    const { probabilities } = await resizing.predict(flat);
    expect([probabilities.height, probabilities.width]).toEqual([32, 48]);
    const centre = 16 * 48 + 24;
    expect(probabilities.data[centre]).toBeCloseTo((await native.predict(flat)).probabilities.data[centre]!, 5);
    const small = await resizing.predict(flat, { outputSize: [16, 24] });
    expect([small.mask.height, small.mask.width]).toEqual([16, 24]);
    expect(await resizing.predictMask(flat, { outputSize: [50, 70] })).toEqual(
      (await resizing.predict(flat, { outputSize: [50, 70] })).mask,
    );
  });
});

describe("networks whose output is the middle of their input", () => {
  const choice = chooseNetwork("unet-paper", { width: 4, depth: 2, dropout: 0 });
  const network = { ...choice, channels: 3, numClasses: 3 };
  const { input, output } = choice.architecture.inputFor!(20, choice.options);
  const margin = (input - output) / 2;
  const bundle = (): Uint8Array => bundleOf(network, { middle: { height: input, width: input, margin } });

  it("predict every pixel of an image, by overlapping tiles mirrored at the border", async () => {
    const predictor = await load(bundle());
    const image = waves(output * 2 + 7, output + 3);
    const { probabilities } = await predictor.predict(image);
    expect([probabilities.height, probabilities.width]).toEqual([image.height, image.width]);
    // The tile at (output, output) by hand: its window begins a margin earlier.
    const window = windowOf(image, output - margin, output - margin, input, input);
    const { data } = await predictor.run(window.data, [1, 3, input, input]);
    const [seen, expected]: [number[], number[]] = [[], []];
    for (let k = 0; k < 3; k++)
      for (let y = 0; y < output; y++)
        for (let x = 0; x < 3; x++) {
          seen.push(probabilities.data[(k * image.height + output + y) * image.width + output + x]!);
          expected.push(data[(k * output + y) * output + x] as number);
        }
    expect(seen).toBeAllclose(expected, { atol: 1e-6 });
    for (let i = 0; i < image.height * image.width; i++) {
      const sum = [0, 1, 2].reduce((s, k) => s + probabilities.data[k * image.height * image.width + i]!, 0);
      expect(sum).toBeCloseTo(1, 4);
    }
  });

  it("refuse tiles from which no middle is left", async () => {
    const predictor = await load(bundle());
    const small = predictor.predict(waves(30, 30), { tiles: { height: 2 * margin, width: 60, overlap: 0 } });
    await expect(small).rejects.toThrow(UsageError);
    const odd = predictor.predict(waves(30, 30), { tiles: { height: input + 1, width: input, overlap: 0 } });
    await expect(odd).rejects.toThrow("Leave the size of tiles to the model");
  });
});

describe("a temperature", () => {
  const calibration = { temperature: 2, split: "val", pixels: 9, ece: { before: 0.2, after: 0.1 } };

  it.each([
    ["alone", {}],
    ["by tiles", { tiles: { height: 16, width: 16, overlap: 0.5 } }],
    ["averaged over views", { symmetries: "all" }],
    ["in another size", { outputSize: [50, 31] }],
  ] as const)("changes probabilities and no mask, %s", async (_, options) => {
    const [plain, softer] = [
      await load(bundleOf(networkOf(pooled))),
      await load(bundleOf(networkOf(pooled), { calibration })),
    ];
    const image = waves(37, 45);
    const [before, after] = [await plain.predict(image, options), await softer.predict(image, options)];
    expect(after.mask).toEqual(before.mask);
    expect(await softer.predictMask(image, options)).toEqual(before.mask);
    // Square roots, brought to a sum of 1.
    const pixels = before.mask.data.length;
    const expected = before.probabilities.data.map((p, j, all) => {
      const roots = [0, 1, 2].map((k) => Math.sqrt(all[k * pixels + (j % pixels)]!));
      return Math.sqrt(p) / (roots[0]! + roots[1]! + roots[2]!);
    });
    expect(after.probabilities.data).toBeAllclose(expected, { atol: 1e-6 });
  });
});

describe("disagreement of views", () => {
  const scanned = async (predictor: Predictor, options: ScanOptions): Promise<number[]> => {
    const values: number[] = [];
    for await (const band of predictor.scan(waves(32, 32), { ...options, disagreement: true }))
      values.push(...band.disagreement);
    return values;
  };

  it("is nothing for a network that commutes with them, and something for another", async () => {
    const [same, other] = [await load(bundleOf(networkOf(symmetric))), await load(bundleOf(networkOf(twoConvs)))];
    expect(Math.max(...(await scanned(same, { symmetries: "all" })))).toBeLessThan(1e-5);
    const values = await scanned(other, { symmetries: "all" });
    expect(values).toHaveLength(32 * 32);
    expect(Math.max(...values)).toBeGreaterThan(1e-4);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  });

  it("of tiles and of the whole image are the same away from borders", async () => {
    const predictor = await load(bundleOf(networkOf(twoConvs)));
    const whole = await scanned(predictor, { symmetries: "flip" });
    const tiled = await scanned(predictor, {
      symmetries: "flip",
      tiles: { height: 32, width: 20, overlap: 0.2 },
    });
    // Column 2 of every row is seen by the first tile alone, far from its inner border.
    const column = (values: readonly number[]): number[] => values.filter((_, i) => i % 32 === 2);
    expect(column(tiled)).toBeAllclose(column(whole), { atol: 1e-5 });
  });
});
