/** @file The same picture twice: across splits it makes scores too good, within one it counts double. */
import { count, type Finding } from "../finding.js";
import type { SampleRecord, Survey } from "../survey.js";

/** Pictures with equal pixels: in several splits (warning), with unlike masks (warning), within a split (note). */
export function duplicates({ records }: Survey): Finding[] {
  const byHash = new Map<string, SampleRecord[]>();
  for (const record of records)
    if (record.image) byHash.set(record.image.hash, [...(byHash.get(record.image.hash) ?? []), record]);
  const groups = [...byHash.values()].filter((group) => group.length > 1);
  const findings: Finding[] = [];
  const add = (level: Finding["level"], which: readonly SampleRecord[][], message: string) => {
    if (which.length > 0)
      findings.push({ level, check: "duplicates", message, files: which.flat().map(({ sample }) => sample.image) });
  };
  // Images without labels may be trained with, so only those that scores are taken on must not be among them.
  const across = groups.filter((group) => {
    const splits = new Set(group.map(({ split }) => (split === "unlabelled" ? "train" : split)));
    return splits.size > 1;
  });
  const pairs = [
    ...new Set(across.map((group) => [...new Set(group.map(({ split }) => split))].sort().join(" and "))),
  ].join(", ");
  add(
    "warning",
    across,
    `${count(across.length, "picture")} in more than one split (${pairs}): scores will be too good. Keep each in one split.`,
  );
  const unlike = groups.filter((group) => new Set(group.flatMap(({ mask }) => mask?.hash ?? [])).size > 1);
  add(
    "warning",
    unlike,
    `${count(unlike.length, "picture")} with two or more different masks: the network cannot learn both.`,
  );
  const within = groups.filter(
    (group) => !across.includes(group) && new Set(group.map(({ split }) => split)).size < group.length,
  );
  add("note", within, `${count(within.length, "picture")} more than once in a split.`);
  return findings;
}
