/** @file Channel statistics and class weights by hand. */
import { describe, expect, it } from "vitest";
import { Random } from "../util/random.js";
import { channelStatistics, classWeights, countClasses, imageMoments, weightRules } from "./statistics.js";

const raster = (data: Float32Array | Uint8Array, channels = 1) => ({
  data,
  height: 1,
  width: data.length / channels,
  channels,
});

describe("channelStatistics", () => {
  it("is the mean and deviation over all pixels of all images, channel by channel", () => {
    // Channel 1: 0, 2, 4, 4 -> mean 2.5, variance (6.25 + 0.25 + 2.25 + 2.25) / 4 = 2.75; channel 2 is 10 throughout.
    const images = [Uint8Array.of(0, 10, 2, 10), Uint8Array.of(4, 10), Uint8Array.of(4, 10)];
    const statistics = channelStatistics(images.map((data) => imageMoments(raster(data, 2))))!;
    expect(statistics.mean).toBeAllclose([2.5, 10]);
    expect(statistics.std).toBeAllclose([Math.sqrt(2.75), 0]);
    expect([statistics.min, statistics.max]).toEqual([
      [0, 10],
      [4, 10],
    ]);
  });

  it("keeps its digits where sums of squares lose theirs: a deviation of 1 at a mean of 100000", () => {
    const random = new Random(1, "moments");
    const parts = Array.from({ length: 20 }, () =>
      Float32Array.from({ length: 500 }, () => 100000 + (random.chance(0.5) ? 1 : -1)),
    );
    const all = parts.flatMap((part) => [...part]);
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    const { std } = channelStatistics(parts.map((part) => imageMoments(raster(part))))!;
    expect(std).toBeAllclose([Math.sqrt(1 - (mean - 100000) ** 2)], { rtol: 1e-9 });
  });

  it("leaves nodata and values that are no numbers out, and counts the latter", () => {
    const moments = imageMoments(raster(Float32Array.of(-9999, 1, Number.NaN, 3, Number.POSITIVE_INFINITY)), -9999);
    expect(moments.notFinite).toBe(2);
    expect(channelStatistics([moments])).toMatchObject({ mean: [2], std: [1], min: [1], max: [3] });
  });

  it("8-bit and float images of the same values have the same statistics, nodata left out", () => {
    const random = new Random(2, "bytes");
    const bytes = Uint8Array.from({ length: 600 }, () => random.integer(256));
    const [byte, float] = [bytes, Float32Array.from(bytes)].map(
      (data) => channelStatistics([imageMoments(raster(data, 3), 7)])!,
    );
    for (const key of ["mean", "std", "min", "max"] as const)
      expect(byte![key]).toBeAllclose(float![key], { rtol: 1e-12 });
  });

  it("there are none of no images; an image without a valid pixel changes nothing", () => {
    expect(channelStatistics([])).toBeUndefined();
    const void_ = imageMoments(raster(Float32Array.of(5, 5)), 5);
    expect(channelStatistics([void_, imageMoments(raster(Float32Array.of(1, 3)), 5)])).toMatchObject({
      mean: [2],
      std: [1],
    });
  });
});

describe("classWeights", () => {
  // Class 0 in both images, 1 in the second, 2 in none.
  const counts = countClasses(
    [
      [50, 0, 0],
      [30, 20, 0],
    ],
    3,
  );

  it("counts pixels, images and the pixels of those images", () => {
    expect(counts).toEqual({ pixels: [80, 20, 0], pixelsOfImages: [100, 50, 0], images: [2, 1, 0] });
  });

  it("median-frequency: median of 0.8 and 0.4 is 0.6; an absent class has weight 0", () => {
    expect(classWeights(counts, "median-frequency")).toBeAllclose([0.6 / 0.8, 0.6 / 0.4, 0]);
  });

  it("enet: 1 / ln(1.02 + share of all pixels)", () => {
    expect(classWeights(counts, "enet")).toBeAllclose([1 / Math.log(1.82), 1 / Math.log(1.22), 1 / Math.log(1.02)]);
  });

  it("linknet: 1 / ln(1.02 + pixels / most pixels)", () => {
    expect(classWeights(counts, "linknet")).toBeAllclose([1 / Math.log(2.02), 1 / Math.log(1.27), 1 / Math.log(1.02)]);
    expect(weightRules).toEqual(["median-frequency", "enet", "linknet", "inverse-square-root"]);
  });

  it("inverse-square-root: 1 / sqrt(share of all pixels); an absent class has weight 0", () => {
    expect(classWeights(counts, "inverse-square-root")).toBeAllclose([1 / Math.sqrt(0.8), 1 / Math.sqrt(0.2), 0]);
  });

  it("median-frequency gives CamVid the weights that SegNet was trained with, but for signs, which it labels otherwise", () => {
    // Pixels of the 367 training images; weights from segnet_basic_train.prototxt of the SegNet tutorial (ignore_label 11),
    // which stand by another median: the two lists agree up to one factor.
    const pixels = [10682767, 14750079, 623349, 20076880, 2845085, 6166762, 743859, 714595, 3719877, 405385, 184967];
    const pixelsOfImages = [
      60742419, 60576720, 60742419, 60913605, 57891851, 53145620, 58219298, 28788115, 59722763, 52666175, 33193217,
    ];
    const published = [0.2595, 0.1826, 4.564, 0.1417, 0.9051, 0.3826, 9.6446, 1.8418, 0.6823, 6.2478, 7.3614];
    const ratios = classWeights({ pixels, pixelsOfImages, images: [] }, "median-frequency").map(
      (weight, i) => weight / published[i]!,
    );
    expect(ratios.toSpliced(6, 1)).toBeAllclose(new Array(10).fill(1.1), { rtol: 0.1 });
    expect(ratios[6]).toBeCloseTo(0.4, 1);
  });
});
