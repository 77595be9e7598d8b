/** @file What a report shows of an evaluation: classes, confusion matrix, the worst and best pictures. */
import { pipeline, resize } from "../data/transforms/index.js";
import { colourise, type Mask, overlay, type Raster } from "../raster/index.js";
import { encodePng } from "../raster/png-encode.js";
import { resizeMask } from "../raster/resize-mask.js";
import type { ReportData, ReportPicture } from "../train/record/report.js";
import { Random } from "../util/random.js";
import type { BundleInfo } from "./bundle.js";
import type { EvaluatedImage, EvaluationResult } from "./evaluate.js";

/** Longest side of a picture in a report. */
const longestSide = 320;
/** Pictures at each end. */
const shownPictures = 6;

const png = ({ data, height, width }: Raster): Promise<Uint8Array> =>
  encodePng({ data: data as Uint8Array, height, width, channels: 3 });

/** Image, truth and prediction as small PNG files. */
async function pictureOf(
  { sample, image, truth, prediction, score }: EvaluatedImage,
  info: BundleInfo,
): Promise<ReportPicture> {
  const factor = Math.min(1, longestSide / Math.max(image.height, image.width));
  const [height, width] = [image.height, image.width].map((side) => Math.max(1, Math.round(side * factor))) as [
    number,
    number,
  ];
  const small = pipeline([resize({ height, width })], { ignoreIndex: 255 })({ image }, new Random(0)).image;
  const shown = image.data instanceof Uint8Array ? { ...small, data: Uint8Array.from(small.data) } : small;
  const colours = info.classes.map(({ colour }) => colour);
  const inColour = (mask: Mask): Promise<Uint8Array> => png(colourise(resizeMask(mask, height, width), colours));
  const blank: Mask = { data: new Uint8Array(height * width), height, width };
  const [picture, truthPicture, predictionPicture] = await Promise.all([
    png(overlay(shown, blank, { opacity: 0, outlines: false })),
    inColour(truth),
    inColour(prediction),
  ]);
  const iou = Number.isNaN(score.meanIou) ? null : score.meanIou;
  return { name: sample.id, iou, image: picture!, truth: truthPicture!, prediction: predictionPicture! };
}

/** Keeps the worst and best pictures of those it is shown, by their mean IoU. */
export class Extremes {
  private worst: ReportPicture[] = [];
  private best: ReportPicture[] = [];

  constructor(private readonly info: BundleInfo) {}

  async add(image: EvaluatedImage): Promise<void> {
    const { meanIou } = image.score;
    if (Number.isNaN(meanIou)) return;
    const isWorst = this.worst.length < shownPictures || meanIou < this.worst.at(-1)!.iou!;
    const isBest = this.best.length < shownPictures || meanIou > this.best.at(-1)!.iou!;
    if (!isWorst && !isBest) return;
    const picture = await pictureOf(image, this.info);
    const ranked = (list: ReportPicture[], sign: 1 | -1): ReportPicture[] =>
      [...list, picture].sort((a, b) => sign * (a.iou! - b.iou!)).slice(0, shownPictures);
    if (isWorst) this.worst = ranked(this.worst, 1);
    if (isBest) this.best = ranked(this.best, -1);
  }

  /** Worst first and best first; no picture is in both. */
  lists(): Pick<ReportData, "worst" | "best"> {
    const names = new Set(this.worst.map(({ name }) => name));
    return { worst: this.worst, best: this.best.filter(({ name }) => !names.has(name)) };
  }
}

const known = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** The parts of a report that an evaluation fills. */
export function reportParts(
  { table, matrix }: EvaluationResult,
  info: BundleInfo,
  extremes: Extremes,
): Pick<ReportData, "classes" | "confusion" | "worst" | "best"> {
  return {
    classes: table.classes.map(({ name, iou, precision, recall, truthPixels }, i) => ({
      name,
      colour: info.classes[i]!.colour,
      iou: known(iou),
      precision: known(precision),
      recall: known(recall),
      pixels: truthPixels,
    })),
    confusion: matrix.rows(true),
    ...extremes.lists(),
  };
}
