/** @file What is written of an image beside its mask: maps of confidence and entropy, a mask with "unknown" in it. */
import type { Mask, Raster } from "../raster/raster.js";
import { argmaxInto, emptyMask } from "./argmax.js";
import { byteOf, confidence, entropy } from "./confidence.js";
import { emptyPlanes, type Planes } from "./planes.js";
import type { PredictOptions, Predictor } from "./predictor.js";

export interface MapOptions extends PredictOptions {
  readonly probabilities?: boolean;
  readonly confidence?: boolean;
  readonly entropy?: boolean;
  /** Pixels whose confidence is below become the model's `ignoreIndex`. */
  readonly unknownBelow?: number;
}

/** What was asked for, in the size of the image or `outputSize`. */
export interface PixelMaps {
  readonly mask: Mask;
  /** Calibrated, [K, H, W]. */
  readonly probabilities?: Planes;
  /** 255 times the largest probability. */
  readonly confidence?: Mask;
  /** 255 times the entropy over ln K. */
  readonly entropy?: Mask;
}

/** The maps of an image, in bands: only `probabilities` takes the memory of all of them. @throws As `Predictor.predict`. */
export async function pixelMaps(predictor: Predictor, image: Raster, options: MapOptions): Promise<PixelMaps> {
  const { numClasses, info } = predictor;
  const [height, width] = options.outputSize ?? [image.height, image.width];
  const { unknownBelow } = options;
  const blank = (): Mask => ({ data: new Uint8Array(height * width), height, width });
  // Of 256 classes no byte is left for "unknown".
  const valueCount = unknownBelow === undefined ? numClasses : Math.max(numClasses, info.ignoreIndex + 1);
  const mask = emptyMask(valueCount, height, width);
  const maps = {
    ...(options.probabilities ? { probabilities: emptyPlanes(numClasses, height, width) } : {}),
    ...(options.confidence ? { confidence: blank() } : {}),
    ...(options.entropy ? { entropy: blank() } : {}),
  };
  for await (const band of predictor.scan(image, options)) {
    const { at, pixels } = band;
    argmaxInto(band.raw, numClasses, mask.data, at);
    if (unknownBelow !== undefined || maps.confidence) {
      const values = confidence(band.probabilities, numClasses);
      for (let i = 0; i < pixels; i++) {
        if (unknownBelow !== undefined && values[i]! < unknownBelow) mask.data[at + i] = info.ignoreIndex;
        if (maps.confidence) maps.confidence.data[at + i] = byteOf(values[i]!);
      }
    }
    if (maps.entropy) {
      const values = entropy(band.probabilities, numClasses);
      for (let i = 0; i < pixels; i++) maps.entropy.data[at + i] = byteOf(values[i]!);
    }
    if (maps.probabilities)
      for (let k = 0; k < numClasses; k++)
        maps.probabilities.data.set(band.probabilities.subarray(k * pixels, (k + 1) * pixels), k * height * width + at);
  }
  return { mask, ...maps };
}
