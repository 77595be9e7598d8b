import { expect, it } from "vitest";
import { boxesOf, connectedComponents, withoutSmall } from "./components.js";
import { squaredDistances } from "./distance.js";
import { Random } from "./random.js";

const map = [
  [1, 1, 0, 2],
  [0, 1, 0, 2],
  [1, 0, 2, 1],
].flat();

it("components are areas of one label that touch along edges, numbered in reading order", () => {
  const components = connectedComponents(map, 3, 4, (label) => label > 0);
  expect([...components.numbers]).toEqual([1, 1, 0, 2, 0, 1, 0, 2, 3, 0, 4, 5]);
  expect(components.count).toBe(5);
  expect(boxesOf(components, 4).slice(0, 2)).toEqual([
    { top: 0, left: 0, bottom: 2, right: 2 },
    { top: 0, left: 3, bottom: 2, right: 4 },
  ]);
});

it("small components go, and the others are numbered anew", () => {
  const { numbers, count } = withoutSmall(
    connectedComponents(map, 3, 4, (label) => label > 0),
    2,
  );
  expect([...numbers]).toEqual([1, 1, 0, 2, 0, 1, 0, 2, 0, 0, 0, 0]);
  expect(count).toBe(2);
});

it("a component as large as the map is found without running out of stack", () => {
  const { count, numbers } = connectedComponents(new Uint8Array(250_000), 500, 500, () => true);
  expect(count).toBe(1);
  expect(numbers.every((number) => number === 1)).toBe(true);
});

it("distances are those of a search over all pixels, infinite where there is no object", () => {
  const [height, width] = [13, 17];
  const random = new Random(3, "distances");
  for (const share of [0.01, 0.1, 0.6]) {
    const inside = Uint8Array.from({ length: height * width }, () => Number(random.chance(share)));
    const expected = Array.from(inside, (_, i) => {
      let least = Infinity;
      inside.forEach((value, j) => {
        if (value)
          least = Math.min(
            least,
            (Math.floor(i / width) - Math.floor(j / width)) ** 2 + ((i % width) - (j % width)) ** 2,
          );
      });
      return least;
    });
    const found = squaredDistances(height, width, (row, column) => inside[row * width + column] === 1);
    expect([...found]).toEqual(expected);
  }
  expect(squaredDistances(2, 2, () => false).every((d) => d === Infinity)).toBe(true);
});
