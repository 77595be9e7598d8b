/**
 * @file The ResNets inside networks of other projects: stages in scopes of their own, as many and as dilated as the network
 * wants. The first convolution and its norm stand at places 0 and 1 of `layer0`.
 */
import { z } from "zod";
import type { Value } from "../graph/types.js";
import type { Initializer } from "../nn/initializers.js";
import { maxPool2d } from "../nn/pool.js";
import { type ResnetName, type ResnetPlan, residualStage, resnetPlans, resnetStem } from "../nn/residual.js";
import type { Scope } from "../nn/scope.js";

export const trunkOption = z
  .enum(Object.keys(resnetPlans) as [ResnetName, ...ResnetName[]])
  .describe("which ResNet the image goes through; more layers are slower");

export const trunkWidthOption = z
  .int()
  .min(1)
  .default(64)
  .describe("channels of the first convolution and of the first stage's blocks; 64 in the reference");

/** One stage: the first has as many blocks and channels as the plan's first, and so on; those behind the fourth are like it. */
export interface TrunkStage {
  readonly path: string;
  readonly stride: 1 | 2;
  /** Dilation of block i; 1 unless given. */
  readonly dilation?: (i: number) => number;
}

export interface TrunkOptions {
  readonly encoder: ResnetName;
  readonly width: number;
  readonly stages: readonly TrunkStage[];
  readonly initializer?: Initializer;
}

/** Stages `layer1` to `layer4` of which the last two keep stride 8: they are dilated by 2 and 4, the first blocks too. */
export const dilatedStages: readonly TrunkStage[] = [
  { path: "layer1", stride: 1 },
  { path: "layer2", stride: 2 },
  { path: "layer3", stride: 1, dilation: () => 2 },
  { path: "layer4", stride: 1, dilation: () => 4 },
];

/** Stages `layer1` to `layer4` at strides 4, 8, 16 and 32. */
export const plainStages: readonly TrunkStage[] = [1, 2, 3, 4].map((i) => ({
  path: `layer${i}`,
  stride: i === 1 ? 1 : 2,
}));

/** The maps of `image` [N, C, H, W] behind the first convolution (stride 2) and behind each stage (the first at stride 4). */
export function resnetTrunk(
  scope: Scope,
  image: Value,
  options: TrunkOptions,
): { stem: Value; maps: readonly Value[] } {
  const { encoder, width, stages } = options;
  const start = options.initializer && { initializer: options.initializer };
  const { block, layers, stem: kind }: ResnetPlan = resnetPlans[encoder];
  const stem = resnetStem(scope, image, { width, deep: kind === "deep", names: ["layer0.0", "layer0.1"], ...start });
  let x = maxPool2d(scope.at("layer0"), stem, { kernel: 3, stride: 2, padding: 1 });
  const maps = stages.map(({ path, stride, dilation }, i) => {
    const level = Math.min(i, layers.length - 1);
    const shape = { block, blocks: layers[level]!, width: width * 2 ** level, stride, ...start };
    x = residualStage(scope.at(path), x, { ...shape, ...(dilation && { dilation }) });
    return x;
  });
  return { stem, maps };
}
