/** @file Runs as CSV: a line of names, and one for each run. */
import { csvText } from "../util/csv.js";
import type { RunRow } from "./run-fields.js";

/** A line of names, and one for each run; empty where a run has no such field. */
export const csvOf = (rows: readonly RunRow[], columns: readonly string[]): string =>
  csvText([columns, ...rows.map(({ fields }) => columns.map((column) => fields.get(column)))]);
