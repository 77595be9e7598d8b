/** @file Reading and writing images and masks, and showing masks in colour. */
export { decodeStored, imageExtensions, readBytes, readRasterInfo } from "./formats.js";
export { colourise, type OverlayOptions, overlay } from "./overlay.js";
export { packColour, pngPalette, type Rgb, unpackColour, vocColour, vocPalette, voidColour } from "./palette.js";
export { encodePng, type PngPixels } from "./png-encode.js";
export type { Box, Mask, Raster, RasterData } from "./raster.js";
export { decodeRaster, imageOf, type ReadOptions, readRaster, selectChannels } from "./read.js";
export { maskOf, type RawMask, readMask, readRawMask } from "./read-mask.js";
export { resizeMask } from "./resize-mask.js";
export type { FormatName, RasterInfo, Stored } from "./stored.js";
export { encodeIndexPng, writeIndexPng, writePng } from "./write.js";
