/** @file How much of the masks is void. */
import { type Finding, percent } from "../finding.js";
import { labelled, type Survey } from "../survey.js";

/** A warning when most of the pixels are void, a note when many are. */
export function voidShare(survey: Survey): Finding[] {
  const records = labelled(survey);
  const all = records.reduce((sum, { mask }) => sum + mask.summary.height * mask.summary.width, 0);
  const share = records.reduce((sum, { mask }) => sum + mask.ignored, 0) / Math.max(1, all);
  if (share < 0.2) return [];
  const message = `${percent(share)} of the mask pixels are void and take no part in losses and scores.`;
  return [{ level: share > 0.5 ? "warning" : "note", check: "void-share", message, files: [] }];
}
