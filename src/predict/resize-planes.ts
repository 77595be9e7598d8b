/** @file Bringing probability maps to another size: bilinear, pixel centres aligned (PyTorch's align_corners=false). */

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

/** Maps [K, h, w] as [K, height, width]. */
export function resizePlanes(
  data: Float32Array,
  channels: number,
  [h, w]: readonly [number, number],
  [height, width]: readonly [number, number],
): Float32Array {
  if (h === height && w === width) return data;
  const [rows, columns] = [axis(h, height), axis(w, width)];
  const out = new Float32Array(channels * height * width);
  const row = new Float32Array(w);
  for (let k = 0; k < channels; k++)
    for (let y = 0; y < height; y++) {
      const [top, bottom, b] = [(k * h + rows.low[y]!) * w, (k * h + rows.high[y]!) * w, rows.share[y]!];
      for (let x = 0; x < w; x++) row[x] = data[top + x]! * (1 - b) + data[bottom + x]! * b;
      const to = (k * height + y) * width;
      for (let x = 0; x < width; x++)
        out[to + x] = row[columns.low[x]!]! * (1 - columns.share[x]!) + row[columns.high[x]!]! * columns.share[x]!;
    }
  return out;
}
