/** @file Sample: one image and its mask on disk, and how to read the mask. Plain JSON, because samples are posted to worker threads. */
import type { Mask, Raster } from "../raster/raster.js";

/** The value of "no class here" in loaded masks: 255 in 8-bit masks, 65535 in the 16-bit masks of sets with more than 255 classes. */
export type IgnoreIndex = 255 | 65535;

/** What every way of reading a mask needs to know. */
interface DecodingBase {
  /** Number of real classes, void not counted; loaded masks hold 0..numClasses-1 and `ignoreIndex`. */
  readonly numClasses: number;
  readonly ignoreIndex: IgnoreIndex;
}

/** Masks of one channel (grey or palette): a table from the value in the file to the class index. Other values are out of range. */
export interface ValueDecoding extends DecodingBase {
  readonly kind: "values";
  /** Pairs `[value in the file, class index or ignoreIndex]`. */
  readonly table: readonly (readonly [value: number, index: number])[];
  /** The class of all values that are not in the table; without it they are out of range. */
  readonly other?: number;
}

/** Masks in which a colour stands for a class (RGB, or a palette whose order means nothing). Other colours are out of range. */
export interface ColourDecoding extends DecodingBase {
  readonly kind: "colours";
  /** Rows `[red, green, blue, class index or ignoreIndex]`, 0..255. */
  readonly table: readonly (readonly [red: number, green: number, blue: number, index: number])[];
  /** The class of all colours that are not in the table; without it they are out of range. */
  readonly other?: number;
}

/** Labels drawn as polygons or run lengths (COCO); painted in order, later shapes over earlier ones, on a ground of `background`. */
export interface ShapeDecoding extends DecodingBase {
  readonly kind: "shapes";
  readonly height: number;
  readonly width: number;
  /** Class index of pixels no shape covers. */
  readonly background: number;
  readonly shapes: readonly LabelShape[];
}

/** One region of a class: rings of pixel coordinates `[x0, y0, x1, y1, ...]`, or run lengths down the columns, first run outside. */
export interface LabelShape {
  readonly index: number;
  readonly polygons?: readonly (readonly number[])[];
  readonly runs?: readonly number[];
}

/** An image without labels: its mask is `ignoreIndex` everywhere, so losses and metrics pass over it. */
export interface NoLabels extends DecodingBase {
  readonly kind: "none";
  /** What the mask holds instead of `ignoreIndex`: transforms pad with `ignoreIndex`, so another value tells image from padding. */
  readonly fill?: number;
}

export type MaskDecoding = ValueDecoding | ColourDecoding | ShapeDecoding | NoLabels;

/** One image of a data set. */
export interface Sample {
  /** Unique in its split; the image's path under its folder, without extension. */
  readonly id: string;
  /** The image file. */
  readonly image: string;
  /** The file that holds the labels; absent for an unlabelled image. */
  readonly mask?: string;
  /** Channels of the data set's images; a grey image in a set of 3 is repeated, any other difference is an error. */
  readonly channels: number;
  /** How the labels become class indices. */
  readonly decode: MaskDecoding;
  /** Present when the labels are a network's predictions. */
  readonly role?: "pseudo";
}

/** A sample in memory. */
export interface LoadedSample {
  /** The image as stored: channels of the data set, type of the file, values not scaled. */
  readonly image: Raster;
  /** Class indices 0..numClasses-1, `ignoreIndex` where void; the size of the image. */
  readonly mask: Mask;
  /** How many mask pixels held a value or colour that is no class; they are `ignoreIndex` in `mask`. */
  readonly outOfRange: number;
}
