/** @file What the metric fixtures have in common: base64 maps, tolerances, fields that nobody compared. */
import type { LabelMap } from "../../src/metrics/index.js";
import { hash32, hashText } from "../../src/util/random.js";
import type { Check, Tolerance } from "../case.js";

/** The stored values have 12 significant digits; atol is for values that are zero but for rounding. */
export const exactTolerance: Tolerance = { rtol: 1e-9, atol: 1e-12 };

/** The reference computed in float32: 1 - x alone is off by up to 6e-8. */
export const float32Tolerance: Tolerance = { rtol: 1e-6, atol: 1.2e-7 };

/** Bytes of a base64 text. */
export function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "base64"));
}

/** Little-endian 16-bit integers of a base64 text. */
export function words(text: string): Uint16Array {
  const raw = Buffer.from(text, "base64");
  return Uint16Array.from({ length: raw.length / 2 }, (_, i) => raw.readUInt16LE(2 * i));
}

/** The hash of the fixtures' README: number `index` of the stream `name`, in [0, 1). */
export function uniform(name: string, index: number): number {
  return hash32((hashText(name) + Math.imul(index, 0x9e3779b9)) >>> 0) / 2 ** 32;
}

/** Size and label maps of one image, as all fixtures store them. */
export interface StoredPair {
  height: number;
  width: number;
  gt: string;
  pred: string;
}

export function pairMaps({ height, width, gt, pred }: StoredPair): { truth: LabelMap; prediction: LabelMap } {
  return { truth: { data: bytes(gt), height, width }, prediction: { data: bytes(pred), height, width } };
}

/** Notes the fields of a case that no comparison covers, so that a new field cannot pass unseen. */
export function noteUncompared(check: Check, stored: object, known: readonly string[]): void {
  const left = Object.keys(stored).filter((key) => !known.includes(key));
  if (left.length > 0) check.note(`not compared: ${left.join(", ")}`);
}
