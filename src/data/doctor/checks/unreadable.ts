/** @file Files that cannot be read: truncated, damaged, empty, or no images at all. */
import { count, type Finding } from "../finding.js";
import { maskFile, type Survey } from "../survey.js";

/** One error a kind of damage, with its files. */
export function unreadable({ records }: Survey): Finding[] {
  const byReason = new Map<string, string[]>();
  const add = (reason: string, file: string) => byReason.set(reason, [...(byReason.get(reason) ?? []), file]);
  for (const record of records) {
    if (record.imageError) add(record.imageError.replace(`${record.sample.image}: `, ""), record.sample.image);
    if (record.maskError) add(record.maskError.replace(`${maskFile(record)}: `, ""), maskFile(record));
  }
  return [...byReason].map(([reason, files]) => ({
    level: "error",
    check: "unreadable",
    message: `${count(files.length, "file")} cannot be used: ${reason}. Replace ${files.length === 1 ? "it" : "them"}, or leave the pair${files.length === 1 ? "" : "s"} out.`,
    files,
    fix: "The pair is left out.",
  }));
}
