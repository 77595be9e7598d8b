/**
 * @file Resampling for scales, crops and flips: rows and columns apart, each with its own table of taps.
 *
 * Images: linear interpolation whose triangle widens with the reduction, so that every source pixel counts (no aliasing).
 * Masks: the pixel that holds the output pixel's centre.
 */
import type { Mask, Raster } from "../../raster/raster.js";
import type { Affine, Frame } from "./geometry.js";

/** For each output position the source positions it is a weighted mean of; only positions in [from, to) lie on the source. */
interface AxisTaps {
  readonly taps: number;
  readonly start: Int32Array;
  readonly weights: Float64Array;
  readonly from: number;
  readonly to: number;
}

// Weights below this are rounding noise of whole-pixel shifts; counting them would double the work of every crop.
const negligible = 1e-9;

/** Weight of the pixel `at`, before the weights are made to sum to 1. */
function triangle(at: number, centre: number, radius: number): number {
  return Math.max(0, 1 - Math.abs(at + 0.5 - centre) / radius);
}

/** Taps of one axis: output centre i+0.5 lies at `scale·(i+0.5) + offset` in a source of `size` pixels. */
function axisTaps(count: number, size: number, scale: number, offset: number): AxisTaps {
  const radius = Math.max(1, Math.abs(scale));
  const most = Math.min(size, 2 * Math.ceil(radius) + 1);
  const start = new Int32Array(count);
  const wide = new Float64Array(count * most);
  let [taps, from, to] = [1, count, 0];
  for (let i = 0; i < count; i++) {
    const centre = scale * (i + 0.5) + offset;
    if (!(centre >= 0 && centre < size)) continue;
    from = Math.min(from, i);
    to = i + 1;
    let first = Math.max(0, Math.floor(centre - radius + 0.5));
    let last = Math.min(size, Math.floor(centre + radius + 0.5)) - 1;
    while (triangle(first, centre, radius) < negligible) first++;
    while (triangle(last, centre, radius) < negligible) last--;
    let sum = 0;
    for (let at = first; at <= last; at++) sum += triangle(at, centre, radius);
    for (let at = first; at <= last; at++) wide[i * most + at - first] = triangle(at, centre, radius) / sum;
    start[i] = first;
    taps = Math.max(taps, last - first + 1);
  }
  // Every position gets the same number of taps; near the far border they begin earlier, with weight 0, to stay inside.
  const weights = new Float64Array(count * taps);
  for (let i = from; i < to; i++) {
    const shift = Math.max(0, start[i]! + taps - size);
    for (let k = shift; k < taps; k++) weights[i * taps + k] = wide[i * most + k - shift]!;
    start[i]! -= shift;
  }
  return { taps, start, weights, from: Math.min(from, to), to };
}

/** Resamples rows [y0, y1) along the columns. The result has `to - from` columns. */
function acrossColumns(source: Raster, columns: AxisTaps, y0: number, y1: number): Float32Array {
  const { data, width, channels } = source;
  const { taps, start, weights, from, to } = columns;
  const out = new Float32Array((y1 - y0) * (to - from) * channels);
  let at = 0;
  for (let y = y0; y < y1; y++) {
    for (let x = from; x < to; x++) {
      const base = (y * width + start[x]!) * channels;
      if (taps === 1) {
        for (let c = 0; c < channels; c++) out[at++] = data[base + c]!;
      } else if (taps === 2) {
        const p = weights[2 * x]!;
        const q = weights[2 * x + 1]!;
        for (let c = 0; c < channels; c++) out[at++] = p * data[base + c]! + q * data[base + channels + c]!;
      } else if (taps === 3) {
        // Reductions by up to 1.5, the usual random scale: unrolled, as these three products cost less than the loop around them.
        const p = weights[3 * x]!;
        const q = weights[3 * x + 1]!;
        const r = weights[3 * x + 2]!;
        for (let c = 0, i = base; c < channels; c++, i++)
          out[at++] = p * data[i]! + q * data[i + channels]! + r * data[i + 2 * channels]!;
      } else {
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let k = 0; k < taps; k++) sum += weights[x * taps + k]! * data[base + k * channels + c]!;
          out[at++] = sum;
        }
      }
    }
  }
  return out;
}

/** Fills `out` `[H, W, C]` with one value a channel. */
function fillWith(out: Float32Array, fill: readonly number[], channels: number): void {
  for (let i = 0; i < out.length; i++) out[i] = fill[i % channels]!;
}

/**
 * An image seen through `map`, `[frame.height, frame.width, C]`.
 *
 * @param fill value of each channel where the output pixel's centre is outside the source
 */
export function imageByAxes(source: Raster, frame: Frame, map: Affine, fill: readonly number[]): Float32Array {
  const { channels } = source;
  const columns = axisTaps(frame.width, source.width, map[0], map[2]);
  const rows = axisTaps(frame.height, source.height, map[4], map[5]);
  const out = new Float32Array(frame.height * frame.width * channels);
  const inside = rows.to - rows.from === frame.height && columns.to - columns.from === frame.width;
  if (!inside) fillWith(out, fill, channels);
  if (rows.from === rows.to || columns.from === columns.to) return out;

  const ends = [rows.start[rows.from]!, rows.start[rows.to - 1]!];
  const y0 = Math.min(...ends);
  const wide = acrossColumns(source, columns, y0, Math.max(...ends) + rows.taps);
  const length = (columns.to - columns.from) * channels;
  for (let y = rows.from; y < rows.to; y++) {
    const base = (rows.start[y]! - y0) * length;
    const at = (y * frame.width + columns.from) * channels;
    if (rows.taps === 1) {
      out.set(wide.subarray(base, base + length), at);
    } else if (rows.taps === 2) {
      const p = rows.weights[2 * y]!;
      const q = rows.weights[2 * y + 1]!;
      for (let i = 0; i < length; i++) out[at + i] = p * wide[base + i]! + q * wide[base + length + i]!;
    } else {
      for (let k = 0; k < rows.taps; k++) {
        const weight = rows.weights[y * rows.taps + k]!;
        const from = base + k * length;
        if (k === 0) for (let i = 0; i < length; i++) out[at + i] = weight * wide[from + i]!;
        else if (weight > 0) for (let i = 0; i < length; i++) out[at + i]! += weight * wide[from + i]!;
      }
    }
  }
  return out;
}

/** The source position of each output position, -1 outside. */
function nearest(count: number, size: number, scale: number, offset: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => {
    const at = Math.floor(scale * (i + 0.5) + offset);
    return at >= 0 && at < size ? at : -1;
  });
}

/** A mask seen through `map`; `ignoreIndex` outside. */
export function maskByAxes(source: Mask, frame: Frame, map: Affine, ignoreIndex: number, out: Mask["data"]): void {
  const { data, width } = source;
  const columns = nearest(frame.width, source.width, map[0], map[2]);
  const rows = nearest(frame.height, source.height, map[4], map[5]);
  let at = 0;
  for (let y = 0; y < frame.height; y++) {
    const base = rows[y]! * width;
    for (let x = 0; x < frame.width; x++)
      out[at++] = base < 0 || columns[x]! < 0 ? ignoreIndex : data[base + columns[x]!]!;
  }
}
