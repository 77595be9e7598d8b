/**
 * @file Boxes of CutMix: which pixels of an image are replaced by those of its partner.
 *
 * One box as in UniMatch (Yang et al. 2023, https://arxiv.org/abs/2208.09910), or three as in the CutMix of semi-supervised
 * segmentation (French et al. 2020, https://arxiv.org/abs/1906.01916), which CPS uses.
 */
import type { Random } from "../util/random.js";

/** `one`: half of the images get a box of 2-40 % of their area. `three`: all get three boxes, together of 25-50 % unless they overlap. */
export type MixKind = "one" | "three";

/** What {@link cutMixBoxes} draws for. */
export interface MixOptions {
  /** Number of images N. */
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly kind: MixKind;
}

interface Box {
  readonly y0: number;
  readonly x0: number;
  readonly height: number;
  readonly width: number;
}

const boxProbability = 0.5;
const boxArea = [0.02, 0.4] as const;
const boxAspect = [0.3, 1 / 0.3] as const;
const threeArea = [0.25, 0.5] as const;

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** A box of this size, in pixels rounded to whole ones, anywhere in the image. */
function placed(random: Random, size: readonly [number, number], frame: readonly [number, number]): Box {
  const [height, width] = [0, 1].map((i) => clamp(Math.round(size[i]!), 1, frame[i]!)) as [number, number];
  return { y0: random.integer(frame[0] - height + 1), x0: random.integer(frame[1] - width + 1), height, width };
}

/** The original draws aspect and place until the box fits; here the aspect is kept where it fits, so that no draw is thrown away. */
function oneBox(random: Random, height: number, width: number): Box[] {
  if (!random.chance(boxProbability)) return [];
  const area = random.between(...boxArea) * height * width;
  const aspect = clamp(random.between(...boxAspect), area / width ** 2, height ** 2 / area);
  return [placed(random, [Math.sqrt(area * aspect), Math.sqrt(area / aspect)], [height, width])];
}

/** Each box has a third of an area of 25-50 %, its sides' shares drawn evenly on a logarithmic scale. */
function threeBoxes(random: Random, height: number, width: number): Box[] {
  return Array.from({ length: 3 }, () => {
    const area = random.between(...threeArea);
    const down = area ** random.uniform();
    const side = Math.sqrt(1 / 3);
    return placed(random, [down * side * height, (area / down) * side * width], [height, width]);
  });
}

const kinds: Readonly<Record<MixKind, typeof oneBox>> = { one: oneBox, three: threeBoxes };

/**
 * Masks `[N, 1, H, W]`: 1 where an image takes its partner's pixels, 0 elsewhere.
 *
 * Where two boxes of an image overlap its own pixels stay, as in the original.
 */
export function cutMixBoxes(random: Random, { count, height, width, kind }: MixOptions): Float32Array {
  const masks = new Float32Array(count * height * width);
  for (let n = 0; n < count; n++)
    for (const box of kinds[kind](random, height, width))
      for (let y = box.y0; y < box.y0 + box.height; y++) {
        const row = (n * height + y) * width;
        for (let x = box.x0; x < box.x0 + box.width; x++) masks[row + x] = 1 - masks[row + x]!;
      }
  return masks;
}
