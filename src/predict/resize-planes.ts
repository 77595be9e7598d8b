/** @file Bringing probabilities to another size: bilinear, pixel centres aligned (PyTorch's align_corners=false). */
import type { Planes } from "./planes.js";

interface Axis {
  readonly low: Int32Array;
  readonly high: Int32Array;
  /** Share of `high`. */
  readonly share: Float32Array;
}

function axis(from: number, to: number): Axis {
  const [low, high, share] = [new Int32Array(to), new Int32Array(to), new Float32Array(to)];
  for (let i = 0; i < to; i++) {
    const at = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    low[i] = Math.min(from - 1, Math.floor(at));
    high[i] = Math.min(from - 1, low[i]! + 1);
    share[i] = at - low[i]!;
  }
  return { low, high, share };
}

/**
 * The map in another size, row by row: at that size it may not fit into memory.
 *
 * @returns rows [K, width] from the top; the array is used again for the next row.
 */
export function* resizedRows(map: Planes, height: number, width: number): Generator<Float32Array, void, void> {
  const { data, channels, height: h, width: w } = map;
  const [rows, columns] = [axis(h, height), axis(w, width)];
  const out = new Float32Array(channels * width);
  const row = new Float32Array(w);
  for (let y = 0; y < height; y++) {
    for (let k = 0; k < channels; k++) {
      const [top, bottom, b] = [(k * h + rows.low[y]!) * w, (k * h + rows.high[y]!) * w, rows.share[y]!];
      for (let x = 0; x < w; x++) row[x] = data[top + x]! * (1 - b) + data[bottom + x]! * b;
      for (let x = 0; x < width; x++)
        out[k * width + x] =
          row[columns.low[x]!]! * (1 - columns.share[x]!) + row[columns.high[x]!]! * columns.share[x]!;
    }
    yield out;
  }
}

/** The map in another size. */
export function resizePlanes(map: Planes, height: number, width: number): Planes {
  const { channels } = map;
  if (height === map.height && width === map.width) return map;
  const out = new Float32Array(channels * height * width);
  let y = 0;
  for (const row of resizedRows(map, height, width)) {
    for (let k = 0; k < channels; k++) out.set(row.subarray(k * width, (k + 1) * width), (k * height + y) * width);
    y++;
  }
  return { data: out, channels, height, width };
}
