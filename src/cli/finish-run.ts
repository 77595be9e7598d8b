/** @file What every command that trains has at its two ends: stopping on signals, and the files that are made of the best weights. */
import { type FinishEvent, finishRun } from "../verbs/finish.js";
import { note, print } from "./output.js";
import { type Progress, progress } from "./progress.js";

/** Ctrl-C ends after the step; a second one ends at once. */
export function stopOnSignals(): AbortController {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.kill(process.pid, "SIGKILL");
    note("\nstopping after this step (press Ctrl-C again to stop at once, back to the last checkpoint)");
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller;
}

/** What is to say about a file that was written. */
function detailOf(event: Extract<FinishEvent, { readonly file: string }>): string {
  if (event.kind === "report") return `mIoU ${event.meanIou.toFixed(3)} on split ${event.split} at full size`;
  if (event.kind === "model")
    return `masks equal to the run's on ${(100 * event.agreement).toFixed(2)} % of the pixels`;
  const { temperature, ece } = event;
  return `temperature ${temperature.toFixed(3)}, ECE ${ece.before.toFixed(4)} to ${ece.after.toFixed(4)}`;
}

/** Shows what is made of the run's best weights. @throws SegkitError when the report or the model cannot be made. */
export async function finish(
  command: "train" | "semi",
  runDir: string,
  { signal, json }: { readonly signal: AbortSignal; readonly json: boolean },
): Promise<void> {
  let bar: Progress | undefined;
  let stage = "";
  const files: string[] = [];
  try {
    for await (const event of finishRun({ run: runDir, signal })) {
      if (json) print(JSON.stringify(event));
      if ("file" in event) {
        bar?.stop();
        files.push(`${event.kind}: ${event.file} (${detailOf(event)})`);
      } else if (!json) {
        if (stage !== event.kind) {
          bar?.stop();
          bar = progress(event.kind, event.total);
          stage = event.kind;
        }
        bar?.update(event.done);
      }
    }
    if (signal.aborted) note(`left out what was not written yet; segkit ${command} --resume ${runDir} makes it`);
  } catch (error) {
    note(`the weights are safe in ${runDir}/checkpoints; segkit ${command} --resume ${runDir} tries the rest again`);
    throw error;
  } finally {
    bar?.stop();
    for (const line of files) note(line);
  }
}
