/**
 * @file segkit.db beside the run folders: every run in one SQLite file, for Segkit and for whatever else reads SQLite.
 *
 * Everything in it stands in the run folders, so it is never a loss: whoever opens it brings it up to date with them, and makes
 * it anew when it is missing, damaged, or of another version. To change it, a process takes the lock, copies the file, changes
 * the copy and renames it into place: readers and kills at any instant meet the old file or the new.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { SegkitError } from "../errors/index.js";
import { writeFileAtomic } from "../util/files.js";
import { findRuns, signatureOf } from "./find-runs.js";
import { locked } from "./lock.js";
import { rowsWith } from "./parts.js";
import { readRun } from "./read-run.js";
import type { RunRecord } from "./run-record.js";
import { loadSqlite, PrivateDatabase, type Sqlite } from "./sqlite.js";
import { createTables, overtaken, putRun, readRuns, removeRun, signatures, tablesVersion } from "./tables.js";

/** The database of the runs in a folder. */
export const databaseFile = (folder: string): string => join(folder, "segkit.db");
const lockOf = (folder: string): string => join(folder, ".segkit.db.lock");

/** Why a database begins empty. */
type Fresh = "missing" | "damaged" | "of another version";

interface Opened {
  readonly copy: PrivateDatabase;
  readonly fresh: Fresh | undefined;
}

/** What is wrong with the content of a database. */
function faultOf({ db }: PrivateDatabase): Fresh | undefined {
  try {
    const version = (db.get("PRAGMA user_version") as { user_version: number }).user_version;
    const check = (db.get("PRAGMA quick_check") as { quick_check: string }).quick_check;
    if (check !== "ok") return "damaged";
    if (version !== tablesVersion) return "of another version";
    signatures(db);
    return undefined;
  } catch {
    return "damaged";
  }
}

function empty(sqlite: Sqlite): PrivateDatabase {
  const copy = new PrivateDatabase(sqlite);
  copy.db.exec(createTables);
  return copy;
}

/** A copy of the database, or an empty one where it cannot be used. */
function openCopy(sqlite: Sqlite, file: string): Opened {
  if (!existsSync(file)) return { copy: empty(sqlite), fresh: "missing" };
  let copy: PrivateDatabase;
  try {
    copy = new PrivateDatabase(sqlite, file);
  } catch {
    // A file that is no database is refused when it is opened.
    return { copy: empty(sqlite), fresh: "damaged" };
  }
  const fresh = faultOf(copy);
  if (!fresh) return { copy, fresh };
  copy.close();
  return { copy: empty(sqlite), fresh };
}

/** A run as it stands in its folder, with the signature of the files it was read from. */
interface ReadRun {
  readonly record: RunRecord;
  readonly signature: string;
}

function read(folder: string, name: string): ReadRun {
  const runDir = join(folder, name);
  // Before the files are read: what changes meanwhile is read again the next time.
  const signature = signatureOf(runDir);
  return { record: readRun(runDir, name), signature };
}

interface Change {
  readonly put: readonly ReadRun[];
  readonly gone: readonly string[];
}

function apply({ db }: PrivateDatabase, { put, gone }: Change): void {
  db.exec("BEGIN");
  for (const name of gone) removeRun(db, name);
  for (const { record, signature } of put) putRun(db, record, signature);
  db.exec("COMMIT");
}

/** Changes the database in place. @throws FileError where it cannot be written. */
const change = (sqlite: Sqlite, folder: string, what: Change, anew: boolean): Promise<void> =>
  locked(lockOf(folder), () => {
    const copy = anew ? empty(sqlite) : openCopy(sqlite, databaseFile(folder)).copy;
    try {
      apply(copy, what);
      writeFileAtomic(databaseFile(folder), copy.bytes());
    } finally {
      copy.close();
    }
  });

/**
 * Puts a run into the database of the folder that it lies in. Of a round it is the run in rounds; a fold is put beside its set.
 *
 * @returns why it could not be done; never throws, as no run is to fail for its record.
 */
export async function recordRun(runDir: string): Promise<string | undefined> {
  const { folder, names } = rowsWith(resolve(runDir));
  const loaded = loadSqlite();
  if ("missing" in loaded)
    return `${databaseFile(folder)} was not written: SQLite cannot be loaded (${loaded.missing})`;
  try {
    await change(loaded.sqlite, folder, { put: names.map((name) => read(folder, name)), gone: [] }, false);
    return undefined;
  } catch (error) {
    return `${databaseFile(folder)} was not written: ${(error as Error).message}`;
  }
}

export interface OpenedRecord {
  /** Null where SQLite cannot be loaded or the folder cannot be written to. */
  readonly database: string | null;
  readonly runs: readonly RunRecord[];
  /** What to know about them, in words. */
  readonly notes: readonly string[];
}

/** Reads run folders, noting those that cannot be read. */
function readAll(folder: string, names: readonly string[], notes: string[]): ReadRun[] {
  return names.flatMap((name) => {
    try {
      return [read(folder, name)];
    } catch (error) {
      if (!(error instanceof SegkitError)) throw error;
      notes.push(`left out ${name}: ${error.found}`);
      return [];
    }
  });
}

export interface OpenRecordOptions {
  /** Whether the database is made anew from the run folders. */
  readonly rebuild?: boolean;
  /** Whether curves are wanted. */
  readonly curves?: boolean;
}

/**
 * All runs below a folder, from its database, which is brought up to date before.
 *
 * @throws FileError, UsageError where the folder cannot hold runs.
 */
export async function openRecord(
  folder: string,
  { rebuild = false, curves = false }: OpenRecordOptions = {},
): Promise<OpenedRecord> {
  const names = findRuns(folder);
  const notes: string[] = [];
  const loaded = loadSqlite();
  if ("missing" in loaded) {
    notes.push(`without database, as SQLite cannot be loaded (${loaded.missing}): read from the run folders`);
    return { database: null, runs: readAll(folder, names, notes).map(({ record }) => record), notes };
  }
  const { sqlite } = loaded;
  const file = databaseFile(folder);
  const { copy, fresh } = rebuild ? { copy: empty(sqlite), fresh: undefined } : openCopy(sqlite, file);
  try {
    const known = signatures(copy.db);
    const stale = new Set(overtaken(copy.db));
    const outdated = names.filter((name) => stale.has(name) || known.get(name) !== signatureOf(join(folder, name)));
    const gone = [...known.keys()].filter((name) => !names.includes(name));
    const what: Change = { put: readAll(folder, outdated, notes), gone };
    let database: string | null = file;
    if (rebuild || what.put.length + gone.length > 0) {
      try {
        await change(sqlite, folder, what, rebuild);
        if (rebuild || fresh)
          notes.push(
            `${file} ${rebuild || fresh === "missing" ? "" : `was ${fresh}; it `}is made anew of ${what.put.length} run folders`,
          );
      } catch (error) {
        if (!(error instanceof SegkitError)) throw error;
        notes.push(`the database was not written: ${error.message}`);
        database = null;
      }
      apply(copy, what);
    }
    return { database, runs: readRuns(copy.db, { curves }), notes };
  } finally {
    copy.close();
  }
}
