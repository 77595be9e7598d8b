/** @file `segkit predict`: masks of images on disk. */
import type { Command } from "commander";
import { DataError } from "../../errors/index.js";
import { type PredictedFile, predictFiles } from "../../verbs/predict.js";
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

interface PredictArguments extends PredictionArguments {
  readonly out: string;
  readonly overlay?: boolean;
  readonly probabilities?: boolean;
  readonly confidence?: boolean;
  readonly entropy?: boolean;
  readonly unknownBelow?: number;
  readonly size?: readonly [height: number, width: number];
  readonly json?: boolean;
}

interface Failure {
  readonly input: string;
  readonly error: DataError;
}

/** What `segkit predict --json` prints. `version` changes when a field changes its meaning. */
interface PredictReport {
  readonly version: 1;
  readonly model: string;
  readonly out: string;
  readonly images: readonly PredictedFile[];
  readonly skipped: readonly string[];
  readonly failed: readonly { readonly input: string; readonly error: string }[];
}

/** One error for all images that failed; the others are written. */
function raise(failed: readonly Failure[], total: number, out: string): never {
  const { error } = failed[0]!;
  if (total === 1) throw error;
  throw new DataError({
    expected: `${total} images that can be predicted`,
    found: `${failed.length} cannot, the first because ${error.found} (expected ${error.expected})`,
    next: total > failed.length ? `The other ${total - failed.length} masks are in ${out}.` : (error.next ?? ""),
  });
}

/** Predicts as asked. */
async function runPredict(model: string | string[], inputs: string[], given: PredictArguments): Promise<void> {
  const { out, overlay, probabilities, confidence, entropy, unknownBelow, size, json, device, threads } = given;
  const images: PredictedFile[] = [];
  const failed: Failure[] = [];
  let skipped: readonly string[] = [];
  let bar: Progress | undefined;
  let total = 0;
  try {
    const events = predictFiles({
      model,
      inputs,
      out,
      ...(overlay ? { overlay } : {}),
      ...(probabilities ? { probabilities } : {}),
      ...(confidence ? { confidence } : {}),
      ...(entropy ? { entropy } : {}),
      ...(unknownBelow === undefined ? {} : { unknownBelow }),
      ...(size ? { outputSize: size } : {}),
      ...(threads === undefined ? {} : { threads }),
      device,
      ...predictOptionsOf(given),
    });
    for await (const event of events) {
      if (event.kind === "opened") {
        ({ skipped, total } = event);
        if (event.device.note) note(event.device.note);
        if (skipped.length > 0) note(`left out ${skipped.length} files that are no images, such as ${skipped[0]}`);
        bar = progress("predicting", total, "{name}");
        continue;
      }
      if (event.kind === "failed") failed.push({ input: event.input, error: event.error });
      else {
        const { kind: _, done: __, total: ___, ...image } = event;
        images.push(image);
      }
      bar?.update(event.done, { name: event.input });
    }
  } finally {
    bar?.stop();
  }
  const report: PredictReport = {
    version: 1,
    model: [model].flat().join(","),
    out,
    images,
    skipped,
    failed: failed.map(({ input, error }) => ({ input, error: error.message })),
  };
  if (json) putJson(true, report);
  else if (images.length > 0)
    print(`${images.length} of ${total} images: masks in ${out}, classes in ${out}/classes.json`);
  if (failed.length > 0) raise(failed, total, out);
}

export function addPredict(root: Command): void {
  const command = root
    .command("predict")
    .description("predict masks of images")
    .argument("<model>", modelHelp, parseModels)
    .argument("<input...>", "images, folders of images, globs; GeoTIFFs too")
    .requiredOption("--out <dir>", "folder for NAME.png (class indices with a palette) and classes.json")
    .option("--overlay", "write overlays/NAME.png: the mask over the image")
    .option("--probabilities", "write probabilities/NAME.npy: float32 [classes, height, width]")
    .option("--confidence", "write confidence/NAME.png: 255 times the largest probability")
    .option(
      "--entropy",
      "write entropy/NAME.png: 255 times the entropy, from 0 (one class is certain) to 1 (all alike)",
    )
    .option("--unknown-below <p>", "pixels with less confidence become unknown: the value of void", parseShare)
    .option("--size <HxW>", "size of the masks (default: that of each image)", parseSize)
    .option("--json", "print JSON");
  addPredictionOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  segkit predict runs/camvid street.jpg --out masks --overlay
  segkit predict model.onnx photos 'more/**/*.png' --out masks --tta flip
  segkit predict runs/a,runs/b,model.onnx photos --out masks
  segkit predict model.onnx scene.tif --out masks --tiles 512x512 --overlap 0.5 --probabilities
  segkit predict model.onnx photos --out masks --confidence --entropy --unknown-below 0.6
`,
    )
    .action(runPredict);
}
