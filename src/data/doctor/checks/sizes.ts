/** @file Masks of another size than their image, and how sizes vary. */
import { count, type Finding } from "../finding.js";
import { sizeRelation } from "../size-relation.js";
import { labelled, maskFile, type Survey } from "../survey.js";

const texts: Readonly<Record<"turned" | "scaled" | "other", { readonly why: string; readonly fix: string }>> = {
  turned: {
    why: "lie on their side: the images carry a rotation tag that viewers apply",
    fix: "The image is written upright, as its tag says.",
  },
  scaled: {
    why: "have the aspect but not the size of their image",
    fix: "The mask is resized to its image, nearest pixel.",
  },
  other: {
    why: "have neither the size nor the aspect of their image, so one of the two is the wrong file or was cropped",
    fix: "The pair is left out.",
  },
};

/** Errors by kind of mismatch, and a note when images differ in size. */
export function sizes(survey: Survey): Finding[] {
  const findings: Finding[] = [];
  for (const [relation, { why, fix }] of Object.entries(texts)) {
    const wrong = labelled(survey).filter((record) => sizeRelation(record) === relation);
    const first = wrong[0];
    if (!first) continue;
    const { height, width } = first.mask.summary;
    const example = `${height}x${width} for an image of ${first.image!.height}x${first.image!.width}`;
    findings.push({
      level: "error",
      check: "sizes",
      message: `${count(wrong.length, "mask")} ${why} (${example}).`,
      files: wrong.map(maskFile),
      fix,
    });
  }
  const seen = survey.records.flatMap(({ image }) => (image ? [image] : []));
  const different = new Set(seen.map(({ height, width }) => `${height}x${width}`));
  if (different.size > 1) {
    const heights = seen.map(({ height }) => height);
    const widths = seen.map(({ width }) => width);
    const range = (values: number[]) => {
      const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
      return low === high ? `${low}` : `${low} to ${high}`;
    };
    const message = `Images have ${different.size} sizes: heights ${range(heights)}, widths ${range(widths)}. Training takes crops of one size.`;
    findings.push({ level: "note", check: "sizes", message, files: [] });
  }
  return findings;
}
