/** @file The tables of segkit.db, and RunRecord to rows and back. Counts and curves are rows; plan and sessions are JSON texts. */
import { choicesOf } from "./run-fields.js";
import { isHere, statusOf } from "./run-file.js";
import { dataName, isPartial, type RunRecord, type SplitScores } from "./run-record.js";
import { totalsOf } from "./score-file.js";
import type { SqliteDatabase } from "./sqlite.js";

/** Raised whenever the tables change: a database of another version is made anew from the run folders. */
export const tablesVersion = 2;

export const createTables = `
CREATE TABLE runs (
  name TEXT PRIMARY KEY, signature TEXT NOT NULL, status TEXT NOT NULL, model TEXT, method TEXT, data TEXT,
  data_hash TEXT, git_commit TEXT, segkit TEXT, machine TEXT, started TEXT, minutes REAL NOT NULL, step INTEGER NOT NULL, epoch INTEGER NOT NULL,
  best_miou REAL, best_step INTEGER, has_report INTEGER NOT NULL, plan TEXT NOT NULL, sessions TEXT NOT NULL, problems TEXT NOT NULL,
  seconds REAL NOT NULL, rounds TEXT, folds TEXT);
CREATE TABLE curves (
  run TEXT NOT NULL, position INTEGER NOT NULL, split TEXT NOT NULL, field TEXT NOT NULL, step INTEGER NOT NULL, seconds REAL,
  value REAL NOT NULL, PRIMARY KEY (run, position)) WITHOUT ROWID;
CREATE TABLE scores (
  run TEXT NOT NULL, position INTEGER NOT NULL, data TEXT NOT NULL, split TEXT NOT NULL, step INTEGER NOT NULL, miou REAL,
  pixel_accuracy REAL, images INTEGER NOT NULL, image_set TEXT NOT NULL, settings TEXT NOT NULL,
  PRIMARY KEY (run, position)) WITHOUT ROWID;
CREATE TABLE class_scores (
  run TEXT NOT NULL, score INTEGER NOT NULL, class INTEGER NOT NULL, name TEXT NOT NULL, iou REAL, intersection INTEGER NOT NULL,
  union_pixels INTEGER NOT NULL, truth INTEGER NOT NULL, PRIMARY KEY (run, score, class)) WITHOUT ROWID;
PRAGMA user_version = ${tablesVersion};`;

type Value = string | number | null;
type Row = { readonly [column: string]: Value };

const rowsOf = (db: SqliteDatabase, sql: string, ...values: Value[]): Row[] => db.all(sql, values) as Row[];

function insertAll(db: SqliteDatabase, table: string, rows: readonly (readonly Value[])[]): void {
  if (rows.length === 0) return;
  const statement = db.prepare(`INSERT INTO ${table} VALUES (${rows[0]!.map(() => "?").join(", ")})`);
  try {
    for (const row of rows) statement.run([...row]);
  } finally {
    statement.finalize();
  }
}

/** NaN has no place in SQL. */
const known = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** Takes a run out of all tables. */
export function removeRun(db: SqliteDatabase, name: string): void {
  db.run("DELETE FROM runs WHERE name = ?", name);
  for (const table of ["curves", "scores", "class_scores"]) db.run(`DELETE FROM ${table} WHERE run = ?`, name);
}

/** A choice that is a name; null where the run has none. */
function nameOf(run: RunRecord, choice: "model" | "method"): string | null {
  const value = choicesOf(run).get(choice);
  return value === undefined || value === "none" ? null : String(value);
}

const jsonOrNull = (value: object | null): string | null => (value === null ? null : JSON.stringify(value));
const parsed = <T>(value: Value | undefined): T => JSON.parse((value ?? "null") as string) as T;

/** Puts a run into the tables, in place of what they say of it. */
export function putRun(db: SqliteDatabase, run: RunRecord, signature: string): void {
  removeRun(db, run.name);
  const { name, plan, sessions, hasReport, step, epoch, seconds, best, curves, scores, rounds, folds, problems } = run;
  const session = sessions.at(-1);
  insertAll(db, "runs", [
    [
      name,
      signature,
      statusOf(sessions, hasReport, isPartial(run)),
      nameOf(run, "model"),
      nameOf(run, "method"),
      dataName(plan),
      session?.data.hash ?? null,
      session?.commit?.hash ?? null,
      session?.segkit ?? null,
      session ? `${session.machine.cpu}, ${session.machine.cores} cores` : null,
      sessions[0]?.started ?? null,
      seconds / 60,
      step,
      epoch,
      best?.score ?? null,
      best?.step ?? null,
      Number(hasReport),
      JSON.stringify(plan),
      JSON.stringify(sessions),
      JSON.stringify(problems),
      seconds,
      jsonOrNull(rounds),
      jsonOrNull(folds),
    ],
  ]);
  insertAll(
    db,
    "curves",
    curves.map((point, i) => [name, i, point.split, point.field, point.step, point.seconds, point.value]),
  );
  for (const [i, one] of scores.entries()) {
    const { meanIou, pixelAccuracy } = totalsOf(one.classes, one.settings.absent);
    const settings = JSON.stringify(one.settings);
    insertAll(db, "scores", [
      [
        name,
        i,
        one.data,
        one.split,
        one.step,
        known(meanIou),
        known(pixelAccuracy),
        one.images,
        one.imageSet,
        settings,
      ],
    ]);
    insertAll(
      db,
      "class_scores",
      one.classes.map(({ name: label, intersection, union, truth }, k) => [
        name,
        i,
        k,
        label,
        known(intersection / union),
        intersection,
        union,
        truth,
      ]),
    );
  }
}

function scoresOf(db: SqliteDatabase, run: string): SplitScores[] {
  return rowsOf(db, "SELECT * FROM scores WHERE run = ? ORDER BY position", run).map((row) => ({
    data: row.data as string,
    split: row.split as string,
    step: row.step as number,
    settings: JSON.parse(row.settings as string) as SplitScores["settings"],
    images: row.images as number,
    imageSet: row.image_set as string,
    classes: rowsOf(
      db,
      "SELECT * FROM class_scores WHERE run = ? AND score = ? ORDER BY class",
      run,
      row.position as number,
    ).map(({ name, intersection, union_pixels, truth }) => ({
      name: name as string,
      intersection: intersection as number,
      union: union_pixels as number,
      truth: truth as number,
    })),
  }));
}

const partsOf = ({ rounds, folds }: Row): Pick<RunRecord, "rounds" | "folds"> => ({
  rounds: parsed<RunRecord["rounds"]>(rounds),
  folds: parsed<RunRecord["folds"]>(folds),
});

/** All runs, by name; curves only where they are wanted, as they are most of the rows. */
export function readRuns(db: SqliteDatabase, { curves = false } = {}): RunRecord[] {
  return rowsOf(db, "SELECT * FROM runs ORDER BY name").map((row) => {
    const name = row.name as string;
    const points = curves ? rowsOf(db, "SELECT * FROM curves WHERE run = ? ORDER BY position", name) : [];
    return {
      name,
      plan: parsed<RunRecord["plan"]>(row.plan),
      sessions: parsed<RunRecord["sessions"]>(row.sessions),
      hasReport: row.has_report === 1,
      step: row.step as number,
      epoch: row.epoch as number,
      seconds: row.seconds as number,
      best: row.best_step === null ? null : { score: row.best_miou as number, step: row.best_step as number },
      curves: points.map(({ split, field, step, seconds, value }) => ({
        split: split as string,
        field: field as string,
        step: step as number,
        seconds: seconds as number | null,
        value: value as number,
      })),
      scores: scoresOf(db, name),
      ...partsOf(row),
      problems: parsed<string[]>(row.problems),
    };
  });
}

/** The signature of each run in the tables. */
export const signatures = (db: SqliteDatabase): Map<string, string> =>
  new Map(rowsOf(db, "SELECT name, signature FROM runs").map((row) => [row.name as string, row.signature as string]));

/** Names of the runs whose status is no longer what the tables say: a kill changes no file. Told of this machine's runs alone. */
export const overtaken = (db: SqliteDatabase): string[] =>
  rowsOf(db, "SELECT name, status, sessions, has_report, rounds, folds FROM runs").flatMap((row) => {
    const sessions = parsed<RunRecord["sessions"]>(row.sessions);
    const last = sessions.at(-1);
    if (!last || !isHere(last)) return [];
    return statusOf(sessions, row.has_report === 1, isPartial(partsOf(row))) === row.status ? [] : [row.name as string];
  });
