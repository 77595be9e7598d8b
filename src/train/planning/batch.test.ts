import { describe, expect, it } from "vitest";
import { type BatchQuestion, chooseBatch, largestBatch } from "./batch.js";

/** 1 GB for the process and 0.5 GB for each image of 100 pixels under a limit. */
const under =
  (limit: number) =>
  (pixels: number): boolean =>
    1e9 + 5e6 * pixels <= limit;

/** 100 ms an image. */
const question: BatchQuestion = {
  images: 367,
  pixels: 100,
  fits: under(4.2e9),
  milliseconds: { offset: 0, slope: 1 },
};

describe("largestBatch", () => {
  it("is what the room above the fixed part holds: (4.2 - 1) / 0.5 = 6.4", () => {
    expect(largestBatch(question, 16)).toBe(6);
    expect(largestBatch(question, 4)).toBe(4);
  });
  it("is 0 where the fixed part alone is too much", () => {
    expect(largestBatch({ ...question, fits: under(0.9e9) }, 16)).toBe(0);
  });
});

describe("chooseBatch", () => {
  it("shares the images of an update out evenly where memory holds fewer: 16 in three batches of 6", () => {
    expect(chooseBatch(question)).toMatchObject({ batch: 6, accumulate: 3, tooLarge: 7 });
    // Up to 10 fit: two batches of 8 rather than one of 10 and one of 6.
    expect(chooseBatch({ ...question, fits: under(6e9) })).toMatchObject({ batch: 8, accumulate: 2, tooLarge: 11 });
  });
  it("takes 16 images at once where they fit", () => {
    const answer = chooseBatch({ ...question, fits: under(20e9) });
    expect(answer).toEqual({ batch: 16, accumulate: 1, reason: "more than 16 images an update gain little" });
  });
  it("leaves ten updates to an epoch", () => {
    const answer = chooseBatch({ ...question, fits: under(20e9), images: 46 });
    expect(answer).toMatchObject({ batch: 4, reason: "as many as leave 10 updates in an epoch of 46 images" });
    expect(chooseBatch({ ...question, fits: under(20e9), images: 3 }).batch).toBe(2);
    expect(chooseBatch({ ...question, fits: under(20e9), images: 1 }).batch).toBe(1);
  });
  it("leaves 500 updates to a run by time: 5 minutes allow 600 ms an update, six images of 100 ms", () => {
    const answer = chooseBatch({ ...question, fits: under(20e9), minutes: 5 });
    expect(answer).toMatchObject({ batch: 6, reason: "as many as leave about 500 updates in 5 minutes" });
    expect(chooseBatch({ ...question, fits: under(20e9), minutes: 0.1 }).batch).toBe(2);
  });
  it("keeps a number of batches that was given", () => {
    expect(chooseBatch({ ...question, accumulate: 4 })).toMatchObject({ batch: 4, accumulate: 4 });
    expect(chooseBatch({ ...question, accumulate: 1 })).toMatchObject({ batch: 6, accumulate: 1, tooLarge: 7 });
  });
  it("is 0 where not even one image fits", () => {
    expect(chooseBatch({ ...question, fits: under(1.4e9) })).toMatchObject({ batch: 0, tooLarge: 1 });
  });
});
