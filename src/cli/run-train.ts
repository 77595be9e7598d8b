/** @file What `segkit train` was asked for, and the run itself. */
import { DataError, FileError } from "../errors/index.js";
import { type FinishEvent, finishRun } from "../verbs/finish.js";
import { train } from "../verbs/train.js";
import { note, print } from "./output.js";
import { type Progress, progress } from "./progress.js";
import { trainSettings } from "./train-settings.js";
import { TrainTerminal } from "./train-terminal.js";

/** The options of `segkit train` as its arguments gave them. */
export interface TrainArguments {
  readonly data?: string;
  readonly run?: string;
  readonly resume?: string;
  readonly config?: string;
  /** Any other option of the plan or the network, by name. */
  readonly set?: { readonly [key: string]: unknown };
  readonly fold?: { readonly index: number; readonly count: number };
  readonly doctor: boolean;
  readonly json?: boolean;
  /** All options of a run that have an argument of their own. */
  readonly [option: string]: unknown;
}

/** Ctrl-C ends after the step; a second one ends at once. */
function stopOnSignals(): AbortController {
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
async function finish(runDir: string, signal: AbortSignal, json: boolean): Promise<void> {
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
    if (signal.aborted) note(`left out what was not written yet; segkit train --resume ${runDir} makes it`);
  } catch (error) {
    note(`the weights are safe in ${runDir}/checkpoints; segkit train --resume ${runDir} tries the rest again`);
    throw error;
  } finally {
    bar?.stop();
    for (const line of files) note(line);
  }
}

/** Trains as asked and reports on the terminal. @throws SegkitError */
export async function runTrain({ config, set, doctor, json = false, resume, ...named }: TrainArguments): Promise<void> {
  const settings = trainSettings(named, { ...(config === undefined ? {} : { config }), ...(set ? { set } : {}) });
  const { signal } = stopOnSignals();
  const terminal = new TrainTerminal();
  const runDir = (resume ?? settings.run)!;
  let begun = false;
  let reason = "";
  try {
    for await (const event of train({ ...settings, ...(resume === undefined ? {} : { resume }), doctor, signal })) {
      if (json) print(JSON.stringify(event));
      else terminal.show(event);
      if (event.kind === "planned") begun = true;
      if (event.kind === "end") reason = event.reason;
    }
  } catch (error) {
    // A full disk or a broken image can be mended; a loss that is no number would come again.
    if (begun && (error instanceof FileError || error instanceof DataError))
      note(`the run is safe; once the cause is mended, go on with: segkit train --resume ${runDir}`);
    throw error;
  } finally {
    terminal.close();
  }
  if (reason === "stopped") note(`saved; go on with: segkit train --resume ${runDir}`);
  else await finish(runDir, signal, json);
}
