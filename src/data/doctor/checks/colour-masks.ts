/** @file Colour-coded masks: understood by the colour table, or in need of one; colours that are in no table. */
import { unpackColour } from "../../../raster/palette.js";
import { diagnose } from "../diagnosis.js";
import { count, type Finding, percent, some } from "../finding.js";
import { labelled, maskFile, type Survey } from "../survey.js";

const showColour = (packed: number) => `(${unpackColour(packed).join(", ")})`;

/** A note when colours are understood, an error for colour masks among index masks and for unknown colours. */
export function colourMasks(survey: Survey): Finding[] {
  const { dataset } = survey;
  const records = labelled(survey);
  const coloured = records.filter(({ mask }) => mask.summary.kind === "colours");
  if (diagnose(survey) === "coloured") {
    const example = coloured[0]!.mask.summary.counts.slice(0, 4).map(([colour]) => showColour(colour));
    const message = `${count(coloured.length, "mask")} hold${coloured.length === 1 ? "s" : ""} colours (${some(example)}), the others class values. Save all masks in one way.`;
    return [
      {
        level: "error",
        check: "colour-masks",
        message,
        files: coloured.map(maskFile),
        fix: "Colours of the class table become its classes.",
      },
    ];
  }
  if (dataset.encoding !== "colours") return [];
  const findings: Finding[] = [
    {
      level: "note",
      check: "colour-masks",
      message: `Masks are colour-coded; ${dataset.classes.numClasses} colours stand for classes.`,
      files: [],
    },
  ];
  const wrong = records.filter(({ mask }) => mask.outOfRange > 0 && !mask.summary.lossy);
  if (wrong.length > 0) {
    const pixels = wrong.reduce((sum, { mask }) => sum + mask.outOfRange, 0);
    const all = wrong.reduce((sum, { mask }) => sum + mask.summary.height * mask.summary.width, 0);
    const message = `${count(wrong.length, "mask")} hold${wrong.length === 1 ? "s" : ""} colours that are in no table (${percent(pixels / all)} of the pixels): soft edges from resizing, or a class that classes.json lacks.`;
    findings.push({
      level: "error",
      check: "colour-masks",
      message,
      files: wrong.map(maskFile),
      fix: "Each pixel takes the nearest known colour.",
    });
  }
  return findings;
}
