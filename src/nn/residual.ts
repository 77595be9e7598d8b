/**
 * @file The parts of ResNets (He et al. 2015, https://arxiv.org/abs/1512.03385): first convolution, residual block, stage. The
 * bottleneck's stride stands on its 3x3 convolution. Names of layers are torchvision's unless others are given.
 */
import { Add } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { type ConvNormOptions, convNorm, convNormRelu, relu } from "./blocks.js";
import { channelsOf, conv2d } from "./conv.js";
import { type Initializer, kaimingNormalFanOut } from "./initializers.js";
import { batchNorm2d } from "./norm.js";
import type { Scope } from "./scope.js";

/** Two 3x3 convolutions, or 1x1, 3x3 and 1x1 of which the 3x3 has a quarter of the channels. */
export type BlockKind = "basic" | "bottleneck";

/** How many times its width a block gives. */
export const expansion: Record<BlockKind, number> = { basic: 1, bottleneck: 4 };

/** A convolution and its norm. */
export type LayerNames = readonly [conv: string, norm: string];

export interface BlockNames {
  /** The branch's layers in order: two of a basic block, three of a bottleneck. */
  readonly branch: readonly LayerNames[];
  /** What fits the shortcut where size or channels change. */
  readonly shortcut: LayerNames;
}

const torchvisionNames: BlockNames = {
  branch: [1, 2, 3].map((i) => [`conv${i}`, `bn${i}`] as const),
  shortcut: ["downsample.0", "downsample.1"],
};

interface BlockShape {
  readonly block: BlockKind;
  /** Channels of a basic block; a bottleneck gives four times as many. */
  readonly width: number;
  /** Channels of the bottleneck's 3x3 convolution; the width unless given. */
  readonly inner?: number;
  /** Groups of the bottleneck's 3x3 convolution. */
  readonly groups?: number;
  readonly names?: BlockNames;
  /** How kernels start. */
  readonly initializer?: Initializer;
}

export interface ResidualBlockOptions extends BlockShape {
  readonly stride: number;
  readonly dilation: number;
}

/** The convolutions between which a block has ReLUs, in order. */
function branchLayers({ block, width, inner = width, groups = 1, stride, dilation }: ResidualBlockOptions) {
  const layers: Record<BlockKind, readonly Omit<ConvNormOptions, "names">[]> = {
    basic: [
      { outChannels: width, stride, dilation },
      { outChannels: width, dilation },
    ],
    bottleneck: [
      { outChannels: inner, kernel: 1 },
      { outChannels: inner, groups, stride, dilation },
      { outChannels: width * expansion.bottleneck, kernel: 1 },
    ],
  };
  return layers[block];
}

/** `relu(branch(x) + shortcut(x))`: [N, C, H, W] to [N, width (x4), ceil(H / stride), ceil(W / stride)]. */
export function residualBlock(scope: Scope, x: Value, options: ResidualBlockOptions): Value {
  const { block, width, stride, names = torchvisionNames, initializer = kaimingNormalFanOut } = options;
  const outChannels = width * expansion[block];
  const branch = branchLayers(options).reduce((y, layer, i) => {
    const before = i === 0 ? y : relu(scope, y);
    return convNorm(scope, before, { ...layer, initializer, names: names.branch[i]! });
  }, x);
  const same = stride === 1 && channelsOf(x) === outChannels;
  const shortcut = same
    ? x
    : convNorm(scope, x, { outChannels, kernel: 1, stride, initializer, names: names.shortcut });
  return relu(
    scope,
    scope.run(() => Add(branch, shortcut)),
  );
}

export interface ResidualStageOptions extends BlockShape {
  readonly blocks: number;
  /** Stride of the first block. */
  readonly stride?: number;
  /** Dilation of block i; 1 unless given. */
  readonly dilation?: (i: number) => number;
}

/** Residual blocks one after the other, in scopes 0, 1, ... */
export function residualStage(
  scope: Scope,
  x: Value,
  { blocks, stride = 1, dilation = () => 1, ...shape }: ResidualStageOptions,
): Value {
  let y = x;
  for (let i = 0; i < blocks; i++)
    y = residualBlock(scope.at(i), y, { ...shape, stride: i === 0 ? stride : 1, dilation: dilation(i) });
  return y;
}

export interface ResnetStemOptions {
  /** Channels behind a 7x7 convolution; three 3x3 convolutions end in twice as many. */
  readonly width: number;
  /** Three 3x3 convolutions instead of the 7x7, as in PSPNet's ResNet. */
  readonly deep: boolean;
  readonly names: LayerNames;
  readonly initializer?: Initializer;
}

/** The first convolution with its norm and ReLU, at stride 2; the three convolutions stand at places 0, 3 and 6 of a sequence. */
export function resnetStem(
  scope: Scope,
  image: Value,
  { width, deep, names, initializer = kaimingNormalFanOut }: ResnetStemOptions,
): Value {
  if (!deep) return convNormRelu(scope, image, { outChannels: width, kernel: 7, stride: 2, initializer, names });
  const inside = scope.at(names[0]);
  const first = convNormRelu(inside, image, { outChannels: width, stride: 2, initializer, names: [0, 1] });
  const second = convNormRelu(inside, first, { outChannels: width, initializer, names: [3, 4] });
  const last = { outChannels: 2 * width, kernel: 3, padding: "same", bias: false, initializer } as const;
  return relu(scope, batchNorm2d(scope.at(names[1]), conv2d(inside.at(6), second, last)));
}

export interface ResnetPlan {
  readonly block: BlockKind;
  /** Blocks of each of the four stages. */
  readonly layers: readonly [number, number, number, number];
  readonly stem?: "deep";
}

/** What the ResNets of each depth are made of; 50 and 101 also with the deep stem. */
export const resnetPlans = {
  resnet18: { block: "basic", layers: [2, 2, 2, 2] },
  resnet34: { block: "basic", layers: [3, 4, 6, 3] },
  resnet50: { block: "bottleneck", layers: [3, 4, 6, 3] },
  resnet101: { block: "bottleneck", layers: [3, 4, 23, 3] },
  resnet152: { block: "bottleneck", layers: [3, 8, 36, 3] },
  "resnet50-deep-stem": { block: "bottleneck", layers: [3, 4, 6, 3], stem: "deep" },
  "resnet101-deep-stem": { block: "bottleneck", layers: [3, 4, 23, 3], stem: "deep" },
} as const satisfies { readonly [name: string]: ResnetPlan };

export type ResnetName = keyof typeof resnetPlans;
