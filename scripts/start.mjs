/** @file `npm start`: installs and builds if needed, then runs the demo with the arguments given. */
import { ensureBuilt, ensureInstalled, requireNode, run } from "./ensure.mjs";

requireNode();
await ensureInstalled();
await ensureBuilt();
const { code } = await run(process.execPath, ["dist/demo/main.js", ...process.argv.slice(2)]);
process.exitCode = code;
