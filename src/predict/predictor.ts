/**
 * @file Predictor: a bundle that turns images of any size into masks, by resizing or by tiles, averaged over views if wanted.
 *
 * Whatever way is taken, the result comes in bands of rows from top to bottom, so that a mask of a large image needs no
 * probabilities of the whole.
 */
import { pipeline, resize } from "../data/transforms/index.js";
import { DataError } from "../errors/index.js";
import type { Mask, Raster } from "../raster/raster.js";
import type { Device } from "../runtime/devices.js";
import { SessionHost } from "../runtime/host.js";
import { float32, type Tensor } from "../runtime/tensor.js";
import { ahead } from "../util/ahead.js";
import { Random } from "../util/random.js";
import { argmaxInto, emptyMask, maskOfProbabilities } from "./argmax.js";
import { Band } from "./band.js";
import { type BundleInfo, modelAtTemperatureOne, readBundle } from "./bundle.js";
import { atTemperature, entropy } from "./confidence.js";
import { middleBands } from "./middle-tiles.js";
import { emptyPlanes, type Planes, pastePlanes, windowOf } from "./planes.js";
import { resizedRows, resizePlanes } from "./resize-planes.js";
import { applySymmetry, type SymmetrySet, symmetrySets, undoSymmetry } from "./symmetry.js";
import { TileBlend } from "./tile-blend.js";
import { type TileOptions, tileRows } from "./tiles.js";

export interface PredictOptions {
  /** Views to average over; default `none`, the image alone. */
  readonly symmetries?: SymmetrySet;
  /** Instead of the bundle's own rule: the size the image is brought to, or `"native"`. */
  readonly inputSize?: readonly [height: number, width: number] | "native";
  /** Instead of the bundle's own rule: cut the image, at its own size unless `inputSize` says another, into tiles. */
  readonly tiles?: TileOptions;
  /** Size of the result; default the image's. */
  readonly outputSize?: readonly [height: number, width: number];
}

export interface ScanOptions extends PredictOptions {
  /** Whether bands say how much the views of `symmetries` disagree. */
  readonly disagreement?: boolean;
}

/** Calibrated probabilities [K, H, W] and the class with the largest of each pixel. */
export interface Prediction {
  readonly probabilities: Planes;
  readonly mask: Mask;
}

export interface PredictorOptions {
  readonly device: Device;
  /** Threads inside an operator; 0 lets ONNX Runtime take the physical cores. */
  readonly threads: number;
}

/** Tiles in the host beside the one that is blended. */
const tilesAhead = 1;

export class Predictor {
  readonly info: BundleInfo;
  private readonly host: SessionHost;
  private readonly session: number;

  private constructor(info: BundleInfo, host: SessionHost, session: number) {
    this.info = info;
    this.host = host;
    this.session = session;
  }

  /** Loads the bytes of a bundle. @throws RuntimeError when they are none, are damaged, or the device refuses them. */
  static async load(bundle: Uint8Array, { device, threads }: PredictorOptions): Promise<Predictor> {
    const read = readBundle(bundle);
    const { info } = read;
    const host = new SessionHost();
    try {
      const session = await host.load({
        model: info.calibration ? modelAtTemperatureOne(read) : bundle,
        options: { provider: device.provider, threads, optimize: "all" },
      });
      return new Predictor(info, host, session);
    } catch (error) {
      await host.stop();
      throw error;
    }
  }

  get numClasses(): number {
    return this.info.classes.length;
  }

  private get temperature(): number {
    return this.info.calibration?.temperature ?? 1;
  }

  /** Channels of the maps that are blended: the classes, and the mean entropy of the views where it is asked for. */
  private mapsOf({ disagreement }: ScanOptions): number {
    return this.numClasses + (disagreement ? 1 : 0);
  }

  /**
   * Probabilities and mask of an image, in the size of the image or `outputSize`.
   *
   * @throws DataError when the image has other channels than the model takes, UsageError for impossible tiles.
   */
  async predict(image: Raster, options: PredictOptions = {}): Promise<Prediction> {
    const [height, width] = options.outputSize ?? [image.height, image.width];
    const raw = resizePlanes(await this.whole(this.bring(image, options), options), height, width);
    const data = atTemperature(raw.data, this.numClasses, this.temperature);
    return { probabilities: { ...raw, data }, mask: maskOfProbabilities(raw) };
  }

  /** The mask alone, in the size of the image or `outputSize`, without holding all probabilities at once. @throws As `predict`. */
  async predictMask(image: Raster, options: PredictOptions = {}): Promise<Mask> {
    const [height, width] = options.outputSize ?? [image.height, image.width];
    const mask = emptyMask(this.numClasses, height, width);
    for await (const { raw, at } of this.scan(image, options)) argmaxInto(raw, this.numClasses, mask.data, at);
    return mask;
  }

  /** The result in bands of full width from top to bottom, in the size of the image or `outputSize`. @throws As `predict`. */
  async *scan(image: Raster, options: ScanOptions = {}): AsyncGenerator<Band, void, void> {
    const [height, width] = options.outputSize ?? [image.height, image.width];
    const brought = this.bring(image, options);
    let at = 0;
    const next = (maps: Float32Array): Band => {
      const band = new Band(maps, this.numClasses, this.temperature, at, options.disagreement === true);
      at += band.pixels;
      return band;
    };
    if (brought.height === height && brought.width === width)
      for await (const { data } of this.bands(brought, options)) yield next(data);
    else for (const row of resizedRows(await this.whole(brought, options), height, width)) yield next(row);
  }

  /** Probabilities [N, K, H, W] of images [N, C, H, W] as they are, in the image's own units, before the temperature; the images are handed over. */
  async run(images: Float32Array, shape: readonly [number, number, number, number]): Promise<Tensor> {
    const { tensors } = await this.host.run(this.session, { image: float32(images, shape) }, ["probabilities"]);
    return tensors.probabilities!;
  }

  async close(): Promise<void> {
    await this.host.stop();
  }

  /** Height and width that the network sees an image in, before it is cut into tiles. */
  sizeSeen({ height, width }: Raster, { inputSize, tiles }: PredictOptions = {}): readonly [number, number] {
    const { input } = this.info;
    const own = input.rule === "resize" && !tiles ? ([input.height, input.width] as const) : "native";
    const wanted = inputSize ?? own;
    return wanted === "native" ? [height, width] : wanted;
  }

  /** The image in the size the network sees it in. */
  private bring(image: Raster, options: PredictOptions): Raster {
    const { channels } = this.info;
    if (image.channels !== channels)
      throw new DataError({
        expected: `images of ${channels} channels, as this model takes`,
        found: `the image has ${image.channels}`,
      });
    const [height, width] = this.sizeSeen(image, options);
    if (image.height === height && image.width === width) return image;
    // The same resampling as in training.
    return pipeline([resize({ height, width })], { ignoreIndex: 255 })({ image }, new Random(0)).image;
  }

  private async whole(image: Raster, options: ScanOptions): Promise<Planes> {
    const all = emptyPlanes(this.mapsOf(options), image.height, image.width);
    let y0 = 0;
    for await (const band of this.bands(image, options)) {
      pastePlanes(band, all, y0, 0);
      y0 += band.height;
    }
    return all;
  }

  /** Probabilities of an image in bands of full width from top to bottom: at once, or tile by tile. */
  private bands(image: Raster, options: ScanOptions): AsyncIterable<Planes> {
    const { input, middle } = this.info;
    const given = options.tiles;
    const look = (window: Planes): Promise<Planes> => this.average(window, options);
    if (middle) return middleBands(image, given ? { ...middle, ...given } : middle, look);
    const tiles = given ?? (input.rule === "tiles" ? input : undefined);
    const whole = { height: image.height, width: image.width, overlap: 0 };
    return this.blendedBands(image, tiles ?? whole, this.mapsOf(options), look);
  }

  private async *blendedBands(
    image: Raster,
    tiles: TileOptions,
    maps: number,
    look: (window: Planes) => Promise<Planes>,
  ): AsyncGenerator<Planes, void, void> {
    const rows = tileRows(image.height, image.width, tiles);
    const boxes = rows.flat();
    const cut = ({ y0, x0, y1, x1 }: (typeof boxes)[number]): Promise<Planes> =>
      look(windowOf(image, y0, x0, y1 - y0, x1 - x0));
    if (boxes.length === 1) {
      yield await cut(boxes[0]!);
      return;
    }
    const blend = new TileBlend(maps, Math.min(image.height, tiles.height), image.width);
    let done = 0;
    for await (const { item, result } of ahead(boxes, tilesAhead, cut)) {
      blend.add(result.data, item);
      done++;
      if (done % rows[0]!.length === 0) yield blend.take(boxes[done]?.y0 ?? image.height);
    }
  }

  /** The mean over views of a window; its data are handed over. */
  private async average(window: Planes, { symmetries = "none", disagreement = false }: ScanOptions): Promise<Planes> {
    const views = symmetrySets[symmetries];
    let sum: Planes | undefined;
    // From the last on: the first view is the window itself, whose buffer the run takes away.
    for (const view of [...views].reverse()) {
      const { data, channels, height, width } = applySymmetry(window, view);
      const { shape, data: out } = await this.run(data, [1, channels, height, width]);
      const [, K, h, w] = shape as [number, number, number, number];
      const look = { data: out as Float32Array, channels: K, height: h, width: w };
      const result = undoSymmetry(disagreement ? withEntropy(look) : look, view);
      if (!sum) sum = result;
      else for (let i = 0; i < sum.data.length; i++) sum.data[i] = sum.data[i]! + result.data[i]!;
    }
    const { data } = sum!;
    if (views.length > 1) for (let i = 0; i < data.length; i++) data[i] = data[i]! / views.length;
    return sum!;
  }
}

/** The map with the entropy of its probabilities as one more channel. */
function withEntropy({ data, channels, height, width }: Planes): Planes {
  const out = new Float32Array(data.length + height * width);
  out.set(data);
  out.set(entropy(data, channels), data.length);
  return { data: out, channels: channels + 1, height, width };
}
