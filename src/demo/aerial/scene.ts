/** @file Scenes: how land, water, roads, houses and trees come together in one aerial picture with its mask. */
import type { Mask, Raster } from "../../raster/index.js";
import { Random } from "../../util/random.js";
import { type Canvas, makeCanvas, supersample } from "./canvas.js";
import { paintFields } from "./fields.js";
import { landscapes, planRoads } from "./landscape.js";
import { makeConditions, photograph } from "./light.js";
import { plant } from "./plant.js";
import { paintRoads } from "./roads.js";
import { settle } from "./settle.js";
import { classNames } from "./tones.js";
import { paintWater } from "./water.js";

/** The class of each output pixel: the one with most samples. */
function maskOf({ size, samples, label }: Canvas): Mask {
  const data = new Uint8Array(size * size);
  const votes = new Uint8Array(classNames.length);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      votes.fill(0);
      let winner = 0;
      for (let dy = 0; dy < supersample; dy++)
        for (let dx = 0; dx < supersample; dx++) {
          const index = label[(y * supersample + dy) * samples + x * supersample + dx]!;
          if (++votes[index]! > votes[winner]!) winner = index;
        }
      data[y * size + x] = winner;
    }
  return { data, height: size, width: size };
}

/** A picture, 8-bit RGB, and the class index of each of its pixels. */
export interface Scene {
  readonly image: Raster;
  readonly mask: Mask;
}

/**
 * One scene of `size` by `size` pixels. The same seed, split and index give the same scene.
 *
 * @param index number of the scene within its split; also decides its kind of landscape.
 */
export function drawScene(seed: number, split: string, index: number, size: number): Scene {
  // A stream of its own for each part: a change to one leaves the others as they were.
  const stream = (part: string) => new Random(seed, "aerial", split, index, part);
  const landscape = landscapes[index % landscapes.length]!;
  const canvas = makeCanvas(size);
  const layout = stream("layout");
  const grain = layout.between(0, Math.PI);
  const roads = planRoads(layout, size, grain, landscape);
  paintFields(canvas, stream("fields"), grain, landscape.smallestField);
  paintWater(canvas, stream("water"), landscape);
  paintRoads(canvas, stream("roads"), roads);
  settle(canvas, stream("buildings"), roads, landscape);
  plant(canvas, stream("trees"), roads, landscape, grain);
  const light = stream("light");
  return { image: photograph(canvas, light, makeConditions(light)), mask: maskOf(canvas) };
}
