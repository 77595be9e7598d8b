/**
 * @file Tones: the colours of the scenes, and which classes wear them.
 *
 * Every tone is worn by at least three classes (roofs of slate, roads of slate, lakes that look like slate), so that a colour
 * says little about the class and a network has to look at texture, shape and surroundings.
 */
import type { Rgb } from "../../raster/index.js";
import type { Random } from "../../util/random.js";

const tones = {
  soil: [130, 103, 78],
  clay: [156, 98, 72],
  straw: [190, 171, 118],
  grass: [108, 137, 72],
  olive: [112, 113, 70],
  moss: [72, 95, 58],
  teal: [70, 100, 98],
  slate: [92, 98, 108],
  ash: [138, 136, 130],
  chalk: [190, 186, 174],
  tar: [68, 70, 72],
} satisfies Record<string, Rgb>;

export type ToneName = keyof typeof tones;

/** The classes, in the order of their indices. */
export const classNames = ["field", "road", "building", "water", "tree"] as const;

export type ClassName = (typeof classNames)[number];

/** The index of a class in the masks. */
export const classIndex = Object.fromEntries(classNames.map((name, index) => [name, index])) as Record<
  ClassName,
  number
>;

/** How often a class wears a tone, as weights. */
export const wardrobe: { readonly [Name in ClassName]: { readonly [Tone in ToneName]?: number } } = {
  field: { grass: 5, straw: 3, soil: 3, olive: 3, moss: 2, clay: 1, teal: 1, chalk: 1, ash: 1 },
  road: { ash: 4, slate: 3, tar: 3, chalk: 2, soil: 2, straw: 1, clay: 1 },
  building: { clay: 6, slate: 3, ash: 3, chalk: 3, soil: 3, tar: 2, teal: 1, moss: 1, grass: 1, straw: 1 },
  water: { teal: 5, slate: 4, moss: 3, olive: 1, tar: 2, ash: 1 },
  tree: { moss: 6, grass: 4, olive: 3, teal: 1, clay: 1, straw: 1, soil: 1 },
};

/** A shade of a tone: lighter or darker by up to `spread`, its hue shifted by a third of that. */
export function shadeOf(random: Random, tone: ToneName, spread: number): Rgb {
  const light = 1 + random.between(-spread, spread);
  const channel = (c: number) => tones[tone][c]! * light * (1 + random.between(-spread, spread) / 3);
  return [channel(0), channel(1), channel(2)];
}

/** A tone for a class by its weights; `only` narrows the choice. */
export function pickTone(random: Random, name: ClassName, only?: readonly ToneName[]): ToneName {
  const choice = (Object.entries(wardrobe[name]) as [ToneName, number][]).filter(
    ([tone]) => only?.includes(tone) ?? true,
  );
  let rest = random.between(
    0,
    choice.reduce((sum, [, weight]) => sum + weight, 0),
  );
  for (const [tone, weight] of choice) {
    rest -= weight;
    if (rest < 0) return tone;
  }
  return choice[0]![0];
}
