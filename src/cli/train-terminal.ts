/** @file What a user sees of a training run: the plan, a progress bar, scores. */
import type { Plan } from "../train/plan.js";
import type { TrainEvent } from "../verbs/train.js";
import { fitText } from "../weights/index.js";
import { note } from "./output.js";
import { clock, type Progress, progress } from "./progress.js";

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
  accumulate,
  length,
  optimizer,
  learningRate,
  loss,
  weights,
  freeze,
  frozenNorm,
  device,
}: Plan): string {
  const images = Object.entries(data.images).map(([split, n]) => `${n} ${split}`);
  return [
    `plan: ${data.name}, ${images.join(", ")} images of ${data.channels} channels, ${data.classes.length} classes`,
    choiceLine("model", `${model.value} ${JSON.stringify(modelOptions.value)}`, model.reason),
    choiceLine("size", `${size.value.join("x")} (${inputRule.value})`, size.reason),
    choiceLine("batch", batch.value, batch.reason),
    ...(accumulate.value === 1 ? [] : [choiceLine("accumulate", accumulate.value, accumulate.reason)]),
    choiceLine("length", `${length.value.count} ${length.value.unit}`, length.reason),
    choiceLine("optimizer", optimizer.value.name, optimizer.reason),
    choiceLine("learningRate", learningRate.value, learningRate.reason),
    choiceLine("loss", loss.value.map(({ name }) => name).join(" + "), loss.reason),
    ...(weights.value ? [choiceLine("weights", weights.value.source, weights.reason)] : []),
    ...(freeze.value === "none" ? [] : [choiceLine("freeze", freeze.value, freeze.reason)]),
    ...(frozenNorm.value === "frozen" ? [] : [choiceLine("frozenNorm", frozenNorm.value, frozenNorm.reason)]),
    choiceLine("device", device.value, device.reason),
  ].join("\n");
}

/** Shows one event; returns nothing, the bar keeps the state between them. */
export class TrainTerminal {
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
      case "planning":
        if (event.stage === "memory") note(event.done === 0 ? `planning: ${event.text}` : `  ${event.text}`);
        else {
          this.bar ??= progress(event.text, event.total ?? event.done);
          this.bar.update(event.done);
        }
        break;
      case "planned":
        this.bar?.stop();
        this.bar = undefined;
        note(planText(event.plan));
        break;
      case "fetching":
        this.bar ??= progress("weights", event.total ?? event.done, "bytes");
        this.bar.update(event.done);
        break;
      case "weights":
        note(
          `weights: ${event.source}${event.part === "" ? "" : `, its part ${event.part}`}, SHA-256 ${event.sha256.slice(0, 8)}`,
        );
        if (event.others.length > 0) note(`  others in the file, by #NAME behind it: ${event.others.join(", ")}`);
        note(`  ${fitText(event.report)}`);
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
        if (!process.stderr.isTTY)
          note(
            `step ${event.step}, epoch ${event.epoch}: ${this.scored}, loss ${event.scores.loss?.toFixed(4) ?? "-"}`,
          );
        break;
      case "note":
        note(event.text);
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
