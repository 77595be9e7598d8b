/** @file Finds run folders below a folder, and tells by lengths and times of their files whether one has changed. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { FileError, UsageError } from "../errors/index.js";
import { nearestNames } from "../util/nearest.js";
import { filesOf, isRounds, isRun } from "./parts.js";

/** Folders below the given one that are looked into: runs of a sweep and folds of a set lie in folders of their own. */
const depth = 3;

/** Folders of a run that hold no runs of their own right: snapshots are weights of one run at several steps. */
const ownFolders = ["checkpoints", "scores", "snapshots"];

/**
 * Names of all runs below a folder: their paths from it, with `/`, sorted.
 *
 * @throws FileError when there is no such folder; UsageError when it is itself a run or a file.
 */
export function findRuns(folder: string): string[] {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (!found)
    throw new FileError({
      file: folder,
      expected: "a folder with run folders",
      found: "there is no such folder",
      next: "segkit train DATA --run runs/NAME makes a run in runs.",
    });
  if (!found.isDirectory() || isRun(folder))
    throw new UsageError({
      expected: "a folder with run folders",
      found: `${folder} is ${found.isDirectory() ? "itself a run" : "a file"}`,
      next: `segkit runs ${join(folder, "..")}`,
    });
  const names: string[] = [];
  const visit = (path: string, level: number): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const { name } = entry;
      if (!entry.isDirectory() || name.startsWith(".") || name === "node_modules") continue;
      const inner = join(path, name);
      if (isRounds(inner) || (ownFolders.includes(name) && isRun(path))) continue;
      if (isRun(inner)) names.push(relative(folder, inner).split(sep).join("/"));
      if (level < depth) visit(inner, level + 1);
    }
  };
  visit(resolve(folder), 1);
  return names.sort();
}

/** The folder of a run: a path, or a name below `folder`. @throws UsageError naming the nearest runs. */
export function requireRun(name: string, folder: string): string {
  for (const path of [name, join(folder, name)]) if (isRun(path)) return path;
  const known = existsSync(folder) && statSync(folder).isDirectory() && !isRun(folder) ? findRuns(folder) : [];
  const near = nearestNames(name, known);
  throw new UsageError({
    expected: `a run folder, or the name of one in ${folder}`,
    found: existsSync(name) ? `${name} is no run folder: it has no plan.json` : `there is no run ${name}`,
    next: near.length > 0 ? `Did you mean ${near.join(" or ")}?` : "segkit runs lists those there are.",
  });
}

/** Lengths and times of all files that a record is made of: another signature, another record. */
export function signatureOf(runDir: string): string {
  return filesOf(runDir)
    .flatMap((file) => {
      const found = statSync(file, { throwIfNoEntry: false });
      return found ? [`${relative(runDir, file).split(sep).join("/")} ${found.size} ${Math.round(found.mtimeMs)}`] : [];
    })
    .join("\n");
}
