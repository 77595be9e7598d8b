/** @file Inputs, targets and the state of a network, made by the hash (sections 2 and 3 of the fixtures' README). */
import { elementCount, float32, int32, type Tensor } from "../../src/runtime/tensor.js";
import { hashed, seedOf, uniform } from "../hash.js";
import type { FixtureParameter } from "./fixture.js";

/** Value of an element from its number u in [0, 1). */
type Rule = (u: number) => number;

/** Rules by their letters; `width` is sqrt(3 / fan-in) * gain. */
const rules: Record<FixtureParameter["init"], (width: number) => Rule> = {
  w: (width) => (u) => (2 * u - 1) * width,
  n: () => (u) => 0.75 + 0.5 * u,
  b: () => (u) => 0.2 * (u - 0.5),
  m: () => (u) => 0.2 * (u - 0.5),
  v: () => (u) => 0.75 + 0.5 * u,
  p: () => (u) => 0.1 + 0.3 * u,
  c: () => () => Number.NaN,
};

/** Every tensor of a network's state under the reference's name; aliases hold the very tensor they name. */
export function fillState(parameters: readonly FixtureParameter[], gain: number): Map<string, Tensor> {
  const state = new Map<string, Tensor>();
  for (const { name, shape, init, scale = 1, alias } of parameters) {
    const known = alias === undefined ? undefined : state.get(alias);
    if (known) {
      state.set(name, known);
      continue;
    }
    const width = Math.sqrt(3 / elementCount(shape.slice(1))) * gain;
    const data = hashed(name, elementCount(shape), rules[init](width));
    state.set(name, float32(scale === 1 ? data : data.map((value) => value * scale), shape));
  }
  return state;
}

/** Network input [N, C, H, W] in [-1, 1). */
export const fillInput = ({ shape, seed }: { shape: readonly number[]; seed: string }): Tensor =>
  float32(hashed(seed, elementCount(shape)), shape);

/** Class of each pixel; every 17th pixel is 255, which the loss ignores. */
export function fillTarget({
  shape,
  seed,
  classes,
}: {
  shape: readonly number[];
  seed: string;
  classes: number;
}): Tensor {
  const base = seedOf(seed);
  const label = (i: number): number => (i % 17 === 16 ? 255 : Math.floor(uniform(base, i) * classes));
  return int32(
    Array.from({ length: elementCount(shape) }, (_, i) => label(i)),
    shape,
  );
}
