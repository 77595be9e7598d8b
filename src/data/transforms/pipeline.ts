/** @file The list of transforms as one function of an image, its mask and a stream of random numbers. */
import { DataError } from "../../errors/index.js";
import type { Mask, Raster } from "../../raster/raster.js";
import type { Random } from "../../util/random.js";
import { chain, type Placement } from "./geometry.js";
import { resampleImage, resampleMask } from "./resample.js";
import type { FloatImage, GeometryStep, Pair, Step, Transform } from "./transform.js";
import { bindTransform } from "./transforms.js";

/** What is not in the transforms themselves. */
export interface PipelineOptions {
  /** What masks hold outside the image, and for "no class". */
  readonly ignoreIndex: number;
}

/** A transformed image, `[H, W, C]` float32, and its mask. */
export interface TransformedPair {
  readonly image: Raster & { readonly data: Float32Array };
  readonly mask?: Mask;
}

/** Applies the transforms to one pair. The pair is left as it is; the same random stream gives the same result. */
export type Pipeline = (pair: Pair, random: Random) => TransformedPair;

/** Neighbouring geometric steps, which are resampled as one, or a single pixel step; `fill` is what the outside of the run becomes. */
type Stage = { steps: GeometryStep[]; fill: readonly number[] } | Exclude<Step, GeometryStep>;

/** Groups the steps. The outside is filled with the value that the next step with a `zero` turns into 0. */
function stages(steps: readonly Step[]): Stage[] {
  const grouped: Stage[] = [];
  steps.forEach((step, i) => {
    const last = grouped.at(-1);
    if (step.type === "pixels") grouped.push(step);
    else if (last && "steps" in last) last.steps.push(step);
    else {
      const next = steps.slice(i).find((later) => later.type === "pixels" && later.zero);
      grouped.push({ steps: [step], fill: next?.type === "pixels" ? (next.zero ?? [0]) : [0] });
    }
  });
  return grouped;
}

function whiteOf(image: Raster): number | undefined {
  if (image.data instanceof Uint8Array) return 255;
  return image.data instanceof Uint16Array ? 65535 : undefined;
}

/** Value for each channel from a list of one or of as many as there are channels. */
function perChannel(values: readonly number[], channels: number): number[] {
  return Array.from({ length: channels }, (_, c) => values[c % values.length]!);
}

/**
 * Checks a list of transforms and makes it a function.
 *
 * Geometric transforms that stand next to each other are resampled once. Masks take the nearest pixel and `ignoreIndex` outside;
 * outside, images get the mean of the next `normalize` (0 after it), so that padding is 0 to the network.
 *
 * @throws UsageError for unknown names and options; the function throws DataError for images that do not fit.
 */
export function pipeline(transforms: readonly Transform[], { ignoreIndex }: PipelineOptions): Pipeline {
  const plan = stages(transforms.map(bindTransform));
  return ({ image: source, mask: labels }, random) => {
    if (labels && (labels.height !== source.height || labels.width !== source.width))
      throw new DataError({
        found: `the mask is ${labels.height}x${labels.width}`,
        expected: `the image's size, ${source.height}x${source.width}`,
        next: "Run segkit doctor on the data set.",
      });
    let mask = labels;
    let image: FloatImage | undefined;
    const white = whiteOf(source);
    for (const stage of plan) {
      if ("steps" in stage) {
        const placements: Placement[] = [];
        let frame = { height: image?.height ?? source.height, width: image?.width ?? source.width };
        const from = frame;
        for (const step of stage.steps) {
          const placement = step.place(frame, random);
          if (!placement) continue;
          placements.push(placement);
          frame = placement.frame;
        }
        if (placements.length === 0) continue;
        const path = chain(from, placements);
        const fill = perChannel(stage.fill, source.channels);
        image = { ...resampleImage(image ?? source, path, fill), white: image ? image.white : white };
        if (mask) mask = resampleMask(mask, path, ignoreIndex);
      } else {
        image ??= { ...source, data: Float32Array.from(source.data), white };
        stage.change(image, random);
      }
    }
    const { data, height, width, channels } = image ?? { ...source, data: Float32Array.from(source.data) };
    return { image: { data, height, width, channels }, ...(mask ? { mask } : {}) };
  };
}
