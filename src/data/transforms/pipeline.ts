/** @file The list of transforms as one function of an image, its mask and a stream of random numbers. */
import { DataError, UsageError } from "../../errors/index.js";
import type { Mask, Raster } from "../../raster/raster.js";
import type { Random } from "../../util/random.js";
import { chain, type Placement, pointIn } from "./geometry.js";
import { randomPixel } from "./random-pixel.js";
import { resampleImage, resampleMask } from "./resample.js";
import type { FloatImage, GeometryStep, Pair, PixelStep, Step, Transform } from "./transform.js";
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

/** Neighbouring geometric steps, which are resampled as one; `fill` is what the outside becomes. */
interface GeometryStage {
  readonly steps: GeometryStep[];
  readonly fill: readonly number[];
}

type Stage = GeometryStage | PixelStep;

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

/** A pair on its way: `image` is undefined until the first step that does anything. */
interface Underway {
  readonly source: Raster;
  readonly image: FloatImage | undefined;
  readonly mask: Mask | undefined;
}

/** @throws DataError when mask and image differ in size. */
function begin({ image: source, mask }: Pair): Underway {
  if (mask && (mask.height !== source.height || mask.width !== source.width))
    throw new DataError({
      found: `the mask is ${mask.height}x${mask.width}`,
      expected: `the image's size, ${source.height}x${source.width}`,
      next: "Run segkit doctor on the data set.",
    });
  return { source, image: undefined, mask };
}

/** The image as floats of its own, which pixel steps may change in place. */
function floats({ source, image }: Underway): FloatImage {
  return image ?? { ...source, data: Float32Array.from(source.data), white: whiteOf(source) };
}

function move(underway: Underway, { steps, fill }: GeometryStage, random: Random, ignoreIndex: number): Underway {
  const { source, image, mask } = underway;
  const placements: Placement[] = [];
  const from = { height: image?.height ?? source.height, width: image?.width ?? source.width };
  let frame = from;
  for (const step of steps) {
    const inFrame = frame;
    const placement = step.place(frame, random, (classes, stream) => {
      const pixel = mask && randomPixel(mask, classes, stream);
      return pixel && pointIn(inFrame, placements, pixel);
    });
    if (!placement) continue;
    placements.push(placement);
    frame = placement.frame;
  }
  if (placements.length === 0) return underway;
  const path = chain(from, placements);
  const moved = resampleImage(image ?? source, path, perChannel(fill, source.channels));
  return {
    source,
    image: { ...moved, white: image ? image.white : whiteOf(source) },
    mask: mask && resampleMask(mask, path, ignoreIndex),
  };
}

/** The pair after some stages. */
function advance(pair: Underway, plan: readonly Stage[], random: Random, ignoreIndex: number): Underway {
  let underway = pair;
  for (const stage of plan) {
    if ("steps" in stage) underway = move(underway, stage, random, ignoreIndex);
    else {
      const image = floats(underway);
      stage.change(image, random);
      underway = { ...underway, image };
    }
  }
  return underway;
}

function finish(underway: Underway): TransformedPair {
  const { data, height, width, channels } = floats(underway);
  return { image: { data, height, width, channels }, ...(underway.mask ? { mask: underway.mask } : {}) };
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
  return (pair, random) => finish(advance(begin(pair), plan, random, ignoreIndex));
}

/** A transformed pair and further views of its image, of the same size and place. */
export interface PairWithViews extends TransformedPair {
  readonly views: readonly TransformedPair["image"][];
}

/** Applies the transforms to one pair; `randomOf(i)` is the stream of view i. */
export type ViewPipeline = (pair: Pair, random: Random, randomOf: (view: number) => Random) => PairWithViews;

function pixelStages(transforms: readonly Transform[], where: string): Stage[] {
  const steps = transforms.map(bindTransform);
  const bad = steps.findIndex(({ type }) => type === "geometry");
  if (bad < 0) return stages(steps);
  throw new UsageError({
    found: `${transforms[bad]!.name} ${where}`,
    expected: "transforms that leave pixels where they are, so that all views show the same place",
    next: "Put what moves pixels at the beginning of the shared transforms.",
  });
}

/**
 * Like {@link pipeline}, with more than one look at each image: the geometric transforms that `transforms` begins with are drawn and
 * resampled once; their result goes through the rest of `transforms`, and once more through each list of `views`.
 *
 * The pair itself is what {@link pipeline} makes of it.
 *
 * @throws UsageError as {@link pipeline}, and for geometric transforms in a view or, where there are views, after a pixel step.
 */
export function viewPipeline(
  transforms: readonly Transform[],
  views: readonly (readonly Transform[])[],
  { ignoreIndex }: PipelineOptions,
): ViewPipeline {
  const plan = stages(transforms.map(bindTransform));
  const [first] = plan;
  const shared = first && "steps" in first ? [first] : [];
  const rest = plan.slice(shared.length);
  if (views.length > 0 && rest.some((stage) => "steps" in stage))
    throw new UsageError({
      found: "a geometric transform after one that changes pixels",
      expected: "all geometric transforms at the beginning where images have several views",
    });
  const further = views.map((list, i) => pixelStages(list, `in view ${i}`));
  return (pair, random, randomOf) => {
    const placed = advance(begin(pair), shared, random, ignoreIndex);
    const seen = further.map((plan, i) => {
      // Pixel steps work in place, so each view starts from floats of its own.
      const image = placed.image && { ...placed.image, data: placed.image.data.slice() };
      return finish(advance({ ...placed, image }, plan, randomOf(i), ignoreIndex)).image;
    });
    return { ...finish(advance(placed, rest, random, ignoreIndex)), views: seen };
  };
}
