/** @file Masks with nothing to learn from: all void, or all background. */
import { count, type Finding, percent } from "../finding.js";
import { labelled, maskFile, type Survey } from "../survey.js";

/** A warning for masks that are all void, a note for those with a first class that reads as background and nothing else. */
export function emptyMasks(survey: Survey): Finding[] {
  const records = labelled(survey);
  const findings: Finding[] = [];
  const add = (level: Finding["level"], which: typeof records, message: string) => {
    if (which.length > 0) findings.push({ level, check: "empty-masks", message, files: which.map(maskFile) });
  };
  const isVoid = records.filter(({ mask }) => mask.classPixels.every((n) => n === 0));
  add(
    "warning",
    isVoid,
    `${count(isVoid.length, "mask")} without a single labelled pixel: nothing is learned from ${isVoid.length === 1 ? "it" : "them"}.`,
  );
  const [first = ""] = survey.dataset.classes.names;
  if (survey.dataset.classes.numClasses < 2 || !/background|^bg$|^none$|^other$|^class 0$/i.test(first))
    return findings;
  const background = records.filter(
    ({ mask }) => mask.classPixels[0]! > 0 && mask.classPixels.slice(1).every((n) => n === 0),
  );
  const share = background.length / records.length;
  const advice = share > 0.5 ? " Draw crops with foreground more often." : "";
  add("note", background, `${count(background.length, "mask")} of "${first}" only (${percent(share)}).${advice}`);
  return findings;
}
