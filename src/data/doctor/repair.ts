/** @file Repair: the rule by which a mask that does not fit becomes class indices. Follows the diagnosis. */
import { unpackColour } from "../../raster/palette.js";
import type { RawMask } from "../../raster/read-mask.js";
import type { ClassTable } from "../classes.js";
import { type DecodedMask, decodeMask } from "../decode-mask.js";
import { decodingOf } from "../encoding.js";
import { shownColour, summarise } from "../mask-summary.js";
import type { ColourDecoding, ValueDecoding } from "../sample.js";
import { type Diagnosis, diagnose, isBinaryMask, seenValues } from "./diagnosis.js";
import { type LabelledRecord, labelled, type Survey } from "./survey.js";

/** A mended mask, and what was done to it. */
export interface Repaired extends DecodedMask {
  /** Pixels that took the nearest known value or colour. */
  readonly snapped: number;
}

type Decoding = ValueDecoding | ColourDecoding;

/** The table of a value rule with some rows replaced. */
function withRows(decoding: ValueDecoding, rows: readonly (readonly [number, number])[]): ValueDecoding {
  return { ...decoding, table: [...new Map([...decoding.table, ...rows])] };
}

/** Every class value moved up by one; 0 becomes void. */
function shifted({ numClasses, ignoreIndex }: ClassTable): readonly (readonly [number, number])[] {
  return [[0, ignoreIndex], ...Array.from({ length: numClasses }, (_, index) => [index + 1, index] as const)];
}

/** Value rules by diagnosis; the rest need no other rule than the data set's own. */
function mendedValues(
  diagnosis: Diagnosis,
  own: ValueDecoding,
  classes: ClassTable,
  seen: readonly number[],
): ValueDecoding {
  if (diagnosis === "off-by-one" || diagnosis === "zero-is-void") return withRows(own, shifted(classes));
  if (diagnosis === "stretched")
    return withRows(
      own,
      seen.map((value, index) => [value, index]),
    );
  if (diagnosis === "binary-void")
    return withRows(own, [
      [0, 0],
      [255, 1],
    ]);
  return own;
}

/** What a pixel is compared by when it snaps: its value, or its red, green and blue. */
function snapPoints(decoding: Decoding): readonly (readonly number[])[] {
  // 65535 and other custom voids of other bit depths are no neighbours of 8-bit values.
  if (decoding.kind === "values") return decoding.table.filter(([value]) => value <= 255).map(([value]) => [value]);
  return decoding.table.map(([red, green, blue]) => [red, green, blue]);
}

/** The mask with every unknown value or colour replaced by the nearest known one (sum of squared differences). */
function snap(raw: RawMask, decoding: Decoding): { mask: RawMask; snapped: number } {
  const points = snapPoints(decoding);
  const wide = decoding.kind === "colours" && raw.channels === 1;
  const nearest = new Map<number, readonly number[]>();
  const { height, width } = raw;
  const depth = decoding.kind === "colours" ? 3 : 1;
  const data = new Uint8Array(height * width * depth);
  let snapped = 0;
  for (let i = 0; i < height * width; i++) {
    const packed = wide ? shownColour(raw.data[i]!, raw.palette) : 0;
    const pixel = wide ? unpackColour(packed) : Array.from(raw.data.subarray(i * raw.channels, (i + 1) * raw.channels));
    const from = depth === 1 ? [pixel[0]!] : pixel;
    const key = depth === 1 ? from[0]! : (from[0]! << 16) | (from[1]! << 8) | from[2]!;
    let point = nearest.get(key);
    if (!point) {
      const distance = (candidate: readonly number[]) => candidate.reduce((sum, c, k) => sum + (c - from[k]!) ** 2, 0);
      point = points.reduce((best, candidate) => (distance(candidate) < distance(best) ? candidate : best));
      nearest.set(key, point);
    }
    if (point.some((c, k) => c !== from[k])) snapped++;
    data.set(point, i * depth);
  }
  return { mask: { data, height, width, channels: depth as 1 | 3, format: "png" }, snapped };
}

/** A function that mends any mask of the surveyed set. */
export function repairer(survey: Survey): (raw: RawMask) => Repaired {
  const { classes, encoding } = survey.dataset;
  const diagnosis = diagnose(survey);
  const records = labelled(survey);
  const seen = [...seenValues(records).keys()].filter((value) => !classes.voids.some((entry) => entry.value === value));
  const own = decodingOf(encoding === "shapes" ? "index" : encoding, classes);
  const colours = decodingOf("colours", classes);
  const binary = decodingOf("binary", classes);
  const index = decodingOf("index", classes);
  const looksBinary = (raw: RawMask) => isBinaryMask({ mask: { summary: summarise(raw) } } as LabelledRecord);
  return (raw) => {
    if (diagnosis === "coloured" && raw.channels === 3) return { ...decodeMask(raw, colours), snapped: 0 };
    if (diagnosis === "mixed-binary") return { ...decodeMask(raw, looksBinary(raw) ? binary : index), snapped: 0 };
    const isBlurred = diagnosis === "lossy" && raw.format !== "png" && raw.format !== "tiff" && encoding !== "index";
    if (own.other === undefined && (isBlurred || own.kind === "colours")) {
      const { mask, snapped } = snap(raw, own);
      return { ...decodeMask(mask, own), snapped };
    }
    return {
      ...decodeMask(raw, own.kind === "values" ? mendedValues(diagnosis, own, classes, seen) : own),
      snapped: 0,
    };
  };
}
