/** @file Stored: pixels exactly as a file holds them, before any rule about palettes, transparency or bit depth is applied. */
import type { RasterData } from "./raster.js";

/** File formats that are read; the name says how the pixels were packed, not what the file is called. */
export type FormatName = "png" | "jpeg" | "tiff" | "webp" | "gif" | "avif";

/** A decoded file. Palette images hold indices in one channel. */
export interface Stored {
  readonly format: FormatName;
  readonly data: RasterData;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Bits a sample in the file; 1, 2 and 4 mean `data` goes up to 1, 3 or 15. */
  readonly bitDepth: number;
  /** Colours `[r, g, b, r, g, b, ...]` when `data` holds palette indices. */
  readonly palette?: Uint8Array;
  /** True when the file declares its last channel to be opacity. */
  readonly alpha: boolean;
  /** True when 0 is white (some TIFF scans). */
  readonly whiteIsZero: boolean;
  /** The value that stands for "no measurement" (GDAL's nodata tag). */
  readonly nodata?: number;
}

/** Size and kind of an image, known from its header. */
export interface RasterInfo {
  readonly format: FormatName;
  readonly height: number;
  readonly width: number;
  /** Channels without transparency; a palette image counts as the 3 of its colours. */
  readonly channels: number;
  /** True when the file has one more channel, declared as opacity. */
  readonly alpha: boolean;
}
