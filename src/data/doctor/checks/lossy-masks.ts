/** @file Masks in lossy formats: JPEG blurs class values into values that mean nothing. */
import { diagnose } from "../diagnosis.js";
import { count, type Finding, percent } from "../finding.js";
import { labelled, maskFile, type Survey } from "../survey.js";

/** An error when values were blurred, a warning when they happen to be intact. */
export function lossyMasks(survey: Survey): Finding[] {
  const lossy = labelled(survey).filter(({ mask }) => mask.summary.lossy);
  if (lossy.length === 0) return [];
  const files = lossy.map(maskFile);
  const wrong = lossy.reduce((sum, { mask }) => sum + mask.outOfRange, 0);
  const all = lossy.reduce((sum, { mask }) => sum + mask.summary.height * mask.summary.width, 0);
  const base = `${count(files.length, "mask")} in a lossy format (JPEG, WebP or AVIF)`;
  if (diagnose(survey) !== "lossy")
    return [
      {
        level: "warning",
        check: "lossy-masks",
        message: `${base}; the values are intact, but save masks as PNG.`,
        files,
      },
    ];
  // Class numbers lie closer together than JPEG's errors; only colours and 0/255 can be told apart again.
  const isFar = survey.dataset.encoding !== "index";
  const message = `${base} hold blurred values: ${percent(wrong / all)} of their pixels are no class. Export the masks as PNG again.`;
  const fix = "Each pixel takes the nearest known value or colour.";
  return [{ level: "error", check: "lossy-masks", message, files, ...(isFar ? { fix } : {}) }];
}
