/** @file A process that puts runs into the record of their folder, one after the other, as several runs that end at once do. */
import { recordRun } from "../src/record/index.js";

for (const runDir of process.argv.slice(2)) {
  const problem = await recordRun(runDir);
  if (problem !== undefined) throw new Error(problem);
}
