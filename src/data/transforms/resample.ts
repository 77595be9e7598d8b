/** @file Reads an image or a mask through a chain of geometric steps, by the cheapest way that is exact for it. */
import type { Mask, Raster } from "../../raster/raster.js";
import { axisMap, type Chain } from "./geometry.js";
import { imageByAxes, maskByAxes } from "./resample-axes.js";
import { imageByPoints, maskByPoints } from "./resample-points.js";

/**
 * The image in the chain's frame, as float32: bilinear, averaging where it is reduced.
 *
 * @param fill value of each channel for pixels whose centre is outside the source
 */
export function resampleImage(source: Raster, chain: Chain, fill: readonly number[]): Raster & { data: Float32Array } {
  const axes = axisMap(chain);
  const data = axes ? imageByAxes(source, chain.frame, axes, fill) : imageByPoints(source, chain, fill);
  return { ...chain.frame, channels: source.channels, data };
}

/** The mask in the chain's frame: the value of the pixel that holds the output pixel's centre, `ignoreIndex` outside. */
export function resampleMask(source: Mask, chain: Chain, ignoreIndex: number): Mask {
  const length = chain.frame.height * chain.frame.width;
  const data = source.data instanceof Uint8Array ? new Uint8Array(length) : new Uint16Array(length);
  const axes = axisMap(chain);
  if (axes) maskByAxes(source, chain.frame, axes, ignoreIndex, data);
  else maskByPoints(source, chain, ignoreIndex, data);
  return { ...chain.frame, data };
}
