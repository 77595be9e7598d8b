/** @file 03: training through the library: one call, events on the way, a run folder at the end. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { train } from "segkit";
import { readPlan } from "segkit/train";
import { folder, shapesFolder, small } from "./shapes.js";

const run = join(folder, "run");
rmSync(run, { recursive: true, force: true });

let best = 0;
for await (const event of train({ data: await shapesFolder(), run, ...small, seed: 1 })) {
  if (event.kind === "checked") console.log(`doctor: ${event.report.counts.error} errors`);
  if (event.kind === "opened") console.log(`${event.nodes} nodes a step, ${event.updatesPerEpoch} steps an epoch`);
  if (event.kind === "validation") {
    best = Math.max(best, event.score);
    console.log(`step ${event.step}: mIoU ${event.score.toFixed(3)}`);
  }
}

// Every choice that was not given is in the plan, with its reason.
const { batch, loss } = readPlan(run);
console.log(`batch ${batch.value} (${batch.reason}); loss ${loss.value[0]!.name} (${loss.reason})`);
console.log(`best mIoU: ${best.toFixed(4)}`);
