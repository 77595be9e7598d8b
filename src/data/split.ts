/** @file Seeded splits and K folds: the same seed and ids give the same split on every machine, in whatever order files are listed. */
import { UsageError } from "../errors/index.js";
import { Random } from "../util/random.js";

/** What a split needs to know of an item. */
export interface SplitItem {
  readonly id: string;
  /** Shares are kept within each group, such as the class folder of an image. */
  readonly group?: string;
}

function shuffled<T extends SplitItem>(items: readonly T[], seed: number, key: string): T[] {
  return items
    .map((item) => ({ item, order: new Random(seed, key, item.id).uniform() }))
    .sort((a, b) => a.order - b.order || (a.item.id < b.item.id ? -1 : 1))
    .map(({ item }) => item);
}

/** One group after the other by name, each shuffled. */
function ordered<T extends SplitItem>(items: readonly T[], seed: number, key: string): T[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = item.group ?? "";
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return [...groups.keys()].sort().flatMap((name) => shuffled(groups.get(name)!, seed, key));
}

/** Items in their first order, by split. */
type Splits<T, Name extends string> = Record<Name, T[]>;

function divide<T extends SplitItem, Name extends string>(
  items: readonly T[],
  nameOf: ReadonlyMap<T, Name>,
  names: readonly Name[],
) {
  return Object.fromEntries(names.map((name) => [name, items.filter((item) => nameOf.get(item) === name)])) as Splits<
    T,
    Name
  >;
}

/**
 * Splits items by fractions; each group gives its share, rounded over all groups together.
 *
 * A fraction above 0 takes at least one item when there are two or more; train never becomes empty.
 *
 * @param validation share of `val`, 0..1. @param test share of `test`, 0..1.
 * @throws UsageError when the shares leave nothing to train on.
 */
export function splitBySeed<T extends SplitItem>(
  items: readonly T[],
  { seed, validation, test }: { seed: number; validation: number; test: number },
): Splits<T, "train" | "val" | "test"> {
  if (!(validation >= 0 && test >= 0 && validation + test < 1))
    throw new UsageError({
      expected: "shares of validation and test images that are 0 or more and together less than 1",
      found: `validation ${validation}, test ${test}`,
    });
  const nameOf = new Map<T, "train" | "val" | "test">();
  // Groups one after the other, each shuffled; then every item whose position crosses a multiple of 1 in the running share
  // is taken. So each group gives its share up to rounding, and the total is right.
  const order = ordered(items, seed, "split");
  const start = new Random(seed, "split start").uniform();
  const crosses = (share: number, i: number) => Math.floor(start + share * (i + 1)) > Math.floor(start + share * i);
  order.forEach((item, i) => {
    nameOf.set(item, crosses(validation, i) ? "val" : "train");
  });
  const left = order.filter((item) => nameOf.get(item) === "train");
  left.forEach((item, i) => {
    if (crosses(test / (1 - validation), i)) nameOf.set(item, "test");
  });
  const has = (name: string) => [...nameOf.values()].some((other) => other === name);
  const wanted = [validation > 0 ? ("val" as const) : undefined, test > 0 ? ("test" as const) : undefined];
  for (const name of wanted)
    if (name && !has(name)) {
      const spare = order.filter((item) => nameOf.get(item) === "train");
      if (spare.length > 1) nameOf.set(spare[0]!, name);
    }
  return divide(items, nameOf, ["train", "val", "test"]);
}

/**
 * Fold `index` of `count` (1 to count): every item is in `val` of exactly one fold, and folds differ by at most one item.
 *
 * @throws UsageError when the fold does not exist or there are fewer items than folds.
 */
export function splitByFold<T extends SplitItem>(
  items: readonly T[],
  { seed, index, count }: { seed: number; index: number; count: number },
): Splits<T, "train" | "val"> {
  if (!(Number.isInteger(count) && count >= 2 && Number.isInteger(index) && index >= 1 && index <= count))
    throw new UsageError({
      expected: "a fold from 1 to the number of folds, 2 or more",
      found: `fold ${index} of ${count}`,
    });
  if (items.length < count)
    throw new UsageError({
      expected: `at least ${count} images for ${count} folds`,
      found: `${items.length}`,
      next: "Use fewer folds.",
    });
  const order = ordered(items, seed, "fold");
  const nameOf = new Map(
    order.map((item, i) => [item, i % count === index - 1 ? ("val" as const) : ("train" as const)]),
  );
  return divide(items, nameOf, ["train", "val"]);
}
