/** @file The tables of segkit.db, and RunRecord to rows and back. Counts and curves are rows; plan and sessions are JSON texts. */
import type { RunRecord, SplitScores } from "./read-run.js";
import { dataName } from "./read-run.js";
import { statusOf } from "./run-file.js";
import { totalsOf } from "./score-file.js";
import type { SqliteDatabase } from "./sqlite.js";

/** Raised whenever the tables change: a database of another version is made anew from the run folders. */
export const tablesVersion = 1;

export const createTables = `
CREATE TABLE runs (
  name TEXT PRIMARY KEY, signature TEXT NOT NULL, status TEXT NOT NULL, model TEXT, data TEXT, data_hash TEXT,
  git_commit TEXT, segkit TEXT, machine TEXT, started TEXT, minutes REAL NOT NULL, step INTEGER NOT NULL, epoch INTEGER NOT NULL,
  best_miou REAL, best_step INTEGER, has_report INTEGER NOT NULL, plan TEXT NOT NULL, sessions TEXT NOT NULL, problems TEXT NOT NULL,
  seconds REAL NOT NULL);
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

function modelOf(plan: RunRecord["plan"]): string | null {
  const { value } = (plan.model ?? {}) as { value?: unknown };
  return typeof value === "string" ? value : null;
}

/** Puts a run into the tables, in place of what they say of it. */
export function putRun(db: SqliteDatabase, run: RunRecord, signature: string): void {
  removeRun(db, run.name);
  const { name, plan, sessions, hasReport, step, epoch, seconds, best, curves, scores, problems } = run;
  const session = sessions.at(-1);
  insertAll(db, "runs", [
    [
      name,
      signature,
      statusOf(sessions, hasReport),
      modelOf(plan),
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

/** All runs, by name; curves only where they are wanted, as they are most of the rows. */
export function readRuns(db: SqliteDatabase, { curves = false } = {}): RunRecord[] {
  return rowsOf(db, "SELECT * FROM runs ORDER BY name").map((row) => {
    const name = row.name as string;
    const points = curves ? rowsOf(db, "SELECT * FROM curves WHERE run = ? ORDER BY position", name) : [];
    return {
      name,
      plan: JSON.parse(row.plan as string) as RunRecord["plan"],
      sessions: JSON.parse(row.sessions as string) as RunRecord["sessions"],
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
      problems: JSON.parse(row.problems as string) as string[],
    };
  });
}

/** The signature of each run in the tables. */
export const signatures = (db: SqliteDatabase): Map<string, string> =>
  new Map(rowsOf(db, "SELECT name, signature FROM runs").map((row) => [row.name as string, row.signature as string]));
