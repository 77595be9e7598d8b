/**
 * @file The export gate: a bundle may only be written when its masks are those of the run. The two differ in all that can go
 * wrong: free against static sizes, normalisation inside against outside, an optimised graph against the one as written.
 */
import { loadSample } from "../data/load.js";
import type { Sample } from "../data/sample.js";
import { normalize, pipeline, resize } from "../data/transforms/index.js";
import { ExportError } from "../errors/index.js";
import { ConfusionMatrix, meanIou } from "../metrics/index.js";
import type { Mask, Raster } from "../raster/raster.js";
import { Random } from "../util/random.js";
import { maskOfProbabilities } from "./argmax.js";
import { middleBands } from "./middle-tiles.js";
import { cutPlanes, emptyPlanes, type Planes, pastePlanes, windowOf } from "./planes.js";
import type { Predictor } from "./predictor.js";
import type { RunGraph } from "./run-graph.js";
import type { RunModel } from "./run-model.js";

/** Share of pixels that must have the same class in both. */
export const leastAgreement = 0.999;
/** Largest difference of mean IoU. */
export const largestDifference = 0.001;

export interface GateReport {
  readonly images: number;
  /** Share of pixels with the same class, over all images. */
  readonly agreement: number;
  /** Mean IoU of the run's masks and of the bundle's; absent when no image has labels. */
  readonly meanIou?: { readonly run: number; readonly bundle: number };
  /** Sizes that the network was not trained at, and the agreement there. */
  readonly otherSizes: readonly { readonly height: number; readonly width: number; readonly agreement: number }[];
}

/** An image was compared. */
export interface GateEvent {
  readonly kind: "image";
  readonly done: number;
  readonly total: number;
}

/** Counts pixels of equal class. */
class Agreement {
  private equal = 0;
  private total = 0;

  add(a: Mask, b: Mask): void {
    for (let i = 0; i < a.data.length; i++) if (a.data[i] === b.data[i]) this.equal++;
    this.total += a.data.length;
  }

  get share(): number {
    return this.equal / this.total;
  }
}

/** The middle of an image in the size of training, as far as the image is that large. */
function middleCrop(
  image: Raster,
  [height, width]: readonly [number, number],
): { y0: number; x0: number; h: number; w: number } {
  const [h, w] = [Math.min(height, image.height), Math.min(width, image.width)];
  return { y0: (image.height - h) >> 1, x0: (image.width - w) >> 1, h, w };
}

/** The part of an image, and of its mask, that the gate looks at. */
function crop<Kind extends Raster | Mask>(map: Kind, at: ReturnType<typeof middleCrop>): Kind {
  const channels = "channels" in map ? map.channels : 1;
  const data = map.data.slice(0, at.h * at.w * channels);
  for (let y = 0; y < at.h; y++) {
    const from = ((at.y0 + y) * map.width + at.x0) * channels;
    data.set(map.data.subarray(from, from + at.w * channels), y * at.w * channels);
  }
  return { ...map, data, height: at.h, width: at.w };
}

/** The mask that the run gives for an image that is prepared as for validation. */
async function maskOfRun(graph: RunGraph, image: Raster, { info }: RunModel): Promise<Mask> {
  const look = (window: Planes): Promise<Planes> => graph.look(window);
  if (!info.middle) return maskOfProbabilities(await look(windowOf(image, 0, 0, image.height, image.width)));
  const all = emptyPlanes(info.classes.length, image.height, image.width);
  let y0 = 0;
  for await (const band of middleBands(image, info.middle, look)) {
    pastePlanes(band, all, y0, 0);
    y0 += band.height;
  }
  return maskOfProbabilities(all);
}

/** Sizes that the network was not built for: smaller and odd, larger and odd; for networks that take certain sizes only, the next one. */
function unfamiliarSizes({ plan, network, info }: RunModel): (readonly [number, number])[] {
  const [height, width] = plan.size.value;
  const { inputFor } = network.architecture;
  if (info.middle && inputFor) {
    const next = (side: number): number => inputFor(side - 2 * info.middle!.margin + 1, network.options).input;
    return [[next(info.middle.height), info.middle.width]];
  }
  return [
    [Math.max(33, Math.round(0.8 * height)) | 1, Math.max(33, Math.round(0.7 * width)) | 1],
    [(height + 13) | 1, (width + 22) | 1],
  ];
}

/** Runs the bundle on a batch of two in a size it was not built for, and the run's graph on each image. */
async function agreementAt(
  [height, width]: readonly [number, number],
  images: readonly [Raster, Raster],
  predictor: Predictor,
  graph: RunGraph,
  { plan }: RunModel,
): Promise<number> {
  const { mean, std } = plan.normalise.value;
  const bring = pipeline([resize({ height, width })], { ignoreIndex: 255 });
  const normalised = pipeline([normalize({ mean: [mean[0]!, ...mean.slice(1)], std: [std[0]!, ...std.slice(1)] })], {
    ignoreIndex: 255,
  });
  const brought = images.map((image) => bring({ image }, new Random(0)).image);
  const raw = brought.map((image) => windowOf(image, 0, 0, height, width));
  const batch = new Float32Array(raw.length * raw[0]!.data.length);
  for (const [i, { data }] of raw.entries()) batch.set(data, i * data.length);
  const { data, shape } = await predictor.run(batch, [raw.length, raw[0]!.channels, height, width]);
  const [, channels, h, w] = shape as [number, number, number, number];
  const agreement = new Agreement();
  for (const [i, image] of brought.entries()) {
    const at = i * channels * h * w;
    const bundle = { data: (data as Float32Array).subarray(at, at + channels * h * w), channels, height: h, width: w };
    const own = await graph.look(windowOf(normalised({ image }, new Random(0)).image, 0, 0, height, width));
    agreement.add(maskOfProbabilities(bundle), maskOfProbabilities(cutPlanes(own, 0, 0, h, w)));
  }
  return agreement.share;
}

function refuse(found: string): never {
  throw new ExportError({
    expected: `masks equal to the run's on at least ${100 * leastAgreement} % of pixels, and a mean IoU within ${largestDifference}`,
    found,
    next: "Nothing was written. Please report this network with its options.",
  });
}

/**
 * Compares a bundle with its run on images of the data set, prepared as for validation, and at other sizes.
 *
 * @throws ExportError when they differ by more than the bounds.
 */
export async function* checkBundle(
  predictor: Predictor,
  graph: RunGraph,
  run: RunModel,
  samples: readonly Sample[],
): AsyncGenerator<GateEvent, GateReport, void> {
  const { plan, info } = run;
  const ignoreIndex = info.ignoreIndex;
  // The transforms were checked when the plan was made.
  const prepare = pipeline(plan.evalTransforms.value as never, { ignoreIndex });
  const agreement = new Agreement();
  const matrices = [0, 1].map(() => new ConfusionMatrix(info.classes.length, { ignoreIndex })) as [
    ConfusionMatrix,
    ConfusionMatrix,
  ];
  const seen: Raster[] = [];
  for (const [i, sample] of samples.entries()) {
    const loaded = await loadSample(sample);
    // Whole images may be far larger than what networks for tiles were trained on.
    const at = info.input.rule === "tiles" ? middleCrop(loaded.image, plan.size.value) : undefined;
    const [image, mask] = at ? [crop(loaded.image, at), crop(loaded.mask, at)] : [loaded.image, loaded.mask];
    const prepared = prepare({ image, mask }, new Random(0));
    const outputSize = [prepared.image.height, prepared.image.width] as const;
    const bundleMask = await predictor.predictMask(image, { outputSize });
    const runMask = await maskOfRun(graph, prepared.image, run);
    agreement.add(runMask, bundleMask);
    for (const [m, predicted] of [runMask, bundleMask].entries()) matrices[m]!.addMap(prepared.mask!, predicted);
    if (seen.length < 2) seen.push(image);
    yield { kind: "image", done: i + 1, total: samples.length };
  }
  if (!(agreement.share >= leastAgreement))
    refuse(`only ${(100 * agreement.share).toFixed(2)} % of the pixels have the same class`);
  const [own, bundle] = matrices.map((matrix) => meanIou(matrix)) as [number, number];
  if (Math.abs(own - bundle) > largestDifference)
    refuse(`the run's mean IoU is ${own.toFixed(4)}, the model's ${bundle.toFixed(4)}`);
  const otherSizes: { height: number; width: number; agreement: number }[] = [];
  for (const [height, width] of unfamiliarSizes(run)) {
    const share = await agreementAt([height, width], [seen[0]!, seen.at(-1)!], predictor, graph, run);
    if (!(share >= leastAgreement))
      refuse(`at ${height}x${width} only ${(100 * share).toFixed(2)} % of the pixels have the same class`);
    otherSizes.push({ height, width, agreement: share });
  }
  return {
    images: samples.length,
    agreement: agreement.share,
    ...(Number.isNaN(own) ? {} : { meanIou: { run: own, bundle } }),
    otherSizes,
  };
}
