/** @file The weight map of touching objects. Ronneberger et al.: U-Net, https://arxiv.org/abs/1505.04597, equation 2. */
import type { WeightMapOptions } from "../losses/index.js";
import type { Mask } from "../raster/raster.js";
import { boxesOf, connectedComponents } from "../util/components.js";
import { squaredDistances } from "../util/distance.js";

/** Beyond this many sigmas a second object adds less than 4e-6 of w0: nothing. */
const reach = 5;

/**
 * `w0 exp(-(d1 + d2)^2 / (2 sigma^2))` at each pixel outside the objects, d1 and d2 its distances to the two nearest ones in
 * pixels; 0 inside, and where there is only one. Objects are the connected areas of a class.
 *
 * Made from the mask as the network sees it, so it is right whatever the transforms did; what they cut off is not known to it.
 */
export function weightMap({ data, height, width }: Mask, { w0, sigma, objects }: WeightMapOptions): Float32Array {
  const known = objects && new Set(objects);
  const ignored = data instanceof Uint8Array ? 255 : 65535;
  const belongs = (label: number): boolean => (known ? known.has(label) : label > 0 && label < ignored);
  const components = connectedComponents(data, height, width, belongs);
  const { numbers } = components;
  const nearest = new Float64Array(data.length).fill(Infinity);
  const second = new Float64Array(data.length).fill(Infinity);
  const margin = Math.ceil(reach * sigma);
  boxesOf(components, width).forEach((box, index) => {
    const top = Math.max(0, box.top - margin);
    const left = Math.max(0, box.left - margin);
    const rows = Math.min(height, box.bottom + margin) - top;
    const columns = Math.min(width, box.right + margin) - left;
    const isObject = (row: number, column: number): boolean =>
      numbers[(top + row) * width + left + column] === index + 1;
    const distances = squaredDistances(rows, columns, isObject);
    for (let row = 0, i = 0; row < rows; row++)
      for (let pixel = (top + row) * width + left, end = pixel + columns; pixel < end; pixel++, i++) {
        const distance = distances[i]!;
        if (distance < nearest[pixel]!) {
          second[pixel] = nearest[pixel]!;
          nearest[pixel] = distance;
        } else if (distance < second[pixel]!) second[pixel] = distance;
      }
  });
  return Float32Array.from(numbers, (number, pixel) =>
    number > 0 ? 0 : w0 * Math.exp(-((Math.sqrt(nearest[pixel]!) + Math.sqrt(second[pixel]!)) ** 2) / (2 * sigma ** 2)),
  );
}
