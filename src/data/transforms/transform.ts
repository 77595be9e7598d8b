/** @file Transform: one step of augmentation or preparation as plain data, and what a kind of transform brings to be applied. */
import { z } from "zod";
import { UsageError } from "../../errors/index.js";
import type { Mask, Raster } from "../../raster/raster.js";
import type { Random } from "../../util/random.js";
import type { Frame, Placement } from "./geometry.js";

/** A transform as JSON: its name and its options, all of them written out. Posted to worker threads and kept in `plan.json`. */
export interface Transform {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** An image and its mask, which every geometric transform moves together. */
export interface Pair {
  readonly image: Raster;
  /** The size of the image. */
  readonly mask?: Mask;
}

/** An image while it is transformed: `data` is `[H, W, C]`, owned by the pipeline and changed in place. */
export interface FloatImage extends Raster {
  readonly data: Float32Array;
  /** Largest value of the 8- or 16-bit type the image came in; colours are clipped to `[0, white]`. Undefined: no clipping. */
  white: number | undefined;
}

/** Bounds that values of the image are clipped to; infinite where it is not clipped. */
export function valueRange({ white }: FloatImage): [bottom: number, top: number] {
  return white === undefined ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] : [0, white];
}

/**
 * A labelled pixel for a step to look at: the centre, in the step's frame, of a random pixel of a random one of these classes;
 * undefined where the mask has none of them inside the frame.
 */
export type FindPixel = (classes: readonly number[], random: Random) => readonly [x: number, y: number] | undefined;

/** A step that moves pixels: it says where the pixels of its output frame come from, and a run of such steps is resampled once. */
export interface GeometryStep {
  readonly type: "geometry";
  /** Undefined: the step leaves this image as it is. */
  place(frame: Frame, random: Random, find: FindPixel): Placement | undefined;
}

/** A step that changes values where they are; masks are not touched. */
export interface PixelStep {
  readonly type: "pixels";
  change(image: FloatImage, random: Random): void;
  /** The image values this step turns into 0: what an earlier geometric step fills the outside with. */
  readonly zero?: readonly number[];
}

export type Step = GeometryStep | PixelStep;

/** A kind of transform: its name, the check of its options, and how options become a step. */
export interface TransformKind {
  readonly name: string;
  /** The options, for tables of them. */
  readonly schema: z.ZodType;
  /**
   * The transform with defaults filled in.
   * @throws UsageError for unknown options and values out of range.
   */
  check(options: unknown): Transform;
  /** The step that applies a transform of this kind. */
  bind(options: unknown): Step;
}

function parse<Options>(name: string, schema: z.ZodType<Options>, given: unknown): Options {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${issue.path.join(".") || "options"}: ${issue.message}`);
  throw new UsageError({
    found: `transform "${name}" has ${issues.join("; ")}`,
    expected: `options of "${name}" as documented`,
    next: "Correct the option and run again.",
  });
}

/** Declares a kind of transform: one schema for its options, one function from options to step. */
export function defineTransform<Options extends object>(
  name: string,
  schema: z.ZodType<Options>,
  step: (options: Options) => Step,
): TransformKind {
  const read = (given: unknown): Options => {
    // In plan.json the name stands among the options; the schemas, which refuse unknown keys, do not list it.
    const { name: _, ...options } = (given ?? {}) as Record<string, unknown>;
    return parse(name, schema, options);
  };
  return { name, schema, check: (given) => ({ name, ...read(given) }), bind: (given) => step(read(given)) };
}

/** Probability in [0, 1] that a transform is applied to an image. */
export const probability = z.number().min(0).max(1);

/** `[low, high]` of a uniform draw. */
export const range = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low <= high, "the first number must not exceed the second");

/** `[low, high]`, or one number r for `[-r, r]`. */
export const symmetricRange = z.union([
  range,
  z
    .number()
    .nonnegative()
    .transform((r): [number, number] => [-r, r]),
]);
