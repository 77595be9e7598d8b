/** @file Predictor: a bundle that turns images of any size into masks, by resizing or by tiles, averaged over views if wanted. */

import { pipeline, resize } from "../data/transforms/index.js";
import { DataError, UsageError } from "../errors/index.js";
import type { Mask, Raster } from "../raster/raster.js";
import type { Device } from "../runtime/devices.js";
import { SessionHost } from "../runtime/host.js";
import { float32 } from "../runtime/tensor.js";
import { Random } from "../util/random.js";
import { type BundleInfo, readBundleInfo } from "./bundle.js";
import { resizePlanes } from "./resize-planes.js";
import { applySymmetry, type Planes, type SymmetrySet, symmetrySets, undoSymmetry } from "./symmetry.js";
import { TileBlend, type TileOptions, tileBoxes } from "./tiles.js";

export interface PredictOptions {
  /** Views to average over. */
  readonly symmetries?: SymmetrySet;
  /** Instead of the bundle's own rule: the size the image is brought to, or `"native"`. */
  readonly inputSize?: readonly [height: number, width: number] | "native";
  /** Instead of the bundle's own rule: cut into tiles of this size. */
  readonly tiles?: TileOptions;
  /** Size of the result; default the image's. */
  readonly outputSize?: readonly [height: number, width: number];
}

/** Probabilities [K, H, W] and the class with the largest of each pixel. */
export interface Prediction {
  readonly probabilities: Float32Array;
  readonly mask: Mask;
}

export interface PredictorOptions {
  readonly device: Device;
  readonly threads: number;
}

/** An image [H, W, C] as planes [C, H, W] in its own units. */
function planesOf({ data, height, width, channels }: Raster): Planes {
  const out = new Float32Array(data.length);
  const pixels = height * width;
  for (let c = 0; c < channels; c++)
    for (let i = 0, j = c; i < pixels; i++, j += channels) out[c * pixels + i] = data[j]!;
  return { data: out, channels, height, width };
}

function cut({ data, channels, height, width }: Planes, y0: number, x0: number, h: number, w: number): Planes {
  const out = new Float32Array(channels * h * w);
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < h; y++) {
      const from = (c * height + y0 + y) * width + x0;
      out.set(data.subarray(from, from + w), (c * h + y) * w);
    }
  return { data: out, channels, height: h, width: w };
}

/** Class with the largest probability of each pixel; the first on ties. */
export function maskOfProbabilities(probabilities: Float32Array, classes: number, height: number, width: number): Mask {
  const pixels = height * width;
  const data = classes <= 256 ? new Uint8Array(pixels) : new Uint16Array(pixels);
  const best = probabilities.slice(0, pixels);
  for (let k = 1; k < classes; k++)
    for (let i = 0; i < pixels; i++) {
      const p = probabilities[k * pixels + i]!;
      if (p > best[i]!) {
        best[i] = p;
        data[i] = k;
      }
    }
  return { data, height, width };
}

export class Predictor {
  readonly info: BundleInfo;
  private readonly host: SessionHost;
  private readonly session: number;

  private constructor(info: BundleInfo, host: SessionHost, session: number) {
    this.info = info;
    this.host = host;
    this.session = session;
  }

  /** Loads the bytes of a bundle. @throws RuntimeError when they are none. */
  static async load(bundle: Uint8Array, { device, threads }: PredictorOptions): Promise<Predictor> {
    const info = readBundleInfo(bundle);
    const host = new SessionHost();
    try {
      const session = await host.load({
        model: bundle,
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

  /**
   * Probabilities and mask of an image, in the size of the image or `outputSize`.
   *
   * @throws DataError when the image has other channels than the model takes.
   */
  async predict(image: Raster, options: PredictOptions = {}): Promise<Prediction> {
    const { channels } = this.info;
    if (image.channels !== channels)
      throw new DataError({
        expected: `images of ${channels} channels, as this model takes`,
        found: `the image has ${image.channels}`,
      });
    const [height, width] = options.outputSize ?? [image.height, image.width];
    const planes = await this.bring(image, options);
    const views = symmetrySets[options.symmetries ?? "none"];
    let sum: Planes | undefined;
    for (const view of views) {
      const result = undoSymmetry(await this.whole(applySymmetry(planes, view), options), view);
      if (!sum) sum = result;
      else for (let i = 0; i < sum.data.length; i++) sum.data[i] = sum.data[i]! + result.data[i]!;
    }
    const mean = sum!.data;
    if (views.length > 1) for (let i = 0; i < mean.length; i++) mean[i] = mean[i]! / views.length;
    const probabilities = resizePlanes(mean, this.numClasses, [sum!.height, sum!.width], [height, width]);
    return { probabilities, mask: maskOfProbabilities(probabilities, this.numClasses, height, width) };
  }

  async close(): Promise<void> {
    await this.host.stop();
  }

  /** The image as planes, in the size the network sees. */
  private async bring(image: Raster, { inputSize, tiles }: PredictOptions): Promise<Planes> {
    const { rule, height, width } = this.info.input;
    const wanted = inputSize ?? (rule === "resize" && !tiles ? ([height, width] as const) : "native");
    if (wanted === "native" || (image.height === wanted[0] && image.width === wanted[1])) return planesOf(image);
    const bringToSize = pipeline([resize({ height: wanted[0], width: wanted[1] })], { ignoreIndex: 255 });
    return planesOf(bringToSize({ image }, new Random(0)).image);
  }

  /** Probabilities of a whole map: at once, or tile by tile. */
  private async whole(planes: Planes, { tiles: given, inputSize }: PredictOptions): Promise<Planes> {
    const { rule, height, width, overlap } = this.info.input;
    const tiles = given ?? (rule === "tiles" && inputSize === undefined ? { height, width, overlap } : undefined);
    if (!this.info.keepsSize) return this.valid(planes, tiles ?? { height, width, overlap: 0 });
    if (!tiles || (planes.height <= tiles.height && planes.width <= tiles.width)) return this.run(planes);
    const blend = new TileBlend(this.numClasses, planes.height, planes.width);
    for (const box of tileBoxes(planes.height, planes.width, tiles)) {
      const tile = cut(planes, box.y0, box.x0, box.y1 - box.y0, box.x1 - box.x0);
      blend.add((await this.run(tile)).data, box);
    }
    return { data: blend.finish(), channels: this.numClasses, height: planes.height, width: planes.width };
  }

  /** The overlap-tile strategy of networks whose output is the centre of their input: the image's border is mirrored. */
  private async valid(planes: Planes, { height, width }: TileOptions): Promise<Planes> {
    const { margin } = this.info;
    const [h, w] = [height - 2 * margin, width - 2 * margin];
    if (h < 1 || w < 1)
      throw new UsageError({ expected: `tiles larger than ${2 * margin}x${2 * margin}`, found: `${height}x${width}` });
    const out = new Float32Array(this.numClasses * planes.height * planes.width);
    for (let y0 = 0; y0 < planes.height; y0 += h)
      for (let x0 = 0; x0 < planes.width; x0 += w) {
        const { data } = await this.run(mirrored(planes, y0 - margin, x0 - margin, height, width));
        for (let k = 0; k < this.numClasses; k++)
          for (let y = 0; y < Math.min(h, planes.height - y0); y++)
            for (let x = 0; x < Math.min(w, planes.width - x0); x++)
              out[(k * planes.height + y0 + y) * planes.width + x0 + x] = data[(k * h + y) * w + x]!;
      }
    return { data: out, channels: this.numClasses, height: planes.height, width: planes.width };
  }

  private async run({ data, channels, height, width }: Planes): Promise<Planes> {
    const { tensors } = await this.host.run(this.session, { image: float32(data, [1, channels, height, width]) }, [
      "probabilities",
    ]);
    const { shape, data: probabilities } = tensors.probabilities!;
    return { data: probabilities as Float32Array, channels: shape[1]!, height: shape[2]!, width: shape[3]! };
  }
}

/** A window of a map that continues mirrored beyond its borders, without repeating the border pixel. */
function mirrored({ data, channels, height, width }: Planes, y0: number, x0: number, h: number, w: number): Planes {
  const reflect = (i: number, n: number): number => {
    if (n === 1) return 0;
    const period = 2 * (n - 1);
    const p = ((i % period) + period) % period;
    return p < n ? p : period - p;
  };
  const columns = Int32Array.from({ length: w }, (_, x) => reflect(x0 + x, width));
  const out = new Float32Array(channels * h * w);
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < h; y++) {
      const row = (c * height + reflect(y0 + y, height)) * width;
      for (let x = 0; x < w; x++) out[(c * h + y) * w + x] = data[row + columns[x]!]!;
    }
  return { data: out, channels, height: h, width: w };
}
