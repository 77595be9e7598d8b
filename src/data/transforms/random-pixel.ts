/** @file A random pixel of some classes in a mask. */
import type { Mask } from "../../raster/raster.js";
import type { Random } from "../../util/random.js";

/**
 * The centre `[x, y]` of a pixel: first one of the classes that the mask holds is drawn, then one of its pixels, so that a class
 * of few pixels comes as often as one of many. Undefined where the mask has none of them.
 */
export function randomPixel(
  { data, width }: Mask,
  classes: readonly number[],
  random: Random,
): readonly [x: number, y: number] | undefined {
  const pixels = new Map(classes.map((index) => [index, 0]));
  for (const label of data) {
    const known = pixels.get(label);
    if (known !== undefined) pixels.set(label, known + 1);
  }
  const present = [...pixels].filter(([, count]) => count > 0);
  if (present.length === 0) return undefined;
  const [index, count] = present[random.integer(present.length)]!;
  let left = random.integer(count);
  const at = data.findIndex((label) => label === index && left-- === 0);
  return [(at % width) + 0.5, Math.floor(at / width) + 0.5];
}
