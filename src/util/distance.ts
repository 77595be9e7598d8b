/**
 * @file Exact Euclidean distances to a set of pixels.
 *
 * Felzenszwalb, Huttenlocher: Distance transforms of sampled functions, https://doi.org/10.4086/toc.2012.v008a019
 */

/** Memory for one line of at most `length` samples. */
interface Line {
  readonly samples: Float64Array;
  readonly vertices: Int32Array;
  readonly bounds: Float64Array;
}

/** `d[q] = min over p of (q - p)^2 + f[p]` for one line of a grid, in place: the lower envelope of parabolas. */
function transformLine(grid: Float64Array, start: number, step: number, length: number, line: Line): void {
  const { samples, vertices, bounds } = line;
  let last = -1;
  for (let q = 0; q < length; q++) {
    const value = grid[start + q * step]!;
    samples[q] = value;
    if (value === Infinity) continue;
    let meeting = -Infinity;
    while (last >= 0) {
      const p = vertices[last]!;
      meeting = (value + q * q - (samples[p]! + p * p)) / (2 * (q - p));
      if (meeting > bounds[last]!) break;
      last--;
    }
    if (last < 0) meeting = -Infinity;
    vertices[++last] = q;
    bounds[last] = meeting;
  }
  if (last < 0) return;
  for (let q = 0, k = 0; q < length; q++) {
    while (k < last && bounds[k + 1]! < q) k++;
    const p = vertices[k]!;
    grid[start + q * step] = (q - p) ** 2 + samples[p]!;
  }
}

/**
 * Squared distance of each pixel's centre to the nearest pixel for which `inside` holds, 0 there; infinite where there is none.
 *
 * @param inside asked once for each pixel
 */
export function squaredDistances(
  height: number,
  width: number,
  inside: (row: number, column: number) => boolean,
): Float64Array {
  const grid = new Float64Array(height * width);
  for (let row = 0, pixel = 0; row < height; row++)
    for (let column = 0; column < width; column++, pixel++) grid[pixel] = inside(row, column) ? 0 : Infinity;
  const length = Math.max(height, width);
  const line = {
    samples: new Float64Array(length),
    vertices: new Int32Array(length),
    bounds: new Float64Array(length),
  };
  for (let column = 0; column < width; column++) transformLine(grid, column, width, height, line);
  for (let row = 0; row < height; row++) transformLine(grid, row * width, 1, width, line);
  return grid;
}
