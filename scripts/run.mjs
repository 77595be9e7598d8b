/** @file Runs a TypeScript program of the project straight from its source: `node scripts/run.mjs parity/main.ts ARGUMENTS`. */
import { ensureInstalled, requireNode, run } from "./ensure.mjs";

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) {
  console.error("expected a TypeScript file to run, e.g. node scripts/run.mjs parity/main.ts ../shared/parity");
  process.exit(2);
}
requireNode();
await ensureInstalled();
const { code } = await run(process.execPath, ["--import", "tsx", entry, ...args]);
process.exitCode = code;
