import { describe, expect, it } from "vitest";
import { Random } from "../../util/random.js";
import { ConfidenceRanks } from "./confidence-ranks.js";
import { MeanOverRounds, majority, meanCutoff } from "./merge.js";
import {
  decodeLikelyClasses,
  encodeLikelyClasses,
  LikelyClassesBuilder,
  likelyClasses,
  mostLikely,
} from "./probabilities.js";
import { selectClassBalanced, selectMostLikely, selectUniform } from "./select.js";
import { LabelTally } from "./tally.js";

/** [K, pixels] from one row of probabilities a pixel. */
const planes = (pixels: readonly (readonly number[])[]): Float32Array =>
  Float32Array.from(pixels[0]!.flatMap((_, c) => pixels.map((row) => row[c]!)));

const image = (...pixels: (readonly number[])[]) => likelyClasses(planes(pixels), pixels[0]!.length);

/** Softmax of random scores, peaked: [K, pixels]. */
function randomPlanes(seed: number, numClasses: number, pixels: number, sharpness = 6): Float32Array {
  const random = new Random(seed, "planes");
  const rows = Array.from({ length: pixels }, () => {
    // Classes differ in how sure the network is of them.
    const scores = Array.from({ length: numClasses }, (_, c) => Math.exp(sharpness * random.normal() * (1 - 0.1 * c)));
    const sum = scores.reduce((a, b) => a + b, 0);
    return scores.map((score) => score / sum);
  });
  return planes(rows);
}

describe("likely classes", () => {
  it("keep what reaches the cutoff, and the most likely class of a pixel where nothing does", () => {
    const dense = planes([
      [0.6, 0.3, 0.1],
      [0.25, 0.35, 0.4],
    ]);
    expect(likelyClasses(dense, 3, 0.3)).toEqual({
      numClasses: 3,
      counts: Uint8Array.of(2, 2),
      classes: Uint8Array.of(0, 1, 1, 2),
      values: Float32Array.of(0.6, 0.3, 0.35, 0.4),
    });
    expect(likelyClasses(dense, 3, 0.5)).toMatchObject({
      counts: Uint8Array.of(1, 1),
      classes: Uint8Array.of(0, 2),
      values: Float32Array.of(0.6, 0.4),
    });
  });

  it("are the same from bands as from the whole", () => {
    const rows = Array.from({ length: 7 }, (_, i) => [i / 10, 0.2, 0.8 - i / 10]);
    const builder = new LikelyClassesBuilder(3, 0.1);
    for (const band of [rows.slice(0, 3), rows.slice(3, 4), rows.slice(4)]) builder.add(planes(band));
    expect(builder.finish()).toEqual(likelyClasses(planes(rows), 3, 0.1));
  });

  it.each([3, 256, 300])("come back from a file's bytes, %i classes", (numClasses) => {
    const made = likelyClasses(randomPlanes(3, numClasses, 50), numClasses, 0.01);
    const bytes = Buffer.concat(encodeLikelyClasses(made));
    expect(decodeLikelyClasses(bytes, "a.bin")).toEqual(made);
    expect(() => decodeLikelyClasses(bytes.subarray(0, 60), "a.bin")).toThrow("a.bin: 60; expected");
    expect(() => decodeLikelyClasses(bytes.subarray(0, 5), "a.bin")).toThrow("a.bin: 5; expected");
  });

  it("give the lower of two equally likely classes, as the masks of prediction do", () => {
    expect(mostLikely(image([0.2, 0.4, 0.4]))).toEqual({
      classes: Uint8Array.of(1),
      confidence: Float32Array.of(0.4),
    });
  });
});

describe("confidence ranks", () => {
  /** Ten pixels of class 0, four of class 1, none of class 2. */
  const ranks = new ConfidenceRanks(3);
  ranks.add(image([0.99, 0.01, 0], [0.97, 0.03, 0], [0.95, 0.05, 0], [0.93, 0.07, 0], [0.9, 0.1, 0]));
  ranks.add(image([0.85, 0.15, 0], [0.8, 0.2, 0], [0.75, 0.25, 0], [0.7, 0.3, 0], [0.6, 0.4, 0]));
  ranks.add(image([0.4, 0.6, 0], [0.45, 0.55, 0], [0.1, 0.9, 0], [0.3, 0.7, 0]));

  it("find the confidence at rank floor(p·N): with p 0.2 the 2nd of 10 and none of 4", () => {
    expect(ranks.pixels).toEqual([10, 4, 0]);
    // To 0.1 % of the distance to 1, and never above: 0.97 itself must pass.
    const [first, second, third] = ranks.thresholds([0.2, 0.2, 0.2]);
    expect(first).toBeLessThanOrEqual(Math.fround(0.97));
    expect(first).toBeGreaterThan(0.97 - 0.00004);
    expect([second, third]).toEqual([1, 1]);
  });

  it("take portions by class: 0.5 of 4 is the 2nd, 0.7, and 1 is the last one", () => {
    const thresholds = ranks.thresholds([1, 0.5, 1]);
    expect(thresholds).toBeAllclose([0.6, 0.7, 1], { rtol: 0, atol: 5e-4 });
    expect(thresholds[0]).toBeLessThanOrEqual(Math.fround(0.6));
  });

  it("are the exact thresholds of a sorted list to 0.1 % of the distance to 1, very sure classes included", () => {
    const [numClasses, pixels, portion] = [4, 20_000, 0.13];
    const many = new ConfidenceRanks(numClasses);
    const sorted: number[][] = Array.from({ length: numClasses }, () => []);
    for (let seed = 1; seed <= 3; seed++) {
      const one = likelyClasses(randomPlanes(seed, numClasses, pixels, 9), numClasses);
      many.add(one);
      const { classes, confidence } = mostLikely(one);
      for (let i = 0; i < classes.length; i++) sorted[classes[i]!]!.push(confidence[i]!);
    }
    sorted.forEach((list, c) => {
      list.sort((a, b) => b - a);
      const exact = list[Math.floor(portion * list.length) - 1]!;
      const found = many.confidenceAt(c, portion);
      expect(found).toBeLessThanOrEqual(exact);
      expect([1 - found]).toBeAllclose([1 - exact], { rtol: 1.1e-3, atol: 1e-12 });
    });
    // The classes are so sure that thresholds of 8 bits would keep most of their pixels.
    expect(many.confidenceAt(0, portion)).toBeGreaterThan(1 - 1 / 255);
  });

  it("refuse portions outside (0, 1]", () => {
    for (const portion of [0, -0.1, 1.5, Number.NaN])
      expect(() => ranks.confidenceAt(0, portion)).toThrow(`${portion}; expected a portion above 0 and up to 1`);
  });
});

describe("selection", () => {
  it("class-balanced: argmax of P/λ where it reaches 1, so that a surer runner-up wins", () => {
    const thresholds = [0.95, 0.45, 0.6];
    const labels = selectClassBalanced(
      image(
        [0.96, 0.03, 0.01], // 1.01 against less: class 0
        [0.9, 0.05, 0.05], // 0.95 at most: none
        [0.52, 0.46, 0.02], // 0.55, 1.02: the runner-up
        [0.02, 0.5, 0.48], // 1.11, 0.8: class 1
        [0.1, 0.44, 0.46], // 0.98, 0.77: none
      ),
      thresholds,
      255,
    );
    expect(labels).toEqual(Uint8Array.of(0, 255, 1, 1, 255));
  });

  it("class-balanced: a class with threshold 1 is kept out unless the network is certain of it", () => {
    expect(selectClassBalanced(image([0.1, 0.9], [0, 1]), [0.5, 1], 255)).toEqual(Uint8Array.of(255, 1));
  });

  it("class-balanced: leaves out nothing that dense probabilities would keep, by CBST's own loop", () => {
    const [numClasses, pixels] = [5, 4000];
    const dense = randomPlanes(8, numClasses, pixels, 1.5);
    const sparse = likelyClasses(dense, numClasses);
    const ranks = new ConfidenceRanks(numClasses);
    ranks.add(sparse);
    const thresholds = ranks.thresholds([0.2, 0.4, 0.6, 0.8, 1]);
    const expected = Array.from({ length: pixels }, (_, i) => {
      const ratios = Array.from(thresholds, (lambda, c) => dense[c * pixels + i]! / lambda);
      const most = Math.max(...ratios);
      return most >= 1 ? ratios.indexOf(most) : 255;
    });
    expect(Array.from(selectClassBalanced(sparse, thresholds, 255))).toEqual(expected);
    expect(new Set(expected).size).toBe(numClasses + 1);
    // The least likely entries are really gone.
    expect(sparse.values.length).toBeLessThan(dense.length / 2);
  });

  it("by class: the most likely class alone, from its own threshold on", () => {
    const pixels = image([0.96, 0.03, 0.01], [0.52, 0.46, 0.02], [0.02, 0.5, 0.48], [0.1, 0.44, 0.46]);
    expect(selectMostLikely(pixels, [0.95, 0.45, 0.6], 255)).toEqual(Uint8Array.of(0, 255, 1, 255));
  });

  it("uniform: the most likely class from the threshold on", () => {
    expect(selectUniform(image([0.9, 0.1], [0.5, 0.5], [0.125, 0.875]), 0.875, 255)).toEqual(Uint8Array.of(0, 255, 1));
  });

  it("of more than 255 classes gives 16-bit labels", () => {
    const labels = selectUniform(likelyClasses(randomPlanes(2, 300, 4), 300), 0, 65535);
    expect(labels).toBeInstanceOf(Uint16Array);
  });
});

describe("merging rounds", () => {
  it("mean: of three rounds it is the mean of their probabilities, band by band", () => {
    const [numClasses, pixels] = [4, 60];
    const rounds = [1, 2, 3].map((seed) => randomPlanes(seed, numClasses, pixels, 2));
    const bandOf = (dense: Float32Array, from: number, to: number): Float32Array =>
      Float32Array.from(
        Array.from({ length: numClasses }, (_, c) => [...dense.subarray(c * pixels + from, c * pixels + to)]).flat(),
      );
    let mean = likelyClasses(rounds[0]!, numClasses, meanCutoff);
    for (const [before, dense] of [rounds[1]!, rounds[2]!].entries()) {
      const mixing = new MeanOverRounds(mean, before + 1);
      const builder = new LikelyClassesBuilder(numClasses, meanCutoff);
      for (const [from, to] of [
        [0, 25],
        [25, 26],
        [26, pixels],
      ] as const) {
        const band = bandOf(dense, from, to);
        mixing.mixInto(band);
        builder.add(band);
      }
      mean = builder.finish();
    }
    const exact = rounds[0]!.map((value, i) => (value + rounds[1]![i]! + rounds[2]![i]!) / 3);
    const { classes, confidence } = mostLikely(mean);
    const expected = mostLikely(likelyClasses(exact, numClasses, 0));
    expect(classes).toEqual(expected.classes);
    expect(confidence).toBeAllclose(expected.confidence, { rtol: 0, atol: 2 * meanCutoff });
  });

  it("majority: most votes win, who left a pixel out does not vote, and ties go to the latest", () => {
    const rounds = [
      Uint8Array.of(1, 1, 255, 2, 255, 0),
      Uint8Array.of(1, 2, 255, 255, 3, 1),
      Uint8Array.of(2, 2, 255, 255, 255, 2),
    ];
    expect(majority(rounds, 255)).toEqual(Uint8Array.of(1, 2, 255, 2, 3, 2));
    expect(majority(rounds.slice(0, 1), 255)).toEqual(rounds[0]);
  });
});

it("a tally counts predictions by the most likely class, labels by what they say, and what is known of them", () => {
  const tally = new LabelTally(3);
  const four = image([0.75, 0.25, 0], [0.5, 0.375, 0.125], [0, 0.25, 0.75], [0.25, 0.5, 0.25]);
  tally.add(four, Uint8Array.of(0, 1, 2, 255), [0, 0, 255, 1]);
  tally.add(four, Uint8Array.of(0, 255, 255, 255));
  expect(tally.counts).toEqual({
    predicted: [4, 2, 2],
    confidence: [2.5, 1, 1.5],
    kept: [2, 1, 1],
    known: [1, 1, 0],
    right: [1, 0, 0],
  });
});
