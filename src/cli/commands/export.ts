/** @file `segkit export`: a run as a model bundle. */
import { type Command, Option } from "commander";
import { temperatureText } from "../../predict/temperature-text.js";
import { deviceNames } from "../../runtime/devices.js";
import { type ExportOptions, type ExportReport, exportModel } from "../../verbs/export.js";
import { parseWhole } from "../arguments.js";
import { print, putJson } from "../output.js";
import { type Progress, progress } from "../progress.js";

type ExportArguments = Omit<ExportOptions, "run"> & { readonly json?: boolean };

function reportText({ file, bytes, gate, info }: ExportReport): string {
  const sizes = gate.otherSizes.map(({ height, width }) => `${height}x${width}`).join(", ");
  const iou = gate.meanIou
    ? `, mIoU ${gate.meanIou.bundle.toFixed(4)} against the run's ${gate.meanIou.run.toFixed(4)}`
    : "";
  return [
    `${file}: ${info.name}, ${info.classes.length} classes, ${(bytes / 2 ** 20).toFixed(1)} MiB`,
    `equal to the run on ${(100 * gate.agreement).toFixed(3)} % of the pixels of ${gate.images} images${iou}; also at ${sizes}`,
    ...(info.calibration
      ? [
          `temperature ${info.calibration.temperature.toFixed(3)}: ECE ${info.calibration.ece.before.toFixed(4)} to ${info.calibration.ece.after.toFixed(4)} on split ${info.calibration.split}`,
        ]
      : []),
    ...(info.temperatures ? [temperatureText({ temperature: null, temperatures: info.temperatures })] : []),
  ].join("\n");
}

/** Exports as asked. */
async function runExport(run: string, { json, ...options }: ExportArguments): Promise<void> {
  let bar: Progress | undefined;
  let stage = "";
  try {
    for await (const event of exportModel({ run, ...options })) {
      if (event.kind !== "end") {
        if (stage !== event.kind) {
          bar?.stop();
          bar = progress(event.kind === "image" ? "comparing" : event.kind, event.total);
          stage = event.kind;
        }
        bar?.update(event.done);
      } else {
        bar?.stop();
        if (json) putJson(true, event.report);
        else print(reportText(event.report));
      }
    }
  } finally {
    bar?.stop();
  }
}

export function addExport(root: Command): void {
  root
    .command("export")
    .description("write the best weights of a run as one .onnx file, after comparing its masks with the run's")
    .argument("<run>", "run folder, or folder of folds, which become one model that averages them")
    .option("--out <file>", "file to write (default: model.onnx in the run folder)")
    .option("--data <dir>", "data set to compare on, when that of the run has moved")
    .option("--calibrate", "fit the temperature of the probabilities on the validation images, if the run has none yet")
    .option("--images <n>", "images to compare on (default: 8)", parseWhole(1))
    .addOption(new Option("--device <name>", "where to compute").choices(deviceNames).default("auto"))
    .option("--threads <n>", "threads inside an operator (default: the physical cores)", parseWhole(1))
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The file takes images in their own units (0..255) of any batch, height and width, and gives
probabilities and mask; its metadata holds classes, colours and the rule for sizes.

Examples:
  segkit export runs/camvid
  segkit export runs/camvid --out camvid.onnx --images 32
  segkit export runs/stopped --calibrate
`,
    )
    .action(runExport);
}
