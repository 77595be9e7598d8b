/** @file Whether there is something to train on and something to judge by. */
import { count, type Finding } from "../finding.js";
import type { Survey } from "../survey.js";

/** Missing or tiny train and val splits. */
export function splits({ dataset }: Survey): Finding[] {
  const labelledIn = (split: string) =>
    (dataset.splits[split] ?? []).filter(({ decode }) => decode.kind !== "none").length;
  const [train, val] = [labelledIn("train"), labelledIn("val")];
  const found = (level: Finding["level"], message: string): Finding => ({ level, check: "splits", message, files: [] });
  if (train === 0) return [found("error", "There is no labelled training image.")];
  if (val === 0)
    return [
      found(
        "warning",
        `There is nothing to validate on: ${count(train, "training image")}, no labelled image in val. Give a share for validation.`,
      ),
    ];
  if (val < 5)
    return [found("note", `Only ${count(val, "image")} to validate on: scores will jump. Folds use every image once.`)];
  return [];
}
