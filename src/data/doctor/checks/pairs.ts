/** @file Images without masks, masks without images, names used twice, listed files that are missing, empty splits. */
import type { LayoutIssue } from "../../pairs.js";
import { count, type Finding, type FindingLevel } from "../finding.js";
import type { Survey } from "../survey.js";

interface Text {
  readonly level: FindingLevel;
  readonly message: (n: number) => string;
  readonly fix?: string;
}

const texts: Readonly<Record<LayoutIssue["kind"], Text>> = {
  "image-without-mask": {
    level: "error",
    message: (n) =>
      `${count(n, "image")} in a split with masks ha${n === 1 ? "s" : "ve"} none. Add the masks, or train with the images as unlabelled.`,
    fix: "The image is left out.",
  },
  "mask-without-image": {
    level: "warning",
    message: (n) =>
      `${count(n, "mask")} belong${n === 1 ? "s" : ""} to no image. Check the names; what is not paired is not used.`,
    fix: "The mask is left out.",
  },
  "same-name": {
    level: "error",
    message: (n) =>
      `${count(n, "file")} ha${n === 1 ? "s" : "ve"} the name of another, so that pairs are ambiguous. Rename or remove one of each.`,
    fix: "The first is kept, the others are left out.",
  },
  "missing-file": {
    level: "error",
    message: (n) => `${count(n, "file")} that the list or annotation file names ${n === 1 ? "is" : "are"} missing.`,
    fix: "The entry is left out.",
  },
  "empty-split": {
    level: "error",
    message: (n) =>
      `${count(n, "split")} hold${n === 1 ? "s" : ""} no image. Add images, or remove the empty folder or list.`,
    fix: "The split is left out.",
  },
};

/** One finding a kind of issue. */
export function pairs({ dataset }: Survey): Finding[] {
  return (Object.keys(texts) as LayoutIssue["kind"][]).flatMap((kind) => {
    const files = dataset.issues.filter((issue) => issue.kind === kind).map(({ file }) => file);
    const { level, message, fix } = texts[kind];
    return files.length === 0
      ? []
      : [{ level, check: "pairs", message: message(files.length), files, ...(fix ? { fix } : {}) }];
  });
}
