/** @file Masks of 0 and 255, the commonest trap: read as indices they give class 255, which most toolkits ignore in silence. */
import { diagnose, isBinaryMask } from "../diagnosis.js";
import { count, type Finding } from "../finding.js";
import { labelled, maskFile, type Survey } from "../survey.js";

/** A note when 0/255 is understood, an error when it is declared void or mixed with 0/1. */
export function binaryMasks(survey: Survey): Finding[] {
  const binary = labelled(survey).filter(isBinaryMask);
  const diagnosis = diagnose(survey);
  const found = (level: Finding["level"], message: string, fix?: string): Finding[] => [
    {
      level,
      check: "binary-masks",
      message,
      files: level === "note" ? [] : binary.map(maskFile),
      ...(fix ? { fix } : {}),
    },
  ];
  const [, foreground = "foreground"] = survey.dataset.classes.names;
  if (diagnosis === "binary-void")
    return found(
      "error",
      `Masks hold only 0 and 255, and 255 counts as void: no pixel of "${foreground}" is left, and its IoU would be 0. Save the masks as 0 and 1, or take the void value out of classes.json.`,
      `255 becomes 1 ("${foreground}").`,
    );
  if (diagnosis === "mixed-binary")
    return found(
      "error",
      `${count(binary.length, "mask")} hold${binary.length === 1 ? "s" : ""} 0/255, others 0/1, so the same class stands as two values. Save all in one way.`,
      `255 becomes 1 ("${foreground}") in these masks.`,
    );
  if (survey.dataset.encoding === "binary")
    return found("note", `Masks hold 0 and 255, read as background and "${foreground}".`);
  return [];
}
