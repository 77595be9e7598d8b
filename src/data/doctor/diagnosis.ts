/** @file Diagnosis: the one reason why mask values do not fit the classes. Several checks report by it, and mending follows it. */
import type { ClassTable } from "../classes.js";
import { type LabelledRecord, labelled, type Survey } from "./survey.js";

/**
 * Why values do not fit.
 *
 * none: they fit. lossy: JPEG blurred them. coloured: colour masks in a set of values. binary-void: 0/255 with 255 declared
 * void, so that no foreground is left. mixed-binary: some masks hold 0/255, others 0/1. off-by-one: classes begin at 1.
 * zero-is-void: 0 is unlabelled and classes begin at 1. stretched: classes stand as greys evenly spread to 255.
 * unknown: none of these.
 */
export type Diagnosis =
  | "none"
  | "lossy"
  | "coloured"
  | "binary-void"
  | "mixed-binary"
  | "off-by-one"
  | "zero-is-void"
  | "stretched"
  | "unknown";

/** Distinct values of all one-channel masks, ascending, with pixels. */
export function seenValues(records: readonly LabelledRecord[]): Map<number, number> {
  const seen = new Map<number, number>();
  for (const { mask } of records)
    if (mask.summary.kind === "values")
      for (const [value, n] of mask.summary.counts) seen.set(value, (seen.get(value) ?? 0) + n);
  return new Map([...seen].sort(([a], [b]) => a - b));
}

/** True when a mask holds 0 and 255 and nothing else. */
export function isBinaryMask({ mask: { summary } }: LabelledRecord): boolean {
  const values = summary.counts.map(([value]) => value);
  return summary.kind === "values" && values.includes(255) && values.every((value) => value === 0 || value === 255);
}

/** True for values in equal steps (within a rounding of 1) from 0 up. */
function isEvenlySpread(values: readonly number[]): boolean {
  const step = (values[values.length - 1] ?? 0) / (values.length - 1);
  return step > 1 && values.every((value, i) => Math.abs(value - i * step) <= 1);
}

const holds = (record: LabelledRecord, value: number) => record.mask.summary.counts.some(([seen]) => seen === value);

/** True when the class table numbers its classes 0, 1, 2, ..., so that a shift by one is thinkable. */
const isPlain = ({ values }: ClassTable) => values.every((value, i) => value === i);

function diagnoseValues(survey: Survey, records: readonly LabelledRecord[]): Diagnosis {
  const { classes } = survey.dataset;
  const { numClasses } = classes;
  const declared = classes.voids.map(({ value }) => value);
  const all = [...seenValues(records).keys()].filter((value) => value >= 0);
  const real = all.filter((value) => value !== 255 && !declared.includes(value));
  const misfit = records.some(({ mask }) => mask.outOfRange > 0);
  if (!isPlain(classes)) return misfit ? "unknown" : "none";
  if (numClasses === 2 && all.includes(255)) {
    if (real.every((value) => value === 0)) return "binary-void";
    const withOne = records.filter((record) => holds(record, 1));
    const binary = records.filter(isBinaryMask);
    // Masks with both 1 and 255 use 255 for void; then those without a 1 may do so too.
    if (
      !misfit &&
      !declared.includes(255) &&
      binary.length > 0 &&
      withOne.length > 0 &&
      !withOne.some((record) => holds(record, 255))
    )
      return "mixed-binary";
  }
  if (!misfit) return "none";
  const largest = real[real.length - 1];
  if (largest === numClasses) return real.includes(0) ? "zero-is-void" : "off-by-one";
  if (all.filter((value) => !declared.includes(value)).length === numClasses && isEvenlySpread(all)) return "stretched";
  return "unknown";
}

/** The diagnosis of a survey. */
export function diagnose(survey: Survey): Diagnosis {
  const records = labelled(survey);
  const { encoding } = survey.dataset;
  if (records.some(({ mask }) => mask.summary.lossy && mask.outOfRange > 0)) return "lossy";
  if (encoding === "index") {
    if (records.some(({ mask }) => mask.summary.kind === "colours")) return "coloured";
    return diagnoseValues(survey, records);
  }
  if (!records.some(({ mask }) => mask.outOfRange > 0)) return "none";
  const values = [...seenValues(records).keys()];
  return encoding === "binary" && values.every((value) => [0, 1, 255].includes(value)) ? "mixed-binary" : "unknown";
}
