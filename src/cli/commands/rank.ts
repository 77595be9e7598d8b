/** @file `segkit rank`: which images to label next. */
import { type Command, Option } from "commander";
import { uncertaintyNames } from "../../predict/uncertainty.js";
import { csvText } from "../../util/csv.js";
import { requireWritableFile, writeFileAtomic } from "../../util/files.js";
import { type RankedImage, type RankOptions, type RankReport, rankImages } from "../../verbs/rank.js";
import { parseShare, parseWhole } from "../arguments.js";
import { note, print, putJson } from "../output.js";
import { addPredictionOptions, type PredictionArguments, predictOptionsOf } from "../prediction-options.js";
import { type Progress, progress } from "../progress.js";
import { table } from "../table.js";

interface RankArguments extends PredictionArguments, Pick<RankOptions, "by" | "top" | "distinct" | "sheet"> {
  readonly model: string;
  readonly uncertainBelow?: number;
  readonly csv?: string;
  readonly json?: boolean;
}

/** Rows of the table on the terminal at most. */
const shownRows = 20;

const columns: readonly (readonly [name: string, of: (image: RankedImage) => number | string | undefined])[] = [
  ["name", ({ name }) => name],
  ["score", ({ score }) => score],
  ["entropy", ({ entropy }) => entropy],
  ["margin", ({ margin }) => margin],
  ["least-confidence", ({ leastConfidence }) => leastConfidence],
  ["disagreement", ({ disagreement }) => disagreement],
  ["uncertain", ({ uncertain }) => uncertain],
  ["path", ({ input }) => input],
];

const csvOf = ({ images }: RankReport): string =>
  csvText([
    ["rank", ...columns.map(([name]) => name)],
    ...images.map((image, i) => [i + 1, ...columns.map(([, of]) => of(image))]),
  ]);

function reportText({ images, by, uncertainBelow, passedOver, measured }: RankReport): string {
  const shown = images.slice(0, shownRows);
  const rows = shown.map(({ name, score, uncertain }, i) => [
    String(i + 1),
    name,
    score.toFixed(4),
    `${(100 * uncertain).toFixed(1)} %`,
  ]);
  return [
    table(["", "image", by, `pixels below ${uncertainBelow}`], rows, { right: [0, 2, 3] }),
    `${shown.length} of ${measured} images, the most uncertain first${passedOver.length > 0 ? `; ${passedOver.length} passed over, each like one above` : ""}`,
  ].join("\n");
}

/** Ranks as asked. */
async function runRank(inputs: string[], given: RankArguments): Promise<void> {
  const { model, by, top, distinct, uncertainBelow, sheet, csv, json, device, threads } = given;
  let bar: Progress | undefined;
  if (csv !== undefined) requireWritableFile(csv);
  try {
    const events = rankImages({
      model,
      inputs,
      ...(by ? { by } : {}),
      ...(top === undefined ? {} : { top }),
      ...(distinct === undefined ? {} : { distinct }),
      ...(uncertainBelow === undefined ? {} : { uncertainBelow }),
      ...(sheet === undefined ? {} : { sheet }),
      ...(threads === undefined ? {} : { threads }),
      device,
      ...predictOptionsOf(given),
    });
    for await (const event of events) {
      if (event.kind === "opened") {
        if (event.device.note) note(event.device.note);
        bar = progress("measuring", event.total, "{name}");
      } else if (event.kind === "ranked") {
        bar?.stop();
        const { report } = event;
        for (const { input, error } of report.failed) note(`left out ${input}: ${error}`);
        // Printed first: what was measured is not to be lost with a file.
        if (json) putJson(true, report);
        else print(reportText(report));
        if (csv !== undefined) {
          writeFileAtomic(csv, csvOf(report));
          note(`written: ${csv}`);
        }
      } else if (event.kind === "end") {
        if (sheet !== undefined) note(`written: ${sheet}`);
      } else bar?.update(event.done, { name: event.name });
    }
  } finally {
    bar?.stop();
  }
}

export function addRank(root: Command): void {
  const command = root
    .command("rank")
    .description("rank unlabelled images by how unsure a model is of them: which to label next")
    .argument("<input...>", "images, folders of images, globs")
    .requiredOption("--model <model>", "run folder or model bundle (.onnx)")
    .addOption(
      new Option(
        "--by <measure>",
        "mean over pixels of: entropy, margin (of the best two classes), least-confidence, disagreement of mirrored views",
      )
        .choices(uncertaintyNames)
        .default("entropy"),
    )
    .option("--top <n>", "images to choose (default: all)", parseWhole(1))
    .option(
      "--distinct <share>",
      "pass over images that the model sees nearly as a chosen one, 0 to 1: 0.2 for video frames (default: 0)",
      parseShare,
    )
    .option("--uncertain-below <p>", "confidence below which a pixel counts as uncertain (default: 0.6)", parseShare)
    .option("--csv <file>", "write the ranking as CSV")
    .option("--sheet <file>", "write a PNG of the first images (24 at most), each beside its mask and its entropy")
    .option("--json", "print JSON");
  addPredictionOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  segkit rank unlabelled --model runs/camvid --top 20 --csv next.csv --sheet next.png
  segkit rank video/*.jpg --model model.onnx --top 20 --distinct 0.2
  segkit rank unlabelled --model model.onnx --by disagreement --tta flip --json
`,
    )
    .action(runRank);
}
