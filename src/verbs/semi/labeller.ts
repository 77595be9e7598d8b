/**
 * @file Labeller: what the network of a round says of images, in the size it was trained with: the same preparation as in
 * evaluation, and no more pixels on disk than training will look at.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadMask } from "../../data/load.js";
import type { Sample } from "../../data/sample.js";
import { openModel } from "../../predict/open-model.js";
import type { Predictor } from "../../predict/predictor.js";
import type { SymmetrySet } from "../../predict/symmetry.js";
import { readRasterInfo } from "../../raster/formats.js";
import type { Mask } from "../../raster/raster.js";
import { readRaster } from "../../raster/read.js";
import { resizeMask } from "../../raster/resize-mask.js";
import { writeIndexPng } from "../../raster/write.js";
import { openDevice } from "../../runtime/devices.js";
import { MeanOverRounds } from "../../semi/selection/merge.js";
import {
  type ClassArray,
  decodeLikelyClasses,
  encodeLikelyClasses,
  type LikelyClasses,
  LikelyClassesBuilder,
} from "../../semi/selection/probabilities.js";
import { unweigh } from "../../semi/selection/unweigh.js";
import { pixelWeightsOf } from "../../train/choose-loss.js";
import type { Plan } from "../../train/plan.js";
import { writeFileAtomic } from "../../util/files.js";
import { readBytes } from "../../weights/bytes.js";

type Size = readonly [height: number, width: number];

/** Sizes of an image: its own, in which training reads masks, and the one that a labeller's classes are in. */
export interface LabelSizes {
  readonly own: Size;
  readonly seen: Size;
}

export interface LikelyOptions {
  /** Views to average over. */
  readonly symmetries: SymmetrySet;
  /** Probability from which a class is kept. */
  readonly cutoff: number;
  /** Frees probabilities of the class weights that the network was trained with. */
  readonly unweighed: boolean;
  /** The mean of so many rounds before, to be averaged with. */
  readonly before?: { readonly mean: LikelyClasses; readonly rounds: number } | undefined;
}

export class Labeller {
  private constructor(
    private readonly predictor: Predictor,
    private readonly plan: Plan,
  ) {}

  /** The labeller of a run folder's best weights, on the run's own device and threads. @throws CheckpointError, RuntimeError */
  static async open(runDir: string, plan: Plan): Promise<Labeller> {
    const device = await openDevice(plan.device.value);
    const { predictor } = await openModel(runDir, { device, threads: plan.threads.value });
    return new Labeller(predictor, plan);
  }

  /** The size in which images are brought to the network, whatever theirs is; their own where they are cut into tiles. */
  private get outputSize(): { outputSize?: Size } {
    const { inputRule, size } = this.plan;
    return inputRule.value === "resize" && !this.predictor.info.middle ? { outputSize: size.value } : {};
  }

  private image({ image }: Sample) {
    return readRaster(image, { channels: this.plan.data.channels });
  }

  /** The likely classes of an image. @throws DataError for a broken one. */
  async likely(sample: Sample, { symmetries, cutoff, unweighed, before }: LikelyOptions): Promise<LikelyClasses> {
    const builder = new LikelyClassesBuilder(this.predictor.numClasses, cutoff);
    const mixing = before && new MeanOverRounds(before.mean, before.rounds);
    const weights = unweighed ? pixelWeightsOf(this.plan.loss.value) : null;
    const options = { symmetries, ...this.outputSize };
    for await (const { raw } of this.predictor.scan(await this.image(sample), options)) {
      // The predictor may go on using its numbers.
      const dense = mixing || weights ? raw.slice() : raw;
      if (weights) unweigh(dense, weights);
      mixing?.mixInto(dense);
      builder.add(dense);
    }
    return builder.finish();
  }

  /** The most likely class of each pixel, from the image alone. @throws DataError for a broken one. */
  async mask(sample: Sample): Promise<Mask> {
    return this.predictor.predictMask(await this.image(sample), this.outputSize);
  }

  /** The sizes of an image, from the head of its file. @throws DataError for a broken one. */
  async sizes({ image }: Sample): Promise<LabelSizes> {
    const { height, width } = await readRasterInfo(image);
    return { own: [height, width], seen: this.outputSize.outputSize ?? [height, width] };
  }

  close(): Promise<void> {
    return this.predictor.close();
  }
}

/** The true classes of an image in the size its labels are in; undefined where they are not known. */
export async function trueClasses(
  sample: Sample | undefined,
  [height, width]: Size,
): Promise<ArrayLike<number> | undefined> {
  const truth = sample && (await loadMask(sample));
  return truth && resizeMask(truth.mask, height, width).data;
}

/** Writes labels as an index PNG in the image's own size. @throws FileError */
export async function writeLabels(file: string, labels: ClassArray, { own, seen }: LabelSizes, plan: Plan) {
  const mask = { data: labels, height: seen[0], width: seen[1] };
  const whole = own[0] === seen[0] && own[1] === seen[1] ? mask : resizeMask(mask, own[0], own[1]);
  await writeIndexPng(
    file,
    whole,
    plan.data.classes.map(({ colour }) => colour),
  );
}

/** The likely classes of a round's images on disk, one file each, numbered as the images are. */
export class LikelyStore {
  constructor(private readonly folder: string) {}

  private file(index: number): string {
    return join(this.folder, `${index}.bin`);
  }

  has(index: number): boolean {
    return existsSync(this.file(index));
  }

  /** @throws DataError when the file is cut off. */
  read(index: number): LikelyClasses {
    return decodeLikelyClasses(readBytes(this.file(index)), this.file(index));
  }

  /** @throws FileError */
  write(index: number, classes: LikelyClasses): void {
    writeFileAtomic(this.file(index), encodeLikelyClasses(classes));
  }
}
