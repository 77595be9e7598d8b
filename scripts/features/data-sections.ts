/** @file The parts of FEATURES.md about data and scores: metrics, transforms, layouts, checks of the doctor. */
import { checks } from "../../src/data/doctor/index.js";
import { layouts } from "../../src/data/layouts/layouts.js";
import { transformKinds } from "../../src/data/transforms/index.js";
import { table } from "./markdown.js";
import { declarations, fileComment, filesBelow, importedFiles, read } from "./source.js";

/** What the numbers of each metric are compared with; the files of src/metrics that are not metrics themselves are left out. */
const metricReferences: { readonly [file: string]: string } = {
  "confusion.ts": "metrics/{confusion, segmentation}: scikit-learn, the Cityscapes rule, four toolkits' VOC scores",
  "scores.ts": "metrics/segmentation: VOC rule, wkentaro, meetps, chainercv",
  "stats.ts": "metrics/smp_stats, smp/metrics: segmentation_models.pytorch",
  "stat-scores.ts": "metrics/smp_stats, smp/metrics: segmentation_models.pytorch",
  "cityscapes.ts": "metrics/cityscapes: cityscapesScripts",
  "boundary-iou.ts": "metrics/boundary_iou: boundary-iou-api",
  "davis.ts": "metrics/davis: davis2017-evaluation",
  "bf-score.ts": "metrics/bf_score: the matching of davis2017-evaluation, averages worked out apart",
  "image-scores.ts": "",
  "score-table.ts": "",
};

/** Requires that a test of the folder calls a function of the name, or has a text that begins with it. */
function requireTested(folder: string, name: string): void {
  const naming = new RegExp(`\\b${name}\\(|["'\`]${name}\\b`);
  if (!filesBelow(folder, ".test.ts").some((path) => naming.test(read(path))))
    throw new Error(`no test in ${folder} names ${name}`);
}

export const metricTable = (): string =>
  table(
    ["file", "functions", "what they are", "equal the fixtures of"],
    Object.entries(metricReferences).map(([file, reference]) => {
      const names = declarations(`src/metrics/${file}`).map(({ name }) => name);
      return [
        file,
        names.map((name) => `\`${name}\``).join(", "),
        fileComment(`src/metrics/${file}`),
        reference || "(own tests)",
      ];
    }),
  );

/** The file of a transform is the one its kind comes from. */
function transformFile(name: string): string {
  const file = importedFiles("src/data/transforms/transforms.ts").get(`${name}Kind`);
  if (!file) throw new Error(`no file of the transform ${name}`);
  return file;
}

/** Rows of name and description, each name tested in the folder. */
function testedRows(folder: string, entries: readonly (readonly [name: string, what: string])[]): string[][] {
  return entries.map(([name, what]) => {
    requireTested(folder, name);
    return [`\`${name}\``, what];
  });
}

export const transformTable = (): string =>
  table(
    ["transform", "what it does"],
    testedRows(
      "src/data/transforms",
      Array.from(transformKinds.keys(), (name) => [name, fileComment(transformFile(name))]),
    ),
  );

export const layoutTable = (): string =>
  table(
    ["layout", "how it looks"],
    testedRows(
      "src/data",
      Object.values(layouts).map(({ name, shape }) => [name, shape]),
    ),
  );

export function checkTable(): string {
  const files = importedFiles("src/data/doctor/checks.ts");
  const fileOf = new Map(Array.from(files, ([, file]) => [file.replace(/^.*\/(.*)\.ts$/, "$1"), file]));
  return table(
    ["check", "what it finds"],
    testedRows(
      "src/data/doctor",
      Object.keys(checks).map((name) => [name, fileComment(fileOf.get(name)!)]),
    ),
  );
}
