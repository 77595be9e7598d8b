/** @file Frames of one recording in several splits, as far as file names tell: neighbouring frames are nearly duplicates. */
import { type Finding, some } from "../finding.js";
import type { Survey } from "../survey.js";

/** A name that ends in a frame number of four digits or more, such as `0016E5_f08065`; the part before it names the recording. */
const frame = /^(.*?[a-z].*?)(?:[_-][a-z]?)?\d{4,}$/i;

/** A note naming the recordings that several splits share. */
export function recordings({ dataset }: Survey): Finding[] {
  const splitsOf = new Map<string, Set<string>>();
  // Frames without labels may come from any recording that is trained with.
  const scored = Object.entries(dataset.splits).filter(([split]) => split !== "unlabelled" && split !== "hidden");
  for (const [split, samples] of scored)
    for (const { id } of samples) {
      const recording = frame.exec(id.slice(id.lastIndexOf("/") + 1))?.[1];
      if (recording) splitsOf.set(recording, (splitsOf.get(recording) ?? new Set()).add(split));
    }
  const shared = [...splitsOf].filter(([, splits]) => splits.size > 1);
  // One prefix, or the same few everywhere, is a naming habit; recordings are told apart by several.
  const everywhere = scored.length;
  if (splitsOf.size < 2 || shared.length === 0 || [...splitsOf.values()].every(({ size }) => size === everywhere))
    return [];
  const examples = shared.map(([recording, splits]) => `"${recording}" (${[...splits].join(", ")})`);
  const message = `Names suggest that splits share recordings: ${some(examples, 4)}. If their numbers count frames, scores will be too good; keep each recording in one split.`;
  return [{ level: "note", check: "recordings", message, files: [] }];
}
