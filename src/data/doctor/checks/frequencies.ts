/** @file Classes that are missing from a split, and classes that are rare. */
import { countClasses } from "../../statistics.js";
import { type Finding, percent, some } from "../finding.js";
import { labelled, type Survey } from "../survey.js";

/** The most frequent class outweighs the rarest by more than this before weights are advised. */
const imbalance = 20;

/** Warnings for classes without pixels in train, notes for those missing elsewhere and for imbalance. */
export function frequencies(survey: Survey): Finding[] {
  const { classes, splits } = survey.dataset;
  const findings: Finding[] = [];
  const add = (level: Finding["level"], message: string) =>
    findings.push({ level, check: "frequencies", message, files: [] });
  const countsOf = (split: string) =>
    countClasses(
      labelled(survey, split).map(({ mask }) => mask.classPixels),
      classes.numClasses,
    );
  const quoted = (indices: readonly number[]) => some(indices.map((i) => `"${classes.names[i]}"`));
  const train = countsOf("train");
  const present = train.pixels.flatMap((n, i) => (n > 0 ? [i] : []));
  const absent = train.pixels.flatMap((n, i) => (n === 0 ? [i] : []));
  if (present.length > 0 && absent.length > 0)
    add(
      "warning",
      `${absent.length === 1 ? "A class has" : `${absent.length} classes have`} no pixel in train and cannot be learned: ${quoted(absent)}.`,
    );
  for (const split of Object.keys(splits).filter((name) => name !== "train" && labelled(survey, name).length > 0)) {
    const { pixels } = countsOf(split);
    const missing = present.filter((i) => pixels[i] === 0);
    if (missing.length > 0)
      add(
        "note",
        `${missing.length === 1 ? "A class of train does" : `${missing.length} classes of train do`} not occur in ${split} and ${missing.length === 1 ? "has" : "have"} no score there: ${quoted(missing)}.`,
      );
  }
  const total = train.pixels.reduce((sum, n) => sum + n, 0);
  const ordered = [...present].sort((a, b) => train.pixels[a]! - train.pixels[b]!);
  const [rare, common] = [ordered[0], ordered[ordered.length - 1]];
  if (rare !== undefined && common !== undefined && train.pixels[common]! > imbalance * train.pixels[rare]!) {
    const times = Math.round(train.pixels[common]! / train.pixels[rare]!);
    add(
      "note",
      `Classes are uneven: "${classes.names[common]}" has ${times} times the pixels of "${classes.names[rare]}" (${percent(train.pixels[rare]! / total)}). Consider class weights, a Dice or focal loss, or drawing crops by class.`,
    );
  }
  return findings;
}
