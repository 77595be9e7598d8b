import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { DataError, RuntimeError, UsageError } from "../../errors/index.js";
import { Random } from "../../util/random.js";
import type { Sample } from "../sample.js";
import { epochOrder } from "../sampler.js";
import {
  evalTransforms,
  horizontalFlip,
  normalize,
  randomCrop,
  strongTransforms,
  trainTransforms,
} from "../transforms/index.js";
import { weightMap as weightMapOf } from "../weight-map.js";
import { type Batch, createLoader, type Loader, type LoaderOptions, type LoaderRange } from "./index.js";

const [height, width, count] = [12, 16, 11];
const transforms = trainTransforms({ size: { height: 10, width: 14 }, mean: [120], std: [60] });
const plain = evalTransforms({ size: { height, width }, mean: [0], std: [1] });

let folder: string;
let samples: Sample[];
const loaders: Loader[] = [];

/** Sample k is an image of value 10·k with a mask of class k % 3. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "segkit-loader-"));
  samples = await Promise.all(
    Array.from({ length: count }, async (_, k): Promise<Sample> => {
      const [image, mask] = [join(folder, `${k}.png`), join(folder, `${k}-mask.png`)];
      const random = new Random(k);
      const noise = Buffer.from(Array.from({ length: height * width * 3 }, () => 10 * k + random.integer(10)));
      await sharp(noise, { raw: { width, height, channels: 3 } })
        .png()
        .toFile(image);
      // Every mask has one pixel of the unknown class 7.
      const labels = Buffer.alloc(height * width, k % 3).fill(7, 0, 1);
      await sharp(labels, { raw: { width, height, channels: 1 } })
        .toColourspace("b-w")
        .png()
        .toFile(mask);
      const table = [
        [0, 0],
        [1, 1],
        [2, 2],
      ] as const;
      return {
        id: `s${k}`,
        image,
        mask,
        channels: 3,
        decode: { kind: "values", numClasses: 3, ignoreIndex: 255, table },
      };
    }),
  );
});
afterEach(async () => {
  await Promise.all(loaders.splice(0).map((loader) => loader.close()));
});
afterAll(() => rmSync(folder, { recursive: true }));

function open(options: Partial<LoaderOptions> = {}): Loader {
  const loader = createLoader({ samples, transforms, batchSize: 3, seed: 5, shuffle: true, workers: 0, ...options });
  loaders.push(loader);
  return loader;
}

async function collect(loader: Loader, range?: LoaderRange): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of loader.batches(range)) batches.push(batch);
  return batches;
}

/** The samples with number `k` replaced by a file that is no image. */
function withBroken(...numbers: number[]): Sample[] {
  return samples.map((sample, k) => {
    if (!numbers.includes(k)) return sample;
    const image = join(folder, `broken-${k}.png`);
    writeFileSync(image, "not an image");
    return { ...sample, image };
  });
}

describe("batches", () => {
  test("are the same bit for bit in the calling thread, with 1 worker and with 2, with and without cache", async () => {
    const expected = await collect(open({ workers: 0 }), { epochs: 2 });
    expect(expected).toHaveLength(6);
    expect(await collect(open({ workers: 1, cacheMegabytes: 0 }), { epochs: 2 })).toEqual(expected);
    expect(await collect(open({ workers: 2, prefetch: 5 }), { epochs: 2 })).toEqual(expected);
  });

  test("from the middle of an epoch on are those of the whole run", async () => {
    const all = await collect(open({ workers: 0 }), { epochs: 3 });
    expect(await collect(open({ workers: 2 }), { epoch: 1, batch: 2, epochs: 2 })).toEqual(all.slice(5));
  });

  test("follow the epoch's order, each sample once, augmented anew every epoch", async () => {
    const batches = await collect(open({ batchSize: 1 }), { epochs: 2 });
    const order = epochOrder({ count, batchSize: 1, shuffle: true, seed: 5, dropLast: true }, 1);
    expect(batches.slice(count).flatMap(({ ids }) => ids)).toEqual(order.map((k) => `s${k}`));
    const [first, second] = [0, 1].map((epoch) =>
      batches.find((batch) => batch.epoch === epoch && batch.ids[0] === "s4"),
    );
    expect(first!.images).not.toEqual(second!.images);
  });

  test("hold images as [N, C, H, W] and masks as [N, H, W]", async () => {
    const [batch] = await collect(open({ transforms: plain, shuffle: false, batchSize: 2 }));
    expect([batch!.size, batch!.channels, batch!.height, batch!.width]).toEqual([2, 3, height, width]);
    const source = await sharp(samples[1]!.image).raw().toBuffer();
    const planes = Array.from(
      { length: 3 * height * width },
      (_, i) => source[(i % (height * width)) * 3 + Math.floor(i / (height * width))]!,
    );
    expect([...batch!.images.slice(3 * height * width)]).toEqual(planes);
    expect([...batch!.masks.slice(height * width)]).toEqual([255, ...new Array(height * width - 1).fill(1)]);
  });

  test("in evaluation end with one that is not full", async () => {
    const batches = await collect(open({ transforms: plain, shuffle: false, batchSize: 4 }));
    expect(batches.map(({ size }) => size)).toEqual([4, 4, 3]);
    expect(batches.flatMap(({ ids }) => ids)).toEqual(samples.map(({ id }) => id));
  });

  test("of an unlabelled sample are ignored everywhere", async () => {
    const unlabelled = samples.map(
      ({ mask: _, ...sample }): Sample => ({ ...sample, decode: { kind: "none", numClasses: 3, ignoreIndex: 255 } }),
    );
    const [batch] = await collect(open({ samples: unlabelled }));
    expect(batch!.masks.every((value) => value === 255)).toBe(true);
  });
});

describe("weights", () => {
  test("of samples decide how often they come", async () => {
    const sampleWeights = samples.map((_, k) => (k === 4 ? 1 : 0));
    const batches = await collect(open({ sampleWeights }));
    expect(batches.flatMap(({ ids }) => ids)).toEqual(new Array(9).fill("s4"));
    expect(() => open({ sampleWeights: [1, 2] })).toThrow("2 sample weights; expected 11 numbers from 0 on");
    expect(() => open({ sampleWeights: samples.map(() => 0) })).toThrow("all of them 0 or some below");
  });

  test("of pixels are made of the masks as they are in the batch, the same in worker threads", async () => {
    const weightMap = { w0: 10, sigma: 3 };
    // Two bars of class 1, four pixels of class 0 between them.
    const bars = join(folder, "bars.png");
    const row = Buffer.from([...new Array(6).fill(1), ...new Array(4).fill(0), ...new Array(6).fill(1)]);
    await sharp(Buffer.concat(new Array(height).fill(row)), { raw: { width, height, channels: 1 } })
      .toColourspace("b-w")
      .png()
      .toFile(bars);
    const barred = samples.map((sample) => ({ ...sample, mask: bars }));
    const [batch] = await collect(open({ weightMap, samples: barred }));
    expect(batch!.pixelWeights!.some((weight) => weight > 1)).toBe(true);
    const plane = batch!.height * batch!.width;
    const alone = Array.from({ length: batch!.size }, (_, n) => {
      const data = Uint8Array.from(batch!.masks.subarray(n * plane, (n + 1) * plane));
      return [...weightMapOf({ data, height: batch!.height, width: batch!.width }, weightMap)];
    });
    expect([...batch!.pixelWeights!]).toEqual(alone.flat());
    expect((await collect(open({ weightMap, samples: barred, workers: 1 })))[0]).toEqual(batch);
    expect((await collect(open()))[0]!.pixelWeights).toBeUndefined();
  });
});

describe("a broken file", () => {
  test("ends the iteration with its name, after the batches before it", async () => {
    const loader = open({ samples: withBroken(7), shuffle: false, workers: 2 });
    const seen: number[] = [];
    const error = await (async () => {
      for await (const { batch } of loader.batches()) seen.push(batch);
    })().catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).file).toBe(join(folder, "broken-7.png"));
    expect((error as DataError).message).toContain("broken-7.png");
    expect(seen).toEqual([0, 1]);
  });

  test("is replaced in training when it is to be skipped, and reported once", async () => {
    const loader = open({ samples: withBroken(2, 7), onBroken: "skip", workers: 2 });
    const batches = await collect(loader, { epochs: 4 });
    expect(batches.every(({ ids }) => ids.length === 3 && !ids.includes("s2") && !ids.includes("s7"))).toBe(true);
    expect(loader.skipped.map(({ id }) => id).sort()).toEqual(["s2", "s7"]);
    expect(loader.skipped[0]!.file).toMatch(/broken-\d\.png$/);
    const later = await collect(open({ samples: withBroken(2, 7), onBroken: "skip" }), { epoch: 2, epochs: 2 });
    expect(later).toEqual(batches.slice(6));
  });

  test("is left out in evaluation when it is to be skipped, so that no sample counts twice", async () => {
    const loader = open({ samples: withBroken(3, 4, 5), onBroken: "skip", shuffle: false });
    const batches = await collect(loader);
    expect(batches.map(({ size }) => size)).toEqual([3, 3, 2]);
    expect(batches.flatMap(({ ids }) => ids)).toEqual(["s0", "s1", "s2", "s6", "s7", "s8", "s9", "s10"]);
    expect(loader.skipped.map(({ id }) => id)).toEqual(["s3", "s4", "s5"]);
  });

  test("is no reason to go on when all are broken", async () => {
    const loader = open({ samples: withBroken(...samples.keys()), onBroken: "skip" });
    await expect(collect(loader)).rejects.toThrow(/none of the 11 samples can be used/);
  });

  test("may be a mask of another size", async () => {
    const mask = join(folder, "small-mask.png");
    await sharp(samples[1]!.mask)
      .resize(width / 2, height / 2, { kernel: "nearest" })
      .toColourspace("b-w")
      .png()
      .toFile(mask);
    const mixed = samples.map((sample, k) => (k === 1 ? { ...sample, mask } : sample));
    await expect(collect(open({ samples: mixed, shuffle: false }))).rejects.toThrow(/small-mask\.png: the mask is 6x8/);
  });
});

describe("images of different sizes", () => {
  test("cannot share a batch, and the error names one", async () => {
    const large = join(folder, "large.png");
    await sharp(samples[0]!.image)
      .resize(width * 2, height, { fit: "fill" })
      .png()
      .toFile(large);
    const mask = join(folder, "large-mask.png");
    await sharp(samples[0]!.mask)
      .resize(width * 2, height, { fit: "fill", kernel: "nearest" })
      .toColourspace("b-w")
      .png()
      .toFile(mask);
    const mixed = [samples[0]!, { ...samples[1]!, image: large, mask }, samples[2]!];
    const loader = open({
      samples: mixed,
      shuffle: false,
      transforms: [horizontalFlip(), normalize({ mean: [0], std: [1] })],
    });
    await expect(collect(loader)).rejects.toThrow(/large\.png: 12x32 .*expected 12x16/);
  });
});

describe("bookkeeping", () => {
  test("pixels of unknown classes are counted for each sample", async () => {
    const loader = open({ shuffle: false, transforms: plain });
    await collect(loader);
    expect([...loader.outOfRange]).toEqual(samples.map(({ id }) => [id, 1]));
  });

  test("the time consumers wait is counted", async () => {
    const loader = open({ workers: 1 });
    expect(loader.waitedMs).toBe(0);
    await collect(loader);
    expect(loader.waitedMs).toBeGreaterThan(0);
  });
});

test("a fault in a worker thread is raised where batches are consumed, and again by later iterations", async () => {
  const faulty = samples.map((sample, k) =>
    k === 1 ? ({ ...sample, decode: undefined } as unknown as Sample) : sample,
  );
  const loader = open({ samples: faulty, shuffle: false, workers: 2 });
  await expect(collect(loader)).rejects.toThrow(/a thread that loads data failed: .*undefined/);
  await expect(collect(loader)).rejects.toThrow(RuntimeError);
});

describe("leaving early", () => {
  test("drops what was made ahead; another iteration starts clean", async () => {
    const loader = open({ workers: 2, prefetch: 4 });
    for await (const batch of loader.batches({ epochs: Number.POSITIVE_INFINITY })) if (batch.epoch === 1) break;
    const expected = await collect(open({ workers: 0 }), { epochs: 1 });
    expect(await collect(loader)).toEqual(expected);
  });

  test("close ends an iteration that is under way and cannot be undone", async () => {
    const loader = open({ workers: 1 });
    const batches = loader.batches({ epochs: 1000 });
    await batches.next();
    await loader.close();
    await expect(
      (async () => {
        for await (const _ of batches);
      })(),
    ).rejects.toThrow(/loader was closed/);
    await expect(collect(loader)).rejects.toThrow(UsageError);
  });
});

describe("views", () => {
  const strong = strongTransforms({ mean: [120, 120, 120], std: [60, 60, 60] });
  const normalized = [normalize({ mean: [120], std: [60] })];
  const withViews = { views: [strong, strong, normalized] };

  test("are the same bit for bit with 0, 1 and 3 workers, and whether or not samples are kept", async () => {
    const expected = await collect(open(withViews), { epochs: 2 });
    expect(expected.every(({ views }) => views.length === 3)).toBe(true);
    expect(await collect(open({ ...withViews, workers: 1, cacheMegabytes: 0 }), { epochs: 2 })).toEqual(expected);
    expect(await collect(open({ ...withViews, workers: 3 }), { epochs: 2 })).toEqual(expected);
    expect(await collect(open({ ...withViews, workers: 3 }), { epoch: 1, batch: 1 })).toEqual(expected.slice(4));
  });

  test("leave images and masks as they are without them", async () => {
    const [plainly, viewed] = [await collect(open()), await collect(open(withViews))];
    expect(plainly.every(({ views }) => views.length === 0)).toBe(true);
    expect(viewed.map((batch) => ({ ...batch, views: [] }))).toEqual(plainly);
  });

  test("show the same place as the images, each with its own randomness", async () => {
    // No chance in the pixel steps of the shared transforms, so the view that is only normalised must equal them.
    const weak = [horizontalFlip(), randomCrop({ height: 9, width: 11 }), ...normalized];
    for await (const { images, views } of open({ ...withViews, transforms: weak }).batches({ epochs: 2 })) {
      expect(views.map(({ length }) => length)).toEqual([images.length, images.length, images.length]);
      expect(views[2]).toEqual(images);
      expect(views[0]).not.toEqual(views[1]);
      expect(views[0]).not.toEqual(images);
    }
    const [batch] = await collect(open({ transforms: normalized, views: [normalized, []], shuffle: false }));
    expect(batch!.views[0]).toEqual(batch!.images);
    expect(batch!.views[1]!.map((value) => (value - 120) / 60)).toBeAllclose(batch!.images, { atol: 1e-6 });
  });

  test("with geometric transforms of their own, or after a pixel step, are refused", () => {
    expect(() => open({ views: [[horizontalFlip(), ...normalized]] })).toThrow(/horizontalFlip in view 0/);
    const late = [...normalized, horizontalFlip()];
    expect(() => open({ transforms: late, views: [normalized] })).toThrow(/geometric transform after one/);
    expect(() => open({ transforms: late })).not.toThrow();
    expect(() => open({ views: [[{ name: "blurr" }]] })).toThrow(/Did you mean blur/);
  });
});

test("samples with the role pseudo go through pseudoTransforms, the others through transforms", async () => {
  const mixed = samples.map((sample, k) => (k % 2 ? { ...sample, role: "pseudo" as const } : sample));
  const other = [...plain.slice(0, -1), normalize({ mean: [7], std: [2] })];
  const options = { transforms: plain, shuffle: false, batchSize: 1 };
  const [usual, changed] = [await collect(open(options)), await collect(open({ ...options, transforms: other }))];
  const made = await collect(open({ ...options, samples: mixed, pseudoTransforms: other, workers: 1 }));
  expect(made).toEqual(usual.map((batch, k) => (k % 2 ? changed[k] : batch)));
  expect(await collect(open({ ...options, samples: mixed }))).toEqual(usual);
});

test("mix pastes into the pseudo-labelled samples of a batch alone, the same whatever the number of workers", async () => {
  const some = samples.map((sample, k) => (k % 2 ? { ...sample, role: "pseudo" as const } : sample));
  const options = { samples: some, transforms: plain, shuffle: false, batchSize: 4 };
  const mix = { kind: "cutmix", into: "pseudo" } as const;
  const [usual, mixed] = [await collect(open(options)), await collect(open({ ...options, mix, workers: 0 }))];
  expect(await collect(open({ ...options, mix, workers: 2 }))).toEqual(mixed);
  usual.forEach(({ images, masks, size, channels, height, width }, k) => {
    const differs = (n: number, before: ArrayLike<number>, after: ArrayLike<number>, length: number): boolean =>
      Array.from({ length }, (_, i) => n * length + i).some((i) => before[i] !== after[i]);
    for (let n = 0; n < size; n++) {
      const changed = differs(n, images, mixed[k]!.images, channels * height * width);
      // The last batch begins with sample 8: even places are even samples in all of them.
      expect(changed).toBe(n % 2 === 1);
      if (!changed) expect(differs(n, masks, mixed[k]!.masks, height * width)).toBe(false);
    }
  });
});

describe("wrong options", () => {
  test("are refused with their name", () => {
    expect(() => open({ batchSize: 0 })).toThrow(/batchSize/);
    expect(() => open({ workers: 1.5 })).toThrow(/workers/);
    expect(() => open({ transforms: [{ name: "randomCorp" }] })).toThrow(/Did you mean randomCrop/);
  });

  test("fewer samples than a batch are refused in training", () => {
    expect(() => open({ batchSize: 12 })).toThrow(/11 samples; expected at least 12.*at most 11/);
    expect(() => open({ samples: [], shuffle: false })).toThrow(/0 samples/);
  });
});
