/** @file Means over classes and images, with the rule for those that have no value. */

/**
 * What a class without a value (0/0, NaN) does to a mean over classes.
 *
 * `skip`: it is left out (Cityscapes, chainercv). `zero`, `one`: it counts as 0 or 1. `poison`: the mean is NaN (the VOC script).
 * `present-in-truth`: only classes with true pixels are averaged, so a class that is merely predicted is left out as well.
 */
export type AbsentRule = "skip" | "zero" | "one" | "poison" | "present-in-truth";

/** Mean of the values that are not NaN; NaN when there is none. */
export function nanMean(values: ArrayLike<number>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}

/**
 * Mean of one value per class.
 *
 * @param values one per class, NaN where undefined.
 * @param truthCounts true pixels of each class; only `present-in-truth` reads them.
 */
export function meanOverClasses(values: ArrayLike<number>, rule: AbsentRule, truthCounts: ArrayLike<number>): number {
  const all = Array.from(values);
  switch (rule) {
    case "skip":
      return nanMean(all);
    case "zero":
    case "one":
      return nanMean(all.map((value) => (Number.isNaN(value) ? Number(rule === "one") : value)));
    case "poison":
      return all.reduce((sum, value) => sum + value, 0) / all.length;
    case "present-in-truth":
      return nanMean(all.filter((_, index) => truthCounts[index]! > 0));
  }
}
