import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Raster, RasterData } from "../../raster/raster.js";
import { Random } from "../../util/random.js";
import * as make from "./index.js";
import { parseTransforms, pipeline, type Transform, trainTransforms, transformKinds } from "./index.js";

/** One of each kind, by name; a new kind must be added here. */
const examples: Record<string, Transform> = {
  resize: make.resize({ height: 7, width: 12 }),
  randomScale: make.randomScale({ min: 0.4, max: 2 }),
  randomCrop: make.randomCrop({ height: 8, width: 9 }),
  horizontalFlip: make.horizontalFlip(),
  verticalFlip: make.verticalFlip(),
  rotate: make.rotate({ degrees: 180 }),
  affine: make.affine({ degrees: 20, translate: 0.2, scale: [0.3, 2], shear: 10 }),
  elastic: make.elastic({ sigma: 3, cells: 4 }),
  colorJitter: make.colorJitter({ brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.1 }),
  grayscale: make.grayscale({ p: 0.5 }),
  noise: make.noise({ sigma: [0, 10] }),
  blur: make.blur({ sigma: [0.5, 2] }),
  normalize: make.normalize({ mean: [100], std: [50] }),
};

const arrays: ((length: number) => RasterData)[] = [
  (n) => new Uint8Array(n),
  (n) => new Uint16Array(n),
  (n) => new Int16Array(n),
  (n) => new Float32Array(n),
];

function randomPair(
  height: number,
  width: number,
  channels: number,
  type: number,
): { image: Raster; mask: { data: Uint8Array; height: number; width: number } } {
  const random = new Random(1, height, width);
  const data = arrays[type]!(height * width * channels).map(() => random.integer(200)) as RasterData;
  const labels = Uint8Array.from({ length: height * width }, () => 10 + random.integer(5));
  return { image: { data, height, width, channels }, mask: { data: labels, height, width } };
}

const sizes = { height: fc.integer({ min: 1, max: 23 }), width: fc.integer({ min: 1, max: 23 }) };

describe("every kind of transform", () => {
  test("has an example here", () => {
    expect(Object.keys(examples)).toEqual([...transformKinds.keys()]);
  });

  test.each(Object.keys(examples))("%s survives JSON with its defaults written out", (name) => {
    const transform = examples[name]!;
    expect(transform.name).toBe(name);
    expect(parseTransforms(JSON.parse(JSON.stringify([transform])))).toEqual([transform]);
  });

  test.each(Object.keys(examples))("%s refuses an option it does not know", (name) => {
    expect(() => parseTransforms([{ ...examples[name], heigth: 3 }])).toThrow(/heigth/);
  });
});

describe("any list of transforms", () => {
  const lists = fc.array(fc.constantFrom(...Object.values(examples)), { maxLength: 5 });

  test("masks never gain values but ignore, sizes agree, images stay finite, sources stay as they were", () => {
    fc.assert(
      fc.property(
        fc.record({ ...sizes, channels: fc.constantFrom(1, 2, 3, 4, 13), type: fc.nat(3) }),
        lists,
        fc.nat(),
        (shape, list, seed) => {
          const pair = randomPair(shape.height, shape.width, shape.channels, shape.type);
          const before = structuredClone(pair);
          const { image, mask } = pipeline(list, { ignoreIndex: 255 })(pair, new Random(seed));
          expect([mask!.height, mask!.width]).toEqual([image.height, image.width]);
          expect(image.data.length).toBe(image.height * image.width * shape.channels);
          expect(mask!.data.length).toBe(image.height * image.width);
          const allowed = new Set([...pair.mask.data, 255]);
          expect(mask!.data.every((value) => allowed.has(value))).toBe(true);
          expect(image.data.every(Number.isFinite)).toBe(true);
          expect(pair).toEqual(before);
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  test("the same stream gives the same result", () => {
    fc.assert(
      fc.property(fc.record(sizes), lists, fc.nat(), ({ height, width }, list, seed) => {
        const pipe = pipeline(list, { ignoreIndex: 255 });
        const results = [0, 1].map(() => pipe(randomPair(height, width, 3, 0), new Random(seed)));
        expect(results[0]).toEqual(results[1]);
      }),
      { seed: 2, numRuns: 50 },
    );
  });

  test("the result does not depend on whether the mask comes along", () => {
    const pair = randomPair(11, 14, 3, 0);
    const pipe = pipeline(Object.values(examples), { ignoreIndex: 255 });
    expect(pipe({ image: pair.image }, new Random(9)).image).toEqual(pipe(pair, new Random(9)).image);
  });
});

describe("wrong transforms", () => {
  test("an unknown name suggests near ones", () => {
    expect(() => parseTransforms([{ name: "randomCorp", height: 3, width: 3 }])).toThrow(/Did you mean randomCrop/);
  });

  test("a value out of range names the transform and the option", () => {
    expect(() => make.randomCrop({ height: 0, width: 3 })).toThrow(/"randomCrop" has height/);
    expect(() => make.randomScale({ min: 2, max: 1 })).toThrow(/min must not exceed max/);
    expect(() => make.normalize({ mean: [1, 2], std: [1] })).toThrow(/same length/);
  });

  test("something else than a list is refused", () => {
    expect(() => parseTransforms({ name: "resize" })).toThrow(/no list/);
    expect(() => parseTransforms([null])).toThrow(/without a name/);
  });

  test("a mask of another size than its image is refused", () => {
    const { image } = randomPair(4, 4, 1, 0);
    const mask = randomPair(4, 5, 1, 0).mask;
    expect(() => pipeline([], { ignoreIndex: 255 })({ image, mask }, new Random(1))).toThrow(
      /mask is 4x5; expected the image's size, 4x4/,
    );
  });
});

describe("presets", () => {
  const size = { height: 6, width: 8 };

  test("training brings any image to the size, evaluation is resize and normalise", () => {
    const list = trainTransforms({ size, ...make.imagenetStatistics });
    for (const [height, width] of [
      [3, 5],
      [20, 31],
      [6, 8],
    ] as const) {
      const { image } = pipeline(list, { ignoreIndex: 255 })(randomPair(height, width, 3, 0), new Random(height));
      expect([image.height, image.width]).toEqual([6, 8]);
    }
    expect(make.evalTransforms({ size, mean: [1], std: [2] })).toEqual([
      { name: "resize", height: 6, width: 8 },
      { name: "normalize", mean: [1], std: [2] },
    ]);
  });

  test("the strong view changes pixels of any channel count where they are", () => {
    const strong = (channels: number) =>
      make.strongTransforms({ mean: new Array<number>(channels).fill(90), std: new Array<number>(channels).fill(50) });
    expect(strong(3).map(({ name }) => name)).toEqual(["colorJitter", "grayscale", "blur", "normalize"]);
    expect(strong(4).map(({ name }) => name)).toEqual(["colorJitter", "blur", "normalize", "noise"]);
    for (const channels of [1, 2, 3, 13])
      for (const type of [0, 1, 3]) {
        const pair = randomPair(9, 7, channels, type);
        const { image, mask } = pipeline(strong(channels), { ignoreIndex: 255 })(pair, new Random(type));
        expect(mask).toEqual(pair.mask);
        expect([image.height, image.width, image.channels]).toEqual([9, 7, channels]);
        expect(image.data.every(Number.isFinite)).toBe(true);
        const plain = pipeline(strong(channels).slice(-2, -1), { ignoreIndex: 255 })(pair, new Random(type));
        expect(image.data).not.toEqual(plain.image.data);
      }
    // One mean for all channels does not tell how many there are.
    expect(make.strongTransforms({ mean: [1], std: [2], channels: 3 }).map(({ name }) => name)).toContain("grayscale");
  });

  test("what is switched off is not in the list", () => {
    const list = trainTransforms({ size, mean: [0], std: [1], scale: [1, 1], flip: "none", color: 0, resize: false });
    expect(list.map(({ name }) => name)).toEqual(["randomCrop", "normalize"]);
  });
});
