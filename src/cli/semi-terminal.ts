/** @file What a user sees of a semi-supervised training: each round as a training, labelling with its shares, sweeps as a table. */
import type { LabelRecord, SweepEvent, SweepRow } from "../verbs/semi/index.js";
import { note } from "./output.js";
import { type Progress, progress } from "./progress.js";
import { table } from "./table.js";
import { TrainTerminal } from "./train-terminal.js";

const percent = (share: number | null | undefined): string => (share == null ? "-" : (100 * share).toFixed(1));
const score = (value: number | null): string => (value === null ? "-" : value.toFixed(3));

function labelText({ images, labelled, share, accuracy, classes, keptOut }: LabelRecord): string {
  const right = accuracy === null ? "" : `, ${percent(accuracy)} % of them right`;
  const rows = classes.map((row) => [
    row.name,
    percent(row.portion),
    row.threshold?.toFixed(4) ?? "-",
    percent(row.share),
    row.confidence?.toFixed(3) ?? "-",
    percent(row.accuracy),
  ]);
  return [
    `labels: ${percent(share)} % of the pixels${right}, in ${labelled} of ${images} images`,
    table(["class", "portion %", "threshold", "labelled %", "confidence", "right %"], rows, { right: [1, 2, 3, 4, 5] }),
    ...(keptOut.length > 0 ? [`kept out this time, as no pixel is sure enough: ${keptOut.join(", ")}`] : []),
  ].join("\n");
}

/** The rows of a sweep as a table. */
export function sweepText(axes: readonly { readonly name: string }[], rows: readonly SweepRow[]): string {
  const headings = [...axes.map(({ name }) => name), "mIoU", "round", "rounds", "labelled %", "right %", "minutes"];
  const cells = rows.map((row) => [
    ...row.values,
    score(row.score),
    row.round === undefined ? "-" : String(row.round),
    row.scores?.map(score).join(" ") ?? "-",
    percent(row.share),
    percent(row.accuracy),
    (row.seconds / 60).toFixed(1),
  ]);
  const right = headings.flatMap((heading, i) => (i >= axes.length && heading !== "rounds" ? [i] : []));
  return table(headings, cells, { right });
}

/** Shows one event after the other. */
export class SemiTerminal {
  private readonly training = new TrainTerminal();
  private bar: Progress | undefined;
  private stage = "";
  private round = 0;

  show(event: SweepEvent): void {
    if (event.kind !== "labelling") this.stopBar();
    switch (event.kind) {
      case "point":
        note(`\n${event.index + 1} of ${event.total}: ${event.values.join(", ")}, in ${event.runDir}`);
        break;
      case "round": {
        const { round, rounds, length } = event;
        this.round = round;
        const what = round === 0 ? "from labels alone" : "from labels and pseudo-labels";
        note(`round ${round} (the last is ${rounds - 1}), ${what}, ${length.count} ${length.unit}`);
        break;
      }
      case "scored":
        note(`round ${event.round}: validation mIoU ${score(event.score)}${event.best ? ", the best so far" : ""}`);
        break;
      case "labelling":
        if (this.stage !== event.stage) {
          this.stopBar();
          this.bar = progress(event.stage, event.total);
          this.stage = event.stage;
        }
        this.bar?.update(event.done);
        break;
      case "labelled":
        note(labelText(event));
        break;
      case "result":
        note(`result: round ${event.round}, validation mIoU ${score(event.score)}`);
        break;
      case "row":
      case "swept":
      case "stopped":
        break;
      // Of later rounds the plan is the first one's but for what the heading says.
      case "planned":
        if (this.round === 0) this.training.show(event);
        break;
      case "weights":
        if (this.round === 0) this.training.show(event);
        break;
      default:
        this.training.show(event);
    }
  }

  private stopBar(): void {
    this.bar?.stop();
    this.bar = undefined;
    this.stage = "";
  }

  close(): void {
    this.stopBar();
    this.training.close();
  }
}
