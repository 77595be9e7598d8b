/** @file Scenes are a function of their seed, and hold what a data set for learning needs. */
import { describe, expect, it } from "vitest";
import { landscapes } from "./landscape.js";
import { drawScene } from "./scene.js";
import { classIndex, classNames } from "./tones.js";

/** Share of each class over `count` scenes of the test split. */
function sharesOf(count: number, size: number): number[] {
  const pixels = classNames.map(() => 0);
  for (let index = 0; index < count; index++)
    for (const value of drawScene(1, "test", index, size).mask.data) pixels[value]!++;
  return pixels.map((n) => n / (count * size * size));
}

describe("drawScene", () => {
  it("gives the same bytes for the same seed, split and index", () => {
    expect(drawScene(3, "train", 2, 64)).toEqual(drawScene(3, "train", 2, 64));
  });

  it("gives other pictures and masks for another seed, split or index of the same landscape", () => {
    const first = drawScene(3, "train", 2, 64);
    for (const other of [
      drawScene(4, "train", 2, 64),
      drawScene(3, "val", 2, 64),
      drawScene(3, "train", 2 + landscapes.length, 64),
    ]) {
      expect(other.image.data).not.toEqual(first.image.data);
      expect(other.mask.data).not.toEqual(first.mask.data);
    }
  });

  it("gives an 8-bit RGB picture and a mask of its size", () => {
    const { image, mask } = drawScene(1, "train", 0, 48);
    expect(image).toMatchObject({ height: 48, width: 48, channels: 3 });
    expect(image.data).toBeInstanceOf(Uint8Array);
    expect(image.data.length).toBe(48 * 48 * 3);
    expect(mask).toMatchObject({ height: 48, width: 48 });
    expect(mask.data.length).toBe(48 * 48);
  });

  it("shows every class in each round of landscapes, none on more than 60 % of the land and none on less than 3 %", () => {
    const shares = sharesOf(2 * landscapes.length, 160);
    for (const [index, name] of classNames.entries()) expect(shares[index], name).toBeGreaterThan(0.03);
    expect(Math.max(...shares)).toBeLessThan(0.6);
    expect(shares.indexOf(Math.max(...shares))).toBe(classIndex.field);
  });

  it("has textures within a class: neighbouring pixels of one class differ", () => {
    const { image, mask } = drawScene(1, "train", 0, 96);
    let [squares, pairs] = [0, 0];
    for (let i = 0; i + 1 < mask.data.length; i++) {
      if (mask.data[i] !== mask.data[i + 1]) continue;
      squares += (image.data[3 * i]! - image.data[3 * i + 3]!) ** 2;
      pairs++;
    }
    expect(Math.sqrt(squares / pairs)).toBeGreaterThan(4);
  });
});
