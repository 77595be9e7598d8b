/** @file ScoreTable: says which classes were absent and which pixels did not count. */
import { describe, expect, it } from "vitest";
import { UsageError } from "../errors/index.js";
import { ConfusionMatrix } from "./confusion.js";
import { formatScoreTable, scoreTable } from "./score-table.js";

const classNames = ["sky", "road", "car", "boat"];
const matrix = new ConfusionMatrix(4, { ignoreIndex: 255 }).add([0, 0, 1, 255, 9], [0, 2, 7, 0, 0]);

describe("scoreTable", () => {
  it("gives each class its state and counts", () => {
    const { classes, absent } = scoreTable(matrix, { classNames });
    expect(classes.map(({ state }) => state)).toEqual(["counted", "counted", "predicted-only", "absent"]);
    expect(classes.map(({ truthPixels, predictedPixels }) => [truthPixels, predictedPixels])).toEqual([
      [2, 1],
      [1, 0],
      [0, 1],
      [0, 0],
    ]);
    expect(absent).toEqual(["boat"]);
  });

  it("says in words what was left out, by the rule in force", () => {
    expect(scoreTable(matrix, { classNames }).notes).toEqual([
      "1 of the 4 classes in neither truth nor prediction, left out of the means: boat",
      "1 pixel ignored (truth 255)",
      "1 pixel with a truth that is no class, left out; check the masks",
      "1 pixel with a prediction that is no class, counted as errors",
    ]);
    expect(scoreTable(matrix, { classNames, absent: "zero" }).notes[0]).toContain("counted as 0 in the means: boat");
  });

  it("averages by the rule: IoUs 1/2, 0, 0 and 0/0 give 1/6 skipped, 1/8 as zero, 3/8 as one", () => {
    expect(scoreTable(matrix).meanIou).toBeCloseTo(1 / 6, 12);
    expect(scoreTable(matrix, { absent: "zero" }).meanIou).toBeCloseTo(1 / 8, 12);
    expect(scoreTable(matrix, { absent: "one" }).meanIou).toBeCloseTo(3 / 8, 12);
  });

  it("has no notes when every pixel and class took part", () => {
    expect(scoreTable(new ConfusionMatrix(2).add([0, 1], [0, 1])).notes).toEqual([]);
  });

  it("writes undefined scores as null in JSON", () => {
    expect(JSON.parse(JSON.stringify(scoreTable(matrix))).classes[3].iou).toBeNull();
  });

  it("marks an ignored class and does not call it absent", () => {
    const table = scoreTable(new ConfusionMatrix(2, { ignoreIndex: 0 }).add([0, 1], [0, 1]));
    expect(table.classes[0]!.state).toBe("ignored");
    expect(table.absent).toEqual([]);
  });

  it("says so when nothing was counted", () => {
    const table = scoreTable(new ConfusionMatrix(1, { ignoreIndex: 255 }).add([255], [0]));
    expect(table.notes.at(-1)).toBe("no pixel was counted, so no score is defined");
    expect(table.meanIou).toBeNaN();
  });

  it("refuses another number of names than classes", () => {
    expect(() => scoreTable(matrix, { classNames: ["sky"] })).toThrow(UsageError);
  });
});

describe("formatScoreTable", () => {
  it("prints classes, averages and notes", () => {
    expect(formatScoreTable(scoreTable(matrix, { classNames }))).toMatchInlineSnapshot(`
      "class     iou    dice  precision  recall              pixels
      sky    0.5000  0.6667     1.0000  0.5000                   2
      road   0.0000  0.0000          -  0.0000                   1
      car    0.0000  0.0000     0.0000       -  0 (predicted-only)
      boat        -       -          -       -          0 (absent)

      PA 0.3333  MPA 0.2500  mIoU 0.1667  FWIoU 0.3333  mDice 0.2222  micro IoU 0.2500  kappa 0.1429
      note: 1 of the 4 classes in neither truth nor prediction, left out of the means: boat
      note: 1 pixel ignored (truth 255)
      note: 1 pixel with a truth that is no class, left out; check the masks
      note: 1 pixel with a prediction that is no class, counted as errors"
    `);
  });
});
