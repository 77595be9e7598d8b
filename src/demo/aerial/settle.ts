/** @file Settling: where houses, farms and works stand. */
import type { Random } from "../../util/random.js";
import { type BuildingKind, build } from "./buildings.js";
import type { Canvas } from "./canvas.js";
import type { Landscape } from "./landscape.js";
import { Noise } from "./noise.js";
import type { Road } from "./roads.js";

/** A canvas with what all its buildings share. */
interface Ground {
  readonly canvas: Canvas;
  readonly random: Random;
  readonly noise: Noise;
}

/** Houses along both sides of a paved road, facing it. */
function lineRoad({ canvas, random, noise }: Ground, { path, halfWidth }: Road, chance: number): void {
  for (const side of [-1, 1])
    for (let i = 0; i < path.length; i += 2 + random.integer(3)) {
      if (!random.chance(chance)) continue;
      const { x, y, heading } = path[i]!;
      const away = side * (halfWidth + random.between(7, 13));
      const turned = random.chance(0.3) ? Math.PI / 2 : 0;
      build(canvas, random, noise, {
        x: x - away * Math.sin(heading),
        y: y + away * Math.cos(heading),
        angle: heading + turned + random.between(-0.06, 0.06),
        kind: "house",
      });
    }
}

/** Up to `count` larger buildings within `spread` pixels of a place, all at right angles. */
function buildGroup({ canvas, random, noise }: Ground, kind: BuildingKind, count: number, spread: number): void {
  const place = () => random.between(0.15, 0.85) * canvas.size;
  const [cx, cy] = [place(), place()];
  const angle = random.between(0, Math.PI);
  for (let built = 0, tries = 0; built < count && tries < 14 * count; tries++) {
    const site = {
      x: cx + random.between(-spread, spread),
      y: cy + random.between(-spread, spread),
      angle: angle + (random.chance(0.4) ? Math.PI / 2 : 0) + random.between(-0.04, 0.04),
      kind: kind === "barn" && random.chance(0.35) ? "house" : kind,
    } as const;
    if (build(canvas, random, noise, site)) built++;
  }
}

/** Builds whatever the landscape has, larger buildings first, where the ground is free. */
export function settle(canvas: Canvas, random: Random, roads: readonly Road[], landscape: Landscape): void {
  const ground = { canvas, random, noise: new Noise(random) };
  if (landscape.halls > 0) buildGroup(ground, "hall", landscape.halls, 0.55 * canvas.size);
  for (let i = 0; i < landscape.farms; i++) buildGroup(ground, "barn", 2 + random.integer(3), 22);
  for (const road of roads) if (road.kind !== "track") lineRoad(ground, road, landscape.houses);
}
