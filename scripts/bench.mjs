/** @file `npm run bench -- NAME`: compiles the benchmarks, so that what is measured is what users run, and starts one. */
import { ensureInstalled, programOf, requireNode, run } from "./ensure.mjs";

requireNode();
await ensureInstalled();
const built = await run(process.execPath, [programOf("typescript", "tsc"), "-p", "tsconfig.bench.json"]);
process.exitCode =
  built.code === 0 ? (await run(process.execPath, ["build/bench/main.js", ...process.argv.slice(2)])).code : 1;
