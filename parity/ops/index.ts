/** @file Fixtures of operators: which table of builders runs which file. */
import type { ParityCase } from "../case.js";
import { activationCases } from "./activation.js";
import { type OpFixture, type OpTable, runCases } from "./run.js";

/** Builders for each file of `ops/`, by the file's own name for itself. */
const tables: { readonly [file: string]: OpTable } = {
  "ops/activation": activationCases,
};

/** Names of the files that can be run. */
export const opFixtureFiles: readonly string[] = Object.keys(tables);

/** Whether a file says of itself that it holds cases of an operator family listed here. */
export const isOpFixture = (json: { readonly file?: unknown }): boolean =>
  typeof json.file === "string" && json.file in tables;

/** Runs every case of one operator fixture file. */
export function runOpFixture(json: OpFixture): AsyncIterable<ParityCase> {
  return runCases(json, tables[json.file] ?? {});
}
