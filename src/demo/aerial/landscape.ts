/** @file Landscapes: the kinds of scene, as a table, and the road net of each. */
import type { Random } from "../../util/random.js";
import { makePath } from "./path.js";
import { halfWidths, type Road, type RoadKind } from "./roads.js";

/** What a kind of landscape holds. */
export interface Landscape {
  readonly name: string;
  /** Area of the smallest fields in square pixels. */
  readonly smallestField: number;
  /** Up to so many lakes, at least the first number. */
  readonly lakes: readonly [least: number, most: number];
  /** Chance of a river, 0..1. */
  readonly river: number;
  /** Up to so many side streets and farm tracks. */
  readonly streets: number;
  readonly tracks: number;
  /** Chance of a house at each place along paved roads, 0..1. */
  readonly houses: number;
  /** Groups of barns, and number of halls. */
  readonly farms: number;
  readonly halls: number;
  /** Share of the land under woods, roughly, 0..1. */
  readonly woods: number;
  /** Chance of an orchard, 0..1. */
  readonly orchard: number;
}

const shared = {
  lakes: [0, 1],
  river: 0.25,
  streets: 0,
  tracks: 0,
  farms: 0,
  halls: 0,
  woods: 0.16,
  orchard: 0.3,
} as const;

const village: Landscape = { ...shared, name: "village", smallestField: 1800, streets: 4, houses: 0.95 };
const farmland: Landscape = {
  ...shared,
  name: "farmland",
  smallestField: 2200,
  tracks: 2,
  houses: 0.4,
  farms: 3,
  orchard: 0.5,
};
const riverside: Landscape = {
  ...shared,
  name: "riverside",
  smallestField: 2600,
  river: 1,
  streets: 1,
  tracks: 1,
  houses: 0.7,
};
const lakes: Landscape = {
  ...shared,
  name: "lakes",
  smallestField: 3600,
  lakes: [1, 3],
  river: 0,
  tracks: 2,
  houses: 0.35,
  farms: 1,
  woods: 0.4,
};
const works: Landscape = {
  ...shared,
  name: "works",
  smallestField: 3000,
  lakes: [0, 0],
  river: 0,
  streets: 3,
  houses: 0.4,
  halls: 10,
};

/** Scenes take their turn in this order, so that every split has the same mixture. */
export const landscapes: readonly Landscape[] = [village, lakes, farmland, riverside, works, village, lakes, riverside];

/** The road net of a landscape: a main road through the middle, streets and tracks off it. The main road comes last, on top. */
export function planRoads(random: Random, size: number, grain: number, { streets, tracks }: Landscape): Road[] {
  const far = 1.6 * size;
  const road = (
    kind: RoadKind,
    anchor: readonly [number, number],
    heading: number,
    swing: number,
    back: number,
  ): Road => ({
    kind,
    halfWidth: random.between(...halfWidths[kind]),
    path: makePath(random, { anchor, heading, swing, period: random.between(35, 80), reach: [back, far] }),
  });
  const middle = (): number => random.between(0.3, 0.7) * size;
  const heading = grain + (random.chance(0.5) ? 0 : Math.PI / 2) + random.between(-0.2, 0.2);
  const swing = random.chance(0.4) ? 0 : random.between(0.3, 0.8);
  const main = road("main", [middle(), middle()], heading, swing, far);
  const visible = main.path.filter(({ x, y }) => x > 0 && y > 0 && x < size && y < size);
  const branches = (kind: RoadKind, most: number, bend: readonly [number, number]): Road[] => {
    const count = Math.ceil(most * random.between(0.3, 1));
    return Array.from({ length: count }, (_, i) => {
      // One in each stretch of the main road, so that no two run side by side.
      const from = visible[Math.floor(((i + random.between(0.2, 0.8)) / count) * visible.length)]!;
      const side = random.chance(0.5) ? 1 : -1;
      const away = from.heading + side * (Math.PI / 2 + random.between(-0.25, 0.25));
      return road(kind, [from.x, from.y], away, random.between(...bend), 0);
    });
  };
  return [...branches("track", tracks, [0.2, 0.9]), ...branches("street", streets, [0, 0.5]), main];
}
