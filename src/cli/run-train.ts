/** @file What `segkit train` was asked for, and the run itself. */
import { DataError, FileError } from "../errors/index.js";
import type { Plan } from "../train/plan.js";
import { finishRun } from "../verbs/finish.js";
import { type TrainEvent, train } from "../verbs/train.js";
import { note, print } from "./output.js";
import { clock, type Progress, progress } from "./progress.js";

/** The options of `segkit train` after parsing; whatever is undefined is derived from the data, or comes from `config`. */
export interface TrainArguments {
  /** Folder or list file of the data set; absent when a run is resumed. */
  readonly data?: string;
  readonly model?: string;
  readonly encoder?: string;
  /** Run folder to be made. */
  readonly run?: string;
  /** Run folder to go on with. */
  readonly resume?: string;
  /** File with options of the plan, which the command line overrules. */
  readonly config?: string;
  /** Any other option of the plan or the network, by name. */
  readonly set?: { readonly [key: string]: unknown };
  /** Size of the network's input. */
  readonly size?: readonly [height: number, width: number];
  readonly batch?: number;
  /** Micro-batches whose gradients are averaged before an update. */
  readonly accumulate?: number;
  /** Length of the run; at most one of the three. */
  readonly epochs?: number;
  readonly steps?: number;
  readonly minutes?: number;
  readonly optimizer?: string;
  readonly lr?: number;
  readonly schedule?: string;
  readonly loss?: string;
  /** Weights of the classes in the loss: by a rule over their frequencies, or one number a class. */
  readonly weightsOfClasses?: string | readonly number[];
  /** Decay of the moving average of the weights, 0 up to 1; 0 keeps none. */
  readonly ema?: number;
  /** Validations without improvement after which the run ends. */
  readonly patience?: number;
  /** Updates between checkpoints, beside those at validations. */
  readonly checkpointEvery?: number;
  /** Fold `index` (1 to count) of `count`. */
  readonly fold?: { readonly index: number; readonly count: number };
  /** Augmentation: bounds of the random scale, mirroring, strength of colour changes. */
  readonly scale?: readonly [low: number, high: number];
  readonly flip?: "horizontal" | "both" | "none";
  readonly color?: number;
  readonly seed?: number;
  readonly threads?: number;
  /** Threads that decode and augment. */
  readonly workers?: number;
  readonly device: string;
  /** Whether the data set is checked first. */
  readonly doctor: boolean;
  readonly json?: boolean;
}

/** A choice of the plan on one line. */
const choiceLine = (name: string, value: unknown, reason: string): string =>
  `  ${name.padEnd(16)} ${typeof value === "string" ? value : JSON.stringify(value)}  (${reason})`;

function planText({
  data,
  model,
  modelOptions,
  size,
  inputRule,
  batch,
  length,
  optimizer,
  learningRate,
  loss,
  device,
}: Plan): string {
  const images = Object.entries(data.images).map(([split, n]) => `${n} ${split}`);
  return [
    `plan: ${data.name}, ${images.join(", ")} images of ${data.channels} channels, ${data.classes.length} classes`,
    choiceLine("model", `${model.value} ${JSON.stringify(modelOptions.value)}`, model.reason),
    choiceLine("size", `${size.value.join("x")} (${inputRule.value})`, size.reason),
    choiceLine("batch", batch.value, batch.reason),
    choiceLine("length", `${length.value.count} ${length.value.unit}`, length.reason),
    choiceLine("optimizer", `${optimizer.value.name} at ${learningRate.value}`, optimizer.reason),
    choiceLine("loss", loss.value.map(({ name }) => name).join(" + "), loss.reason),
    choiceLine("device", device.value, device.reason),
  ].join("\n");
}

/** Shows one event; returns nothing, the bar keeps the state between them. */
class Terminal {
  private bar: Progress | undefined;
  private scored = "";

  show(event: TrainEvent): void {
    switch (event.kind) {
      case "checked": {
        const { error, warning, note: notes } = event.report.counts;
        note(`doctor: ${error} errors, ${warning} warnings, ${notes} notes`);
        for (const { level, message } of event.report.findings) if (level !== "note") note(`  ${level}: ${message}`);
        break;
      }
      case "planned":
        note(planText(event.plan));
        break;
      case "opened":
        if (event.device.note) note(event.device.note);
        note(
          `device ${event.device.provider}, ${event.nodes} nodes a step, ${event.updatesPerEpoch} steps an epoch${event.start.step > 0 ? `; going on at step ${event.start.step}` : ""}`,
        );
        this.bar = progress("training", 1000, "loss {loss} rate {rate} step {step} {scored}");
        break;
      case "step":
        this.bar?.update(Math.round(event.fraction * 1000), {
          loss: event.loss.toFixed(4),
          rate: event.learningRate.toExponential(1),
          step: `${event.step} (${event.milliseconds.toFixed(0)} ms)`,
          scored: this.scored,
        });
        break;
      case "validation":
        this.scored = `mIoU ${event.score.toFixed(3)}${event.best ? " (best)" : ""}`;
        if (!process.stderr.isTTY) note(`step ${event.step}, epoch ${event.epoch}: ${this.scored}`);
        break;
      case "end":
        this.bar?.stop();
        note(
          `${event.reason} at step ${event.step} after ${clock(event.seconds)}; ${(100 * event.waitedShare).toFixed(1)} % of the time waiting for data`,
        );
        break;
    }
  }

  close(): void {
    this.bar?.stop();
  }
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
        const detail =
          event.kind === "report"
            ? `mIoU ${event.meanIou.toFixed(3)} on split ${event.split} at full size`
            : `masks equal to the run's on ${(100 * event.agreement).toFixed(2)} % of the pixels`;
        files.push(`${event.kind}: ${event.file} (${detail})`);
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
export async function runTrain(options: TrainArguments): Promise<void> {
  const { signal } = stopOnSignals();
  const terminal = new Terminal();
  const json = options.json ?? false;
  const runDir = (options.resume ?? options.run)!;
  let begun = false;
  let reason = "";
  try {
    for await (const event of train({ ...options, signal })) {
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
