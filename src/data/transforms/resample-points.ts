/** @file Resampling for any map: the source point of every output pixel, bilinear for images, the pixel it lies in for masks. */
import type { Mask, Raster } from "../../raster/raster.js";
import { type Chain, isAffine, reduction } from "./geometry.js";

/** Calls `use` with the source points of each row of the output. The two arrays are the same for all rows. */
function eachRow({ frame, maps }: Chain, use: (row: number, x: Float64Array, y: Float64Array) => void): void {
  const x = new Float64Array(frame.width);
  const y = new Float64Array(frame.width);
  for (let row = 0; row < frame.height; row++) {
    for (let i = 0; i < frame.width; i++) x[i] = i + 0.5;
    y.fill(row + 0.5);
    for (const map of maps) {
      if (!isAffine(map)) {
        map.move(x, y);
        continue;
      }
      const [a, b, c, d, e, f] = map;
      for (let i = 0; i < frame.width; i++) {
        const p = x[i]!;
        const q = y[i]!;
        x[i] = a * p + b * q + c;
        y[i] = d * p + e * q + f;
      }
    }
    use(row, x, y);
  }
}

/** Means of `factor` by `factor` cells; the last row and column of cells may be smaller. */
function boxReduce(source: Raster, factor: number): Raster {
  const { data, channels } = source;
  const height = Math.ceil(source.height / factor);
  const width = Math.ceil(source.width / factor);
  const out = new Float32Array(height * width * channels);
  for (let y = 0; y < source.height; y++) {
    const row = Math.floor(y / factor);
    const rows = Math.min(factor, source.height - row * factor);
    for (let x = 0; x < source.width; x++) {
      const column = Math.floor(x / factor);
      const share = 1 / (rows * Math.min(factor, source.width - column * factor));
      const to = (row * width + column) * channels;
      const from = (y * source.width + x) * channels;
      for (let c = 0; c < channels; c++) out[to + c]! += share * data[from + c]!;
    }
  }
  return { data: out, height, width, channels };
}

/**
 * An image seen through a chain, `[H, W, C]` of the chain's frame.
 *
 * Reductions by 2 or more average whole cells first, as four taps would skip pixels.
 *
 * @param fill value of each channel where the output pixel's centre is outside the source
 */
export function imageByPoints(source: Raster, chain: Chain, fill: readonly number[]): Float32Array {
  const factor = Math.max(1, Math.floor(reduction(chain)));
  const { data, height, width, channels } = factor > 1 ? boxReduce(source, factor) : source;
  const out = new Float32Array(chain.frame.height * chain.frame.width * channels);
  let at = 0;
  eachRow(chain, (_, xs, ys) => {
    for (let i = 0; i < xs.length; i++) {
      const px = xs[i]!;
      const py = ys[i]!;
      if (!(px >= 0 && px < source.width && py >= 0 && py < source.height)) {
        for (let c = 0; c < channels; c++) out[at++] = fill[c]!;
        continue;
      }
      // Half a pixel along the border has no neighbour to blend with: the border pixel is repeated there.
      const u = Math.min(Math.max(px / factor - 0.5, 0), width - 1);
      const v = Math.min(Math.max(py / factor - 0.5, 0), height - 1);
      const x0 = Math.floor(u);
      const y0 = Math.floor(v);
      const p = (y0 * width + x0) * channels;
      const right = x0 + 1 < width ? channels : 0;
      const down = y0 + 1 < height ? width * channels : 0;
      const w11 = (u - x0) * (v - y0);
      const w01 = u - x0 - w11;
      const w10 = v - y0 - w11;
      const w00 = 1 - u + x0 - w10;
      for (let c = 0; c < channels; c++) {
        const q = p + c;
        out[at++] = w00 * data[q]! + w01 * data[q + right]! + w10 * data[q + down]! + w11 * data[q + down + right]!;
      }
    }
  });
  return out;
}

/** A mask seen through a chain; `ignoreIndex` outside. */
export function maskByPoints(source: Mask, chain: Chain, ignoreIndex: number, out: Mask["data"]): void {
  const { data, height, width } = source;
  let at = 0;
  eachRow(chain, (_, xs, ys) => {
    for (let i = 0; i < xs.length; i++) {
      const x = xs[i]!;
      const y = ys[i]!;
      out[at++] =
        x >= 0 && x < width && y >= 0 && y < height ? data[Math.floor(y) * width + Math.floor(x)]! : ignoreIndex;
    }
  });
}
