/** @file The result of several rounds: the best one's run files, copied to the folder of them all, which then is a run folder. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { planFile } from "../../train/plan.js";
import { writeFileAtomic } from "../../util/files.js";
import { readBytes } from "../../weights/bytes.js";

/** What makes a run folder, the plan apart. */
const parts = ["checkpoints", "metrics.jsonl", "run.json"];

/** All files below a path, those called state.json last: they name the others. */
function filesBelow(path: string): string[] {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  const files = readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(path, entry.name)) : [join(path, entry.name)],
  );
  return files.sort((a, b) => Number(basename(a) === "state.json") - Number(basename(b) === "state.json"));
}

/**
 * Copies a round's run to a folder. The plan comes last, because a folder with a plan is a run.
 *
 * @throws FileError
 */
export function copyRun(from: string, to: string): void {
  const events = readdirSync(from).filter((name) => name.includes("tfevents"));
  for (const part of [...parts, ...events])
    for (const file of filesBelow(join(from, part)))
      writeFileAtomic(join(to, file.slice(from.length + 1)), readBytes(file));
  writeFileAtomic(planFile(to), readFileSync(planFile(from)));
}
