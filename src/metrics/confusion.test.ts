/** @file ConfusionMatrix: exact counts, nothing lost, clear refusals. */
import { describe, expect, it } from "vitest";
import { DataError, UsageError } from "../errors/index.js";
import { Random } from "../util/random.js";
import { ConfusionMatrix, type ConfusionOptions } from "./confusion.js";

describe("ConfusionMatrix", () => {
  it("counts true classes in rows and predicted classes in columns", () => {
    const matrix = new ConfusionMatrix(3).add([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2]);
    expect(matrix.rows()).toEqual([
      [2, 1, 0],
      [0, 1, 1],
      [0, 0, 1],
    ]);
    expect([...matrix.truthCounts()]).toEqual([3, 2, 1]);
    expect([...matrix.predictionCounts()]).toEqual([2, 2, 2]);
  });

  it("leaves ignored pixels out, whatever is predicted there", () => {
    const matrix = new ConfusionMatrix(2, { ignoreIndex: 255 }).add([255, 255, 255, 1], [0, 7, 255, 1]);
    expect(matrix.rows(true)).toEqual([
      [0, 0, 0],
      [0, 1, 0],
    ]);
    expect([matrix.ignored, matrix.truthOutOfRange, matrix.outOfRangePredictions()]).toEqual([3, 0, 0]);
  });

  it("takes negative, fractional, too large and NaN labels for out of range, in truth and prediction", () => {
    const odd = [-1, 0.5, 2, Number.NaN, Number.POSITIVE_INFINITY];
    const zeros = odd.map(() => 0);
    const matrix = new ConfusionMatrix(2).add(odd, zeros).add(zeros, odd);
    expect(matrix.rows(true)[0]).toEqual([0, 0, 5]);
    expect(matrix.truthOutOfRange).toBe(5);
  });

  it("counts predictions out of range as errors of their true class, or drops them from the totals", () => {
    const count = (rule: ConfusionOptions) => [...new ConfusionMatrix(2, rule).add([0, 0, 1], [0, 9, 1]).truthCounts()];
    expect(count({ predictionOutOfRange: "error" })).toEqual([2, 1]);
    expect(count({ predictionOutOfRange: "drop" })).toEqual([1, 1]);
    expect(count({})).toEqual([2, 1]);
  });

  it("counts class indices above 255", () => {
    const matrix = new ConfusionMatrix(1000, { ignoreIndex: 65535 });
    matrix.add(Uint16Array.of(999, 999, 300, 65535), Uint16Array.of(999, 300, 300, 1));
    expect([matrix.at(999, 999), matrix.at(999, 300), matrix.at(300, 300), matrix.ignored]).toEqual([1, 1, 1, 1]);
  });

  it("equals one count per pixel on random labels, where runs are short and long", () => {
    const random = new Random(1, "confusion");
    for (const change of [0.05, 0.9]) {
      const labels = (name: string): number[] => {
        const own = new Random(1, name, change > 0.5 ? 1 : 0);
        let label = 0;
        return Array.from({ length: 500 }, () => {
          if (own.chance(change)) label = random.integer(6) - 1;
          return label;
        });
      };
      const [truth, prediction] = [labels("truth"), labels("prediction")];
      const expected = Array.from({ length: 4 }, () => [0, 0, 0, 0, 0]);
      for (const [i, t] of truth.entries())
        if (t >= 0 && t < 4) expected[t]![prediction[i]! >= 0 && prediction[i]! < 4 ? prediction[i]! : 4]!++;
      expect(new ConfusionMatrix(4).add(truth, prediction).rows(true)).toEqual(expected);
    }
  });

  it("merges to the same counts as one pass over both parts, also after JSON", () => {
    const options = { ignoreIndex: 3 };
    const first = new ConfusionMatrix(3, options).add([0, 1, 3, 8], [0, 5, 0, 0]);
    const second = new ConfusionMatrix(3, options).add([2, 2], [1, 2]);
    const both = new ConfusionMatrix(3, options).add([0, 1, 3, 8, 2, 2], [0, 5, 0, 0, 1, 2]);
    const restored = ConfusionMatrix.fromJSON(JSON.parse(JSON.stringify(first)));
    expect(restored.merge(second).toJSON()).toEqual(both.toJSON());
  });

  it("accepts an image without pixels", () => {
    expect(new ConfusionMatrix(2).add([], []).rows()).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it("refuses sizes that differ and names both, also where the pixel counts agree", () => {
    expect(() => new ConfusionMatrix(2).add([0, 1], [0])).toThrow(DataError);
    const map = (height: number, width: number) => ({ data: new Uint8Array(12), height, width });
    expect(() => new ConfusionMatrix(2).addMap(map(3, 4), map(4, 3))).toThrow(/prediction is 4x3; expected 3x4/);
    expect(() => new ConfusionMatrix(2).addMap(map(3, 4), map(3, 5))).toThrow(/prediction has 12 pixels; expected 3x5/);
  });

  it("refuses to merge counts made by other rules and class counts that are no positive integer", () => {
    const drop = new ConfusionMatrix(2, { predictionOutOfRange: "drop" });
    expect(() => new ConfusionMatrix(2).merge(drop)).toThrow(/predictionOutOfRange drop; expected .* error/);
    expect(() => new ConfusionMatrix(2).merge(new ConfusionMatrix(3))).toThrow(UsageError);
    for (const numClasses of [0, -1, 2.5, Number.NaN])
      expect(() => new ConfusionMatrix(numClasses)).toThrow(UsageError);
  });

  it("refuses stored counts that are negative, fractional or of another shape", () => {
    const good = new ConfusionMatrix(1).add([0], [0]).toJSON();
    expect(ConfusionMatrix.fromJSON(good).rows()).toEqual([[1]]);
    for (const counts of [
      [[1]],
      [[-1, 0]],
      [[0.5, 0]],
      [
        [1, 0],
        [1, 0],
      ],
    ])
      expect(() => ConfusionMatrix.fromJSON({ ...good, counts })).toThrow(DataError);
  });
});
