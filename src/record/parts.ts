/** @file Which folders are runs, and which are parts of one: the rounds of a method (semi.json), the folds of a set (folds.json). */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { foldRun, foldSetFile, isFoldSet } from "../train/fold-set.js";
import { planFile } from "../train/plan.js";
import { metricsFile } from "../train/recording.js";
import { hasState, roundFolder, stateFile } from "../train/semi-state.js";
import { runFile } from "./run-file.js";
import { scoreFiles } from "./score-file.js";

const hasPlan = (folder: string): boolean => existsSync(planFile(folder));

/** Folders of that name in turn, as far as each has a plan. */
function planned(folderOf: (index: number) => string, first: number): string[] {
  const folders: string[] = [];
  for (let index = first; hasPlan(folderOf(index)); index++) folders.push(folderOf(index));
  return folders;
}

/** The run folders of a set's folds that have begun. */
export const foldsBegun = (folder: string): string[] =>
  isFoldSet(folder) ? planned((fold) => join(folder, foldRun(fold)), 1) : [];

/**
 * The folder in which plan, sessions, metrics and checkpoints of a run stand: its own, or as long as a method in rounds goes on that
 * of its latest round.
 */
export const sourceOf = (runDir: string): string =>
  hasPlan(runDir) || !hasState(runDir) ? runDir : (planned((round) => roundFolder(runDir, round), 0).at(-1) ?? runDir);

/** True for a folder that `segkit train` or `segkit semi` made, with a plan in it or in one of its parts. */
export const isRun = (folder: string): boolean => hasPlan(sourceOf(folder)) || foldsBegun(folder).length > 0;

/** True for `rounds` of a run: what is in it are no runs of their own. */
export const isRounds = (folder: string): boolean => basename(folder) === "rounds" && hasState(dirname(folder));

/** The runs of which a row changes with that of a folder: the run itself, a round's run in its place, a fold's set beside it. */
export function rowsWith(runDir: string): { readonly folder: string; readonly names: readonly string[] } {
  const above = dirname(runDir);
  const owner = dirname(above);
  const [folder, name] = [dirname(owner), basename(owner)];
  if (isRounds(above)) return { folder, names: [name] };
  if (basename(above) === "folds" && isFoldSet(owner))
    return { folder, names: [`${name}/folds/${basename(runDir)}`, name] };
  return { folder: above, names: [basename(runDir)] };
}

const trainingFiles = (folder: string): string[] => [
  planFile(folder),
  runFile(folder),
  metricsFile(folder),
  ...["last", "best"].map((kind) => join(folder, "checkpoints", kind, "state.json")),
];

/** All files that a record is made of, whether they are there or not. */
export const filesOf = (runDir: string): string[] => [
  ...[sourceOf(runDir), ...foldsBegun(runDir)].flatMap(trainingFiles),
  stateFile(runDir),
  foldSetFile(runDir),
  join(runDir, "report.html"),
  ...scoreFiles(runDir),
];
