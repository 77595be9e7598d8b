/** @file Mask values that are no class, where nothing better explains them. */
import { diagnose, seenValues } from "../diagnosis.js";
import { count, type Finding, some } from "../finding.js";
import { labelled, maskFile, type Survey } from "../survey.js";

/** The error for values outside the classes, with the values that were seen and those that are expected. */
export function outOfRange(survey: Survey): Finding[] {
  const { classes, encoding } = survey.dataset;
  if (diagnose(survey) !== "unknown" || encoding === "colours") return [];
  const wrong = labelled(survey).filter(({ mask }) => mask.outOfRange > 0);
  const pixels = wrong.reduce((sum, { mask }) => sum + mask.outOfRange, 0);
  const known = encoding === "binary" ? [0, 255] : [...classes.values, ...classes.voids.map(({ value }) => value), 255];
  const odd = [...seenValues(wrong).keys()].filter((value) => value >= 0 && !known.includes(value));
  const message = `${count(pixels, "pixel")} in ${count(wrong.length, "mask")} hold values that are no class: ${some(odd)}; expected ${some(known, 24)}. Correct the masks or classes.json.`;
  return [
    { level: "error", check: "out-of-range", message, files: wrong.map(maskFile), fix: "These pixels become void." },
  ];
}
