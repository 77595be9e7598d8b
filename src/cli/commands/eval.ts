/** @file `segkit eval`: scores of a model on a split of a data set. */
import { type Command, Option } from "commander";
import { type AbsentRule, formatScoreTable } from "../../metrics/index.js";
import { temperatureText } from "../../predict/temperature-text.js";
import { evaluateModel } from "../../verbs/evaluate.js";
import type { EvaluationReport } from "../../verbs/evaluation-json.js";
import { parseShare, parseSize } from "../arguments.js";
import { note, print, putJson } from "../output.js";
import {
  addPredictionOptions,
  modelHelp,
  type PredictionArguments,
  parseModels,
  predictOptionsOf,
} from "../prediction-options.js";
import { type Progress, progress } from "../progress.js";
import { table } from "../table.js";

interface EvalArguments extends PredictionArguments {
  readonly split?: string;
  readonly size?: readonly [height: number, width: number];
  readonly boundary?: boolean;
  readonly absent?: AbsentRule;
  readonly unknownBelow?: number;
  readonly out?: string;
  readonly overlay?: boolean;
  readonly json?: true | string;
}

const score = (value: number): string => (Number.isNaN(value) ? "-" : value.toFixed(4));

function confidenceText({ calibration: scores, unknown, ...model }: EvaluationReport): string[] {
  return [
    `confidence: ECE ${score(scores.ece)}  NLL ${score(scores.nll)}  Brier ${score(scores.brier)}  mean ${score(scores.meanConfidence)}  (${temperatureText(model)})`,
    ...(unknown
      ? [
          `from confidence ${unknown.below} on: ${(100 * unknown.coverage).toFixed(1)} % of the pixels, PA ${score(unknown.accuracy)}  mIoU ${score(unknown.meanIou)}`,
        ]
      : []),
  ];
}

function reportText(report: EvaluationReport): string {
  const { scores, perImage, boundary, notes, seconds } = report;
  const outlines = boundary
    ? [
        "",
        table(
          ["class", "boundary IoU", "boundary F", "BF score"],
          [
            ...scores.classes.map(({ name }, k) => [
              name,
              score(boundary.iou[k]!),
              score(boundary.f[k]!),
              score(boundary.bf[k]!),
            ]),
            ["mean", score(boundary.meanIou), score(boundary.meanF), score(boundary.meanBf)],
          ],
          { right: [1, 2, 3] },
        ),
      ]
    : [];
  const rate = (perImage.images + perImage.leftOut.length) / seconds;
  return [
    formatScoreTable(scores),
    `per image: mIoU ${score(perImage.meanIou)}  PA ${score(perImage.pixelAccuracy)}  (mean of ${perImage.images} images)`,
    ...confidenceText(report),
    ...outlines,
    // The table has said its own.
    ...notes.filter((text) => !scores.notes.includes(text)).map((text) => `note: ${text}`),
    `${seconds.toFixed(1)} s, ${rate.toFixed(1)} images a second`,
  ].join("\n");
}

/** Evaluates as asked. */
async function runEval(model: string | string[], data: string | undefined, given: EvalArguments): Promise<void> {
  const { split, size, boundary, absent, unknownBelow, out, overlay, json, device, threads } = given;
  let bar: Progress | undefined;
  try {
    const events = evaluateModel({
      model,
      ...(data === undefined ? {} : { data }),
      ...(split === undefined ? {} : { split }),
      ...(size ? { size } : {}),
      ...(boundary ? { boundary } : {}),
      ...(absent ? { absent } : {}),
      ...(unknownBelow === undefined ? {} : { unknownBelow }),
      ...(out === undefined ? {} : { out }),
      ...(overlay ? { overlay } : {}),
      ...(threads === undefined ? {} : { threads }),
      device,
      ...predictOptionsOf(given),
    });
    for await (const event of events) {
      if (event.kind === "opened") {
        if (event.device.note) note(event.device.note);
        note(
          `${event.info.name} on split ${event.split}, ${event.total} images, device ${event.device.provider}${size ? `, compared at ${size.join("x")}` : ""}`,
        );
        bar = progress("evaluating", event.total, "mIoU {score}");
      } else if (event.kind === "image") bar?.update(event.done, { score: score(event.meanIou) });
      else {
        bar?.stop();
        if (json !== true) print(reportText(event.report));
        if (json !== undefined) putJson(json, event.report);
        if (out !== undefined) note(`masks, scores.json and report.html: ${out}`);
      }
    }
  } finally {
    bar?.stop();
  }
}

export function addEval(root: Command): void {
  const command = root
    .command("eval")
    .description("score a model on a data set")
    .argument("<model>", modelHelp, parseModels)
    .argument("[data]", "folder or list file of the data set; default that of the run")
    .option("--split <name>", "train, val, test or all (default: test, or val where there is no test)")
    .option("--size <HxW>", "size at which masks are compared (default: that of each mask)", parseSize)
    .option("--boundary", "score outlines too: boundary IoU, boundary F and BF score")
    .addOption(
      new Option("--absent <rule>", "what classes in neither mask do to means").choices([
        "skip",
        "zero",
        "one",
        "poison",
        "present-in-truth",
      ]),
    )
    .option("--unknown-below <p>", "also score the pixels with at least this confidence alone", parseShare)
    .option("--out <dir>", "write masks, scores.json and report.html into this folder")
    .option("--overlay", "with --out: write overlays too")
    .option("--json [file]", "print JSON, or write it into a file");
  addPredictionOptions(command)
    .addHelpText(
      "after",
      `
Scores of a run folder and of a folder of folds are kept in it, for segkit runs; those of bundles and of lists of models are not.

Examples:
  segkit eval runs/camvid data/camvid --split test --size 360x480
  segkit eval runs/folds data/nuclei --split test
  segkit eval model.onnx data/camvid --split val --tta flip --boundary
  segkit eval runs/camvid data/camvid --unknown-below 0.6
  segkit eval runs/camvid data/camvid --out results --overlay --json scores.json
`,
    )
    .action(runEval);
}
