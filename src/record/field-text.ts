/** @file Fields of runs as people read them. */
import type { FieldValue } from "./plan-fields.js";

const scores = /^(val|test)$|(^|\.)(mIoU|PA)$|\.IoU\./;

/** A value in a table: scores with four decimals, minutes with one, hashes by their first digits, times to the minute. */
export function fieldText(field: string, value: FieldValue): string {
  if (typeof value === "number") {
    if (scores.test(field)) return value.toFixed(4);
    if (field === "minutes") return value.toFixed(1);
    return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
  }
  if (field === "commit" || field === "dataHash") {
    const text = String(value);
    return text.slice(0, 8) + (text.endsWith("+") ? "+" : "");
  }
  if (field === "started") return String(value).slice(0, 16).replace("T", " ");
  return String(value);
}
