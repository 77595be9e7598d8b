/** @file Numbers as people read them in a report. */

/** Whole numbers with commas: `1234567` is `1,234,567`. */
export const countText = (count: number): string => count.toLocaleString("en-US", { maximumFractionDigits: 0 });

/** A share of 1 in percent with one decimal, without the sign: `0.6324` is `63.2`; a dash where undefined. */
export const percentText = (share: number | null): string =>
  share === null || !Number.isFinite(share) ? "–" : (100 * share).toFixed(1);

/** Four significant digits, in scientific notation below 0.001 and from a million on: `0.00025` is `2.5e-4`. */
export function valueText(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size < 1e-3 || size >= 1e6) return String(Number(value.toPrecision(4)).toExponential()).replace("e+", "e");
  if (Number.isInteger(value)) return countText(value);
  return String(Number(value.toPrecision(4)));
}
