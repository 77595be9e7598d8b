import { describe, expect, test } from "vitest";
import { Random } from "../../util/random.js";
import {
  affine,
  elastic,
  horizontalFlip,
  normalize,
  randomCrop,
  randomScale,
  resize,
  rotate,
  verticalFlip,
} from "./index.js";
import { type Pipeline, pipeline } from "./pipeline.js";
import type { Pair, Transform } from "./transform.js";

const run = (...transforms: Transform[]): Pipeline => pipeline(transforms, { ignoreIndex: 255 });

/** Pixels numbered from 1 in reading order; the image holds the same numbers. */
function numbered(height: number, width: number): Pair & { mask: { data: Uint8Array; height: number; width: number } } {
  const data = Uint8Array.from({ length: height * width }, (_, i) => i + 1);
  return { image: { data, height, width, channels: 1 }, mask: { data, height, width } };
}

function masked(pipe: Pipeline, pair: Pair, seed = 1): number[] {
  return [...pipe(pair, new Random(seed)).mask!.data];
}

describe("flips", () => {
  test("mirror image and mask, horizontally and vertically", () => {
    expect(masked(run(horizontalFlip({ p: 1 })), numbered(2, 3))).toEqual([3, 2, 1, 6, 5, 4]);
    const { image, mask } = run(verticalFlip({ p: 1 }))(numbered(2, 3), new Random(1));
    expect([...mask!.data]).toEqual([4, 5, 6, 1, 2, 3]);
    expect([...image.data]).toEqual([4, 5, 6, 1, 2, 3]);
  });

  test("happen with probability p", () => {
    const pipe = run(horizontalFlip({ p: 0.25 }));
    const flipped = Array.from({ length: 2000 }, (_, seed) => masked(pipe, numbered(1, 2), seed)[0] === 2);
    const share = flipped.filter(Boolean).length / 2000;
    // Standard error 0.0097.
    expect(Math.abs(share - 0.25)).toBeLessThan(0.04);
  });
});

describe("rotate", () => {
  test("90 degrees turn counter-clockwise", () => {
    const { image, mask } = run(rotate({ degrees: [90, 90] }))(numbered(3, 3), new Random(1));
    // 1 2 3        3 6 9
    // 4 5 6  ->    2 5 8
    // 7 8 9        1 4 7
    expect([...mask!.data]).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
    expect(image.data).toBeAllclose([3, 6, 9, 2, 5, 8, 1, 4, 7], { rtol: 1e-6 });
  });

  test("45 degrees leave the corners ignored and the centre where it is", () => {
    const out = masked(run(rotate({ degrees: [45, 45] })), numbered(5, 5));
    expect([out[0], out[4], out[20], out[24], out[12]]).toEqual([255, 255, 255, 255, 13]);
  });

  test("angles cover the range, one number meaning both ways", () => {
    // Where pixel (10.5, 0.5) of the top row goes tells the side: its mark is left of the centre after a turn counter-clockwise.
    const pair = numbered(1, 1);
    const data = new Uint8Array(21 * 21);
    data[10] = 1;
    const marked = { image: { ...pair.image, data, height: 21, width: 21 }, mask: { data, height: 21, width: 21 } };
    const sides = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const at = masked(run(rotate({ degrees: 40 })), marked, seed).indexOf(1) % 21;
      if (at >= 0) sides.add(at < 10 ? "left" : at > 10 ? "right" : "middle");
    }
    expect([...sides]).toEqual(expect.arrayContaining(["left", "right"]));
  });
});

describe("affine", () => {
  test("scale 2 about the centre shows the middle half, enlarged", () => {
    expect(masked(run(affine({ scale: [2, 2] })), numbered(4, 4))).toEqual([
      6, 6, 7, 7, 6, 6, 7, 7, 10, 10, 11, 11, 10, 10, 11, 11,
    ]);
  });

  test("shear by 45 degrees moves upper rows to the left", () => {
    // Rows at -1, 0, 1 from the centre move by -1, 0, 1 columns.
    expect(masked(run(affine({ shear: [45, 45] })), numbered(3, 3))).toEqual([2, 3, 255, 4, 5, 6, 255, 7, 8]);
  });

  test("translation shifts by at most its share of the size", () => {
    const shifts = Array.from({ length: 200 }, (_, seed) => {
      const middle = masked(run(affine({ translate: 0.2 })), numbered(1, 50), seed)[25]!;
      return middle - 26;
    });
    expect(Math.min(...shifts)).toBeGreaterThanOrEqual(-10);
    expect(Math.max(...shifts)).toBeLessThanOrEqual(10);
    expect(new Set(shifts).size).toBeGreaterThan(10);
  });
});

describe("randomCrop for classes", () => {
  /** One pixel each of classes 1 and 2 on a ground of class 0. */
  const pair = (): Pair => {
    const data = new Uint8Array(20 * 30);
    data[4 * 30 + 3] = 1;
    data[19 * 30 + 29] = 2;
    return { image: { data, height: 20, width: 30, channels: 1 }, mask: { data, height: 20, width: 30 } };
  };
  const size = { height: 6, width: 7 };
  const share = (pipe: Pipeline, label: number): number =>
    Array.from({ length: 400 }, (_, seed) => masked(pipe, pair(), seed)).filter((crop) => crop.includes(label)).length /
    400;

  test("always holds a pixel of one of the classes with p = 1, each as often as the others", () => {
    const pipe = run(randomCrop({ ...size, classes: [1, 2], p: 1 }));
    const [one, two] = [share(pipe, 1), share(pipe, 2)];
    expect(one + two).toBe(1);
    // Standard error 0.025.
    expect(Math.abs(one - 0.5)).toBeLessThan(0.1);
  });

  test("holds one as often as p says, beside the crops that hold it by chance", () => {
    const [never, third] = [0, 1 / 3].map((p) => share(run(randomCrop({ ...size, classes: [2], p })), 2));
    // By chance 1 of 15 by 24 places holds the corner.
    expect(never).toBeLessThan(0.03);
    expect(Math.abs(third! - 1 / 3)).toBeLessThan(0.1);
  });

  test("finds the pixel where earlier steps moved it", () => {
    const steps = [horizontalFlip({ p: 1 }), resize({ height: 40, width: 60 }), verticalFlip({ p: 0.5 })];
    expect(share(run(...steps, randomCrop({ ...size, classes: [1], p: 1 })), 1)).toBe(1);
  });

  test("crops anywhere where the image has none of the classes, or is no larger than the window", () => {
    const pipe = run(randomCrop({ ...size, classes: [7], p: 1 }));
    expect(masked(pipe, pair())).toHaveLength(42);
    const whole = run(randomCrop({ height: 20, width: 30, classes: [1], p: 1 }));
    expect(masked(whole, pair())).toEqual([...pair().mask!.data]);
  });

  test("needs both options", () => {
    expect(() => randomCrop({ ...size, classes: [1] })).toThrow("classes and p go together");
  });
});

describe("randomCrop and randomScale", () => {
  test("a crop is a window of the image, and every window comes", () => {
    const seen = new Set(
      Array.from({ length: 200 }, (_, seed) =>
        masked(run(randomCrop({ height: 2, width: 2 })), numbered(3, 4), seed).join(),
      ),
    );
    const windows = [0, 1].flatMap((y) => [0, 1, 2].map((x) => [0, 1, 4, 5].map((i) => i + 4 * y + x + 1).join()));
    expect([...seen].sort()).toEqual(windows.sort());
  });

  test("a window larger than the image holds all of it and ignores the rest, which normalize makes 0", () => {
    const pipe = run(randomCrop({ height: 4, width: 5 }), normalize({ mean: [7], std: [2] }));
    const { image, mask } = pipe(numbered(2, 3), new Random(4));
    expect([...mask!.data].filter((value) => value !== 255)).toEqual([1, 2, 3, 4, 5, 6]);
    mask!.data.forEach((value, i) => {
      expect(image.data[i]).toBe(value === 255 ? 0 : (value - 7) / 2);
    });
  });

  test("randomScale multiplies both sides by one factor in its range", () => {
    const pipe = run(randomScale({ min: 0.5, max: 2 }));
    const heights = Array.from({ length: 100 }, (_, seed) => {
      const { image } = pipe(
        { image: { data: new Uint8Array(2000), height: 40, width: 50, channels: 1 } },
        new Random(seed),
      );
      expect(Math.abs(image.width / 50 - image.height / 40)).toBeLessThan(0.03);
      return image.height;
    });
    expect(Math.min(...heights)).toBeLessThan(25);
    expect(Math.max(...heights)).toBeGreaterThan(70);
    expect(heights.every((height) => height >= 20 && height <= 80)).toBe(true);
  });
});

describe("elastic", () => {
  test("the knots of the grid move by the deviates drawn for them", () => {
    const side = 9;
    const data = Float32Array.from(
      { length: side * side * 2 },
      (_, i) => (i % 2 === 0 ? Math.floor(i / 2) % side : Math.floor(i / 2 / side)) + 0.5,
    );
    const { image } = run(elastic({ sigma: 0.5, cells: 2 }))(
      { image: { data, height: side, width: side, channels: 2 } },
      new Random(2),
    );
    // The image holds its own coordinates (x, y), so the middle pixel shows its source point. Its knot is the third of the third row
    // of 5x5, counted with the knots outside the image; a deviate for p is drawn first, then dx and dy of each knot.
    const random = new Random(2);
    random.chance(1);
    for (let i = 0; i < 2 * 12; i++) random.normal();
    const expected = [4.5 + 0.5 * random.normal(), 4.5 + 0.5 * random.normal()];
    expect(image.data.slice((4 * side + 4) * 2, (4 * side + 4) * 2 + 2)).toBeAllclose(expected, { rtol: 1e-5 });
  });

  test("sigma 0 changes nothing", () => {
    const pair = numbered(6, 5);
    expect(masked(run(elastic({ sigma: 0 })), pair)).toEqual([...pair.mask.data]);
  });
});

describe("neighbouring geometric transforms", () => {
  test("four quarter turns in a row are one resampling: the image comes back exact to rounding", () => {
    const quarter = rotate({ degrees: [90, 90] });
    const pair = numbered(7, 7);
    expect(run(quarter, quarter, quarter, quarter)(pair, new Random(1)).image.data).toBeAllclose(pair.image.data, {
      rtol: 1e-6,
    });
  });

  test("half size and back is one resampling and loses nothing", () => {
    const pair = numbered(6, 8);
    const pipe = run(resize({ height: 3, width: 4 }), resize({ height: 6, width: 8 }));
    expect(pipe(pair, new Random(1)).image.data).toBeAllclose(pair.image.data, { rtol: 1e-6 });
  });

  test("crops and flips give what they give one after the other", () => {
    const [crop, flip] = [randomCrop({ height: 3, width: 9 }), verticalFlip({ p: 1 })];
    for (let seed = 0; seed < 10; seed++) {
      const random = new Random(seed);
      const first = run(crop)(numbered(5, 6), random);
      const second = run(flip)(first, random);
      expect(masked(run(crop, flip), numbered(5, 6), seed)).toEqual([...second.mask!.data]);
    }
  });
});
