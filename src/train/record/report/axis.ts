/** @file Axes of a chart: which range they cover, where their ticks stand, and where a value falls. */
import { valueText } from "./number-text.js";

export interface Tick {
  readonly value: number;
  readonly text: string;
}

export interface Axis {
  readonly ticks: readonly Tick[];
  /** Place of a value, 0 at the low end and 1 at the high end; NaN for what the axis cannot show. */
  place(value: number): number;
}

/** Ticks at multiples of 1, 2 or 5 times a power of ten, about `count` of them, the outermost at or inside the range. */
export function linearTicks(low: number, high: number, count: number): Tick[] {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw * 0.999)!;
  const ticks: Tick[] = [];
  // Multiples by index, as repeated addition drifts: 0.1 + 0.2 is not 0.3.
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
    const value = Number((i * step).toPrecision(12));
    ticks.push({ value, text: valueText(value) });
  }
  return ticks;
}

/**
 * A linear axis that covers all values; from 0 when they come near it.
 *
 * @param options.tight ends at the outermost values instead of the next ticks
 */
export function linearAxis(values: readonly number[], count: number, { tight = false } = {}): Axis {
  let [low, high] = extent(values);
  if (low > 0 && low < high / (tight ? 10 : 2)) low = 0;
  if (low === high) [low, high] = [low - Math.abs(low || 1) / 2, high + Math.abs(high || 1) / 2];
  if (!tight) {
    const ticks = linearTicks(low, high, count);
    const step = ticks.length > 1 ? ticks[1]!.value - ticks[0]!.value : high - low;
    low = Math.floor(low / step + 1e-9) * step;
    high = Math.ceil(high / step - 1e-9) * step;
  }
  return { ticks: linearTicks(low, high, count), place: (value) => (value - low) / (high - low) };
}

/** A logarithmic axis (base 10) that covers all positive values. */
export function logAxis(values: readonly number[]): Axis {
  const [low, high] = extent(values.filter((value) => value > 0).map(Math.log10));
  const bottom = Math.floor(low + 1e-9);
  const top = Math.max(bottom + 1, Math.ceil(high - 1e-9));
  const every = Math.ceil((top - bottom) / 6);
  const ticks: Tick[] = [];
  for (let power = bottom; power <= top; power += every) {
    // Parsed, because 10 ** -4 is 0.00009999999999999999 in some engines.
    const value = Number(`1e${power}`);
    ticks.push({ value, text: valueText(value) });
  }
  return {
    ticks,
    place: (value) => (value > 0 ? (Math.log10(value) - bottom) / (top - bottom) : Number.NaN),
  };
}

function extent(values: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low > high ? [0, 1] : [low, high];
}
