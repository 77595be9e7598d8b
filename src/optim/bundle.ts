/**
 * @file Bundles: small tensors laid end to end, so that what is done to each element alike takes one operator for all of them. A
 * network has hundreds of them (BatchNorm's scales and shifts), each of which is done before its operator has begun.
 */
import type { Shape } from "../graph/dim.js";
import { Concat, Reshape, Split } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";

/** Elements up to which a tensor is small: 64 kB, which is copied faster than an operator starts a second thread. */
const smallest = 2 ** 14;

const sizeOf = (shape: Shape): number => shape.reduce<number>((size, dim) => size * Number(dim), 1);

/**
 * The items in bundles: those of small tensors by their key, in the order given; all others alone.
 *
 * @param describe the tensor's shape and the key of what is done to it
 */
export function bundlesOf<Item>(
  items: readonly Item[],
  describe: (item: Item) => { readonly shape: Shape; readonly key: string },
): Item[][] {
  const alone: Item[][] = [];
  const bundles = new Map<string, Item[]>();
  for (const item of items) {
    const { shape, key } = describe(item);
    if (sizeOf(shape) > smallest) alone.push([item]);
    else bundles.set(key, [...(bundles.get(key) ?? []), item]);
  }
  return [...bundles.values(), ...alone];
}

/** Tensors of any shapes end to end as one [n]; a single one as it is. */
export const join = (tensors: readonly Value[]): Value =>
  tensors.length === 1
    ? tensors[0]!
    : Concat(
        tensors.map((tensor) => Reshape(tensor, [sizeOf(tensor.shape)])),
        0,
      );

/** What `join` laid together, as tensors of these shapes again. */
export const separate = (joined: Value, shapes: readonly Shape[]): readonly Value[] =>
  shapes.length === 1 ? [joined] : Split(joined, 0, shapes.map(sizeOf)).map((piece, i) => Reshape(piece, shapes[i]!));
