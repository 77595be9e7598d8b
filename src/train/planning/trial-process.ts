/**
 * @file The process of a trial: runs the first updates of a plan just as a run would, with its loader, one batch of validation
 * and a checkpoint, and says what they needed. A process of its own, since memory once taken is not given back.
 */
import { rmSync } from "node:fs";
import { RuntimeError, SegkitError } from "../../errors/index.js";
import { openRun } from "../run.js";
import { peakBytes } from "./peak.js";
import type { TrialAnswer, TrialRequest } from "./trial-messages.js";

const tell = (answer: TrialAnswer): Promise<void> =>
  new Promise((resolve) => {
    process.send!(answer, undefined, undefined, () => resolve());
  });

async function run({ plan, updates, updatesWithin = Number.POSITIVE_INFINITY, folder }: TrialRequest): Promise<void> {
  const start = performance.now();
  const trial = {
    ...plan,
    length: { value: { unit: "steps" as const, count: updates }, reason: "trial" },
    validateEvery: { value: updates, reason: "trial" },
    patience: { value: 0, reason: "trial" },
  };
  await tell({ kind: "ready", bytes: process.memoryUsage.rss() });
  let isOver = false;
  const session = await openRun(folder, trial, undefined, { validationBatches: 1, isOver: () => isOver });
  try {
    let before = performance.now();
    for await (const event of session.events()) {
      if (event.kind !== "step") continue;
      const now = performance.now();
      const { learningRate, loss } = event;
      const milliseconds = now - before;
      await tell({ kind: "step", learningRate, loss, milliseconds });
      // Another update, and as much again for validation and checkpoint.
      isOver = now - start + 2 * milliseconds > updatesWithin;
      before = now;
    }
  } catch (error) {
    // The end of a range test, and its result.
    if (!(error instanceof RuntimeError && error.expected === "a loss that is a number")) throw error;
  } finally {
    await session.close();
  }
}

function failure(error: unknown): TrialAnswer {
  const message = String((error as Error)?.message ?? error);
  if (!(error instanceof SegkitError))
    return { kind: "failed", tag: "runtime", expected: "a run without errors", found: message };
  const { tag, expected, found, next } = error;
  return { kind: "failed", tag, expected, found, ...(next === undefined ? {} : { next }) };
}

process.once("message", async (request: TrialRequest) => {
  // Nobody is left to listen: not by exit, which waits for the running step and then aborts.
  process.once("disconnect", () => {
    rmSync(request.folder, { recursive: true, force: true });
    process.kill(process.pid, "SIGKILL");
  });
  try {
    await run(request);
    await tell({ kind: "end", peakBytes: peakBytes() });
  } catch (error) {
    await tell(failure(error));
  }
  process.removeAllListeners("disconnect");
  process.disconnect();
});

// The one who asked decides when to end: Ctrl-C reaches all processes of a terminal.
process.on("SIGINT", () => {});
