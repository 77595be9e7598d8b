/** @file Fixture files: found below paths, read, and each given to the runner that knows its kind. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ParityCase } from "./case.js";
import { metricFixtures } from "./metrics.js";
import { runNetworkFixture } from "./networks/run.js";
import { isOpFixture, runOpFixture } from "./ops/index.js";
import { optimizerCases } from "./optim.js";
import { scheduleCases } from "./schedules.js";
import { smpLossCases } from "./smp-losses.js";

type Cases = AsyncIterable<ParityCase> | Iterable<ParityCase>;

/** A runner takes the parsed file and a way to read another file of its folder. */
type Runner = (json: never, sibling: (name: string) => unknown) => Cases;

/** Runners of files that are neither operators nor networks, by the file's own name for itself. */
const runners: { readonly [file: string]: Runner } = {
  ...metricFixtures,
  "smp/losses": smpLossCases,
  "optim/optimizers": optimizerCases,
  "optim/schedules": scheduleCases,
};

/** JSON files at the paths, folders searched through, in the order of their names. */
export function fixtureFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).sort();
    return fixtureFiles(
      names.filter((name) => name.endsWith(".json") || !name.includes(".")).map((name) => join(path, name)),
    );
  });
}

/** The cases of a fixture file; of a kind that no runner knows, one that fails. */
export function casesOf(file: string): Cases {
  const read = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
  const json = read(file) as { file?: string; case?: string };
  if (json.case !== undefined) return runNetworkFixture(json);
  if (isOpFixture(json)) return runOpFixture(json as never);
  const runner = json.file === undefined ? undefined : runners[json.file];
  if (!runner) return [{ name: json.file ?? file, passed: false, detail: "no runner knows this kind of file" }];
  return runner(json as never, (name) => read(join(dirname(file), name)));
}
