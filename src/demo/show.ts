/** @file What the demo leaves behind: masks, overlays, the picture, the scores, and the table it prints. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ClassTable } from "../data/classes.js";
import type { LoadedSample } from "../data/sample.js";
import { type ConfusionMatrix, classIou, meanIou } from "../metrics/index.js";
import { type Mask, overlay, type Raster, writeIndexPng, writePng } from "../raster/index.js";
import { writeFileAtomic } from "../util/files.js";
import type { ColourBaseline } from "./colour-baseline.js";
import { writePicture } from "./picture.js";
import { percent } from "./terminal.js";

/** A scene of the test split with what the network says about it. */
export interface Outcome {
  readonly id: string;
  readonly sample: LoadedSample;
  readonly prediction: Mask;
}

/** Scenes in the picture: the first ones of the test split, whatever they look like. */
const pictureRows = 4;

/** Writes a mask and an overlay for each outcome, into `masks/` and `overlays/`. */
export async function writeMasks(out: string, outcomes: readonly Outcome[], { colours }: ClassTable): Promise<void> {
  for (const folder of ["masks", "overlays"]) mkdirSync(join(out, folder), { recursive: true });
  for (const { id, sample, prediction } of outcomes) {
    await writeIndexPng(join(out, "masks", `${id}.png`), prediction, colours);
    await writePng(join(out, "overlays", `${id}.png`), overlay(sample.image, prediction, { colours, opacity: 0.4 }));
  }
}

/** Writes `result.png`: image, truth, colour alone, network. */
export function writeResultPicture(
  file: string,
  outcomes: readonly Outcome[],
  byColour: (image: Raster) => Mask,
  scores: { readonly colour: number; readonly network: number },
  { names, colours }: ClassTable,
): Promise<void> {
  const rows = outcomes.slice(0, pictureRows).map(({ sample: { image, mask }, prediction }) => ({
    image,
    masks: [mask, byColour(image), prediction],
  }));
  const headings = [
    "Scene\nnever seen in training",
    "Truth",
    `By colour alone\nmIoU ${percent(scores.colour)} %`,
    `Segkit\nmIoU ${percent(scores.network)} %`,
  ];
  return writePicture(file, rows, { headings, classNames: names, colours });
}

/** The scores of both, class by class, in percent. */
export function comparison(names: readonly string[], byColour: ConfusionMatrix, network: ConfusionMatrix): string {
  const [colourIou, networkIou] = [classIou(byColour), classIou(network)];
  const rows = names.map((name, index) => [name, colourIou[index]!, networkIou[index]!] as const);
  const all = [...rows, ["mean", meanIou(byColour), meanIou(network)] as const];
  const heading = "IoU, %";
  const width = Math.max(heading.length, ...all.map(([name]) => name.length));
  return [
    `  ${heading.padEnd(width)}  colour alone  network  gain`,
    ...all.map(([name, a, b]) => {
      const cells = [percent(a).padStart(12), percent(b).padStart(7), percent(b - a).padStart(4)];
      return `  ${name.padEnd(width)}  ${cells.join("  ")}`;
    }),
  ].join("\n");
}

/** Writes `scores.json`: both mIoUs and all counts, for programs. */
export function writeScores(
  file: string,
  { names }: ClassTable,
  baseline: ColourBaseline,
  network: ConfusionMatrix,
): void {
  const part = (matrix: ConfusionMatrix) => ({
    meanIou: meanIou(matrix),
    classIou: Object.fromEntries(Array.from(classIou(matrix), (iou, index) => [names[index]!, iou])),
    confusion: matrix,
  });
  const colourAlone = { levels: baseline.levels, prior: baseline.prior, ...part(baseline.test) };
  writeFileAtomic(file, `${JSON.stringify({ network: part(network), colourAlone }, null, 2)}\n`);
}
