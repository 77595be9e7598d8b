/** @file Raster: an image in memory, and Mask: a class index for every pixel. */

export type RasterData = Uint8Array | Uint16Array | Int16Array | Float32Array;

/** An image, pixels in rows from the top left, channels of a pixel side by side (HWC). */
export interface Raster {
  readonly data: RasterData;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A class index for each pixel, rows from the top left. Which value means "ignore" is the data set's to say. */
export interface Mask {
  readonly data: Uint8Array | Uint16Array;
  readonly height: number;
  readonly width: number;
}

/** A rectangle in pixels, from (y0, x0) inclusive to (y1, x1) exclusive. */
export interface Box {
  readonly y0: number;
  readonly x0: number;
  readonly y1: number;
  readonly x1: number;
}
