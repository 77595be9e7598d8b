/** @file Classes numbered from 1 where the class table counts from 0, and classes stretched over the greys. */
import { diagnose, seenValues } from "../diagnosis.js";
import { type Finding, some } from "../finding.js";
import { labelled, maskFile, type Survey } from "../survey.js";

/** The error for values that are classes in another numbering. */
export function offByOne(survey: Survey): Finding[] {
  const { numClasses, names } = survey.dataset.classes;
  const diagnosis = diagnose(survey);
  const wrong = labelled(survey).filter(({ mask }) => mask.outOfRange > 0);
  const seen = some([...seenValues(labelled(survey)).keys()]);
  const found = (message: string, fix: string): Finding[] => [
    { level: "error", check: "off-by-one", message, files: wrong.map(maskFile), fix },
  ];
  if (diagnosis === "off-by-one")
    return found(
      `Masks count classes from 1 (${seen}), the ${numClasses} classes are numbered from 0. Subtract 1, or give each class its "index" in classes.json.`,
      "1 is subtracted from every value.",
    );
  if (diagnosis === "zero-is-void")
    return found(
      `Masks hold 0 to ${numClasses} for ${numClasses} classes. Either 0 is unlabelled and "${names[0]}" is 1, or classes.json lacks a class.`,
      `0 becomes void and 1 is subtracted from the rest, so that 1 is "${names[0]}".`,
    );
  if (diagnosis === "stretched")
    return found(
      `Masks hold ${seen}: ${numClasses} classes stretched over the greys, as when masks are saved to be looked at.`,
      "The values are numbered 0, 1, 2, ... in order.",
    );
  return [];
}
