/** @file `listRuns` and `compareRuns`: the record of all runs in a folder, and two of them side by side. */
import { basename, resolve } from "node:path";
import { UsageError } from "../errors/index.js";
import {
  type CompareOptions,
  compareRunFolders,
  csvOf,
  filterRuns,
  findRuns,
  isOutdated,
  openRecord,
  type RunComparison,
  type RunRow,
  requireField,
  requireRun,
  runFields,
  scoreName,
  sortRuns,
  writePage,
} from "../record/index.js";
import { writeFileAtomic } from "../util/files.js";

/** Folder of runs unless another is given. */
const defaultFolder = "runs";

export interface ListRunsOptions {
  /** Folder with run folders, at most three levels down; default `runs`. */
  readonly folder?: string;
  /** `field=value`, `field!=value`, `field<number`, ...; all must hold. */
  readonly filters?: readonly string[];
  /** Field to sort by: scores from the best, all else from the lowest. Default the time when the runs began. */
  readonly sort?: string;
  readonly reverse?: boolean;
  /** Fields to show. */
  readonly columns?: readonly string[];
  /** Whether the database is made anew from the run folders first. */
  readonly rebuild?: boolean;
  /** File for the columns as CSV, with numbers in full. */
  readonly csv?: string;
  /** File for a page with the curves of the listed runs. */
  readonly html?: string;
}

export interface RunList {
  readonly folder: string;
  /** The database; null where there is none, and the runs were read from their folders. */
  readonly database: string | null;
  /** Full names of the columns. */
  readonly columns: readonly string[];
  /** The runs that pass the filters, in order. */
  readonly runs: readonly RunRow[];
  /** Number of all runs in the folder. */
  readonly total: number;
  readonly notes: readonly string[];
}

const defaultColumns = ["name", "status", "model", "method", "data", "steps", "epochs", "minutes", "val", "test"];

/** True for a run that learnt from unlabelled images too. */
const hasMethod = ({ fields }: RunRow): boolean => (fields.get("method") ?? "none") !== "none";

/** What is to be known of single runs. */
const notesOf = (rows: readonly RunRow[]): string[] =>
  rows.flatMap(({ run }) => [
    ...run.problems.map((problem) => `${run.name}: ${problem}`),
    ...run.scores
      .filter((scores) => isOutdated(run, scores))
      .map(
        (scores) =>
          `${run.name}: its scores on ${scoreName(scores)} are of step ${scores.step}, its best weights of another; evaluate again`,
      ),
  ]);

/**
 * Lists the runs of a folder. Its database `segkit.db` is brought up to date with the run folders on the way.
 *
 * @throws UsageError for a folder without runs, an unknown field, an impossible filter; FileError.
 * @example
 * const { runs } = await listRuns({ folder: "runs", filters: ["model=unet", "val>0.5"], sort: "test" });
 */
export async function listRuns(options: ListRunsOptions = {}): Promise<RunList> {
  const { folder = defaultFolder, filters = [], sort = "started", reverse = false, rebuild = false } = options;
  if (findRuns(folder).length === 0)
    throw new UsageError({
      expected: "a folder with runs",
      found: `${folder} holds none`,
      next: `segkit train DATA --run ${folder}/NAME makes one.`,
    });
  const { database, runs, notes } = await openRecord(folder, { rebuild, curves: options.html !== undefined });
  const rows = runs.map((run): RunRow => ({ run, fields: runFields(run) }));
  const shown = (options.columns ?? defaultColumns).flatMap((column) =>
    options.columns === undefined && column === "method" && !rows.some(hasMethod) ? [] : [requireField(column, rows)],
  );
  const listed = sortRuns(filterRuns(rows, filters), sort, { reverse });
  if (options.csv !== undefined) writeFileAtomic(options.csv, csvOf(listed, shown));
  if (options.html !== undefined) writePage(options.html, basename(resolve(folder)), listed, shown);
  return { folder, database, columns: shown, runs: listed, total: rows.length, notes: [...notes, ...notesOf(listed)] };
}

export interface CompareRunsOptions extends CompareOptions {
  /** Run folders, or names of runs in `folder`. */
  readonly first: string;
  readonly second: string;
  /** Default `runs`. */
  readonly folder?: string;
}

/**
 * Compares two runs: choices and facts in which they differ, and the difference of their mean IoU on the images both were
 * evaluated on, with its 95 % bootstrap interval.
 *
 * @throws UsageError for what is no run or a split that not both have; DataError, saying how, for scores on other images;
 *   CheckpointError for damaged ones.
 * @example
 * const { scores } = compareRuns({ first: "runs/a", second: "runs/b", split: "test" });
 * console.log(scores?.mean.difference, scores?.mean.low, scores?.mean.high);
 */
export function compareRuns({ first, second, folder = defaultFolder, ...options }: CompareRunsOptions): RunComparison {
  return compareRunFolders(requireRun(first, folder), requireRun(second, folder), options);
}

export type { RunComparison };
