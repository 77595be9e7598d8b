import { describe, expect, it } from "vitest";
import { shared } from "../../test/evaluate.js";
import { Random } from "../util/random.js";
import { openDataset } from "./dataset.js";
import { loadMask } from "./load.js";
import { weightMap } from "./weight-map.js";

const options = { w0: 10, sigma: 5 };

const membrane = shared("data/membrane");
it.skipIf(!membrane.present)("of the first membrane mask's upper left corner equals that of SciPy 1.10", async () => {
  // lab, n = ndimage.label(m == 0); d = np.sort([ndimage.distance_transform_edt(lab != i) for i in range(1, n + 1)], axis=0)
  // w = 10 * np.exp(-((d[0] + d[1]) ** 2) / 50) * (lab == 0), for m the upper left 160x160 pixels
  const { splits } = await openDataset(membrane.path);
  const { mask } = (await loadMask(splits.train![0]!))!;
  const side = 160;
  const data = Uint8Array.from({ length: side * side }, (_, i) => {
    const [row, column] = [Math.floor(i / side), i % side];
    return mask.data[row * mask.width + column]!;
  });
  const weights = [...weightMap({ data, height: side, width: side }, { ...options, objects: [0] })];
  const found = [
    weights.reduce((sum, weight) => sum + weight, 0),
    Math.max(...weights),
    weights.reduce((sum, weight, i) => sum + weight * i, 0),
  ];
  expect(found).toBeAllclose([25829.19025416015, 8.899690941839392, 268675610.43904954], { rtol: 1e-6 });
});

describe("the weight map", () => {
  it("of two objects three pixels apart is 10 exp(-16/50) between them, and falls with the sum of both distances", () => {
    const mask = { data: Uint8Array.of(1, 0, 0, 0, 1, 0), height: 1, width: 6 };
    // Distances to the two: 1+3, 2+2, 3+1 in the gap and 1+5 behind the second.
    const [gap, behind] = [10 * Math.exp(-16 / 50), 10 * Math.exp(-36 / 50)];
    expect(weightMap(mask, options)).toBeAllclose([0, gap, gap, gap, 0, behind]);
  });

  it("of one object is 0, and so it is inside objects", () => {
    expect(weightMap({ data: Uint8Array.of(1, 1, 0, 0), height: 2, width: 2 }, options)).toEqual(new Float32Array(4));
  });

  it("takes the classes that are named for objects; ignored pixels are none", () => {
    const data = Uint8Array.of(0, 1, 0, 255, 0);
    const gap = 10 * Math.exp(-4 / 50);
    expect(weightMap({ data, height: 1, width: 5 }, { ...options, objects: [0] })).toBeAllclose([0, gap, 0, gap, 0]);
    expect(weightMap({ data, height: 1, width: 5 }, options)).toEqual(new Float32Array(5));
  });

  it("is that of all distances to all objects, to 4e-5 for w0 = 10", () => {
    const [height, width] = [40, 50];
    const random = new Random(5, "objects");
    const data = Uint8Array.from({ length: height * width }, () => Number(random.chance(0.02)));
    // Pixels that stand alone; those that touch another are taken away.
    for (let i = 0; i < data.length; i++) if (data[i - 1] || data[i - width]) data[i] = 0;
    const objects = [...data.keys()].filter((i) => data[i]);
    const expected = Array.from(data, (value, i) => {
      if (value) return 0;
      const distances = objects
        .map((j) => Math.hypot(Math.floor(i / width) - Math.floor(j / width), (i % width) - (j % width)))
        .sort((a, b) => a - b);
      return 10 * Math.exp(-((distances[0]! + distances[1]!) ** 2) / (2 * 2 ** 2));
    });
    const found = weightMap({ data, height, width }, { w0: 10, sigma: 2 });
    expect(found).toBeAllclose(expected, { rtol: 1e-6, atol: 4e-5 });
  });
});
