/**
 * @file EfficientNet b0 to b7 (Tan and Le 2019, https://arxiv.org/abs/1905.11946), built as torchvision does
 * (`efficientnet_b0`) and as efficientnet_pytorch in segmentation_models.pytorch (`efficientnet-b0`); the maps are those that
 * the latter takes.
 *
 *     image ─ stem 3x3/2 ─ 1 3x3 ─ 2 3x3/2 ─ 3 5x5/2 ─ 4 3x3/2 ─ 5 5x5 ─ 6 5x5/2 ─ 7 3x3 ─ head 1x1 ─ average ─ classifier
 *     b0          32         16      24        40        80      112      192      320      1280
 *     blocks                 1       2         2         3       3        4        1
 *     map         1                  2         3                 4                 5
 *     stride      2          2       4         8         16      16       32       32
 *
 * Stages are inverted residual blocks with SiLU, squeeze and excitation; later variants have more channels and blocks.
 * The head belongs to the classifier alone.
 */
import { Flatten, GlobalAveragePool, Sigmoid, Silu } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { convNorm } from "../nn/blocks.js";
import { type Conv2dOptions, channelsOf } from "../nn/conv.js";
import { invertedResidual } from "../nn/inverted-residual.js";
import { linear } from "../nn/linear.js";
import { roundChannels } from "../nn/round-channels.js";
import type { Scope } from "../nn/scope.js";
import { mapsOfBlocks, type SequenceBlock } from "./block-sequence.js";
import {
  type BlockPlace,
  type Convention,
  efficientnetPytorchConvention,
  torchvisionConvention,
} from "./efficientnet-conventions.js";
import type { Encoder, EncoderOptions, Features } from "./encoder.js";
import { requireSide } from "./feature-maps.js";

/** The stages of b0, with the map that each leads to. */
const stages = [
  { expansion: 1, kernel: 3, stride: 1, channels: 16, count: 1, level: 2 },
  { expansion: 6, kernel: 3, stride: 2, channels: 24, count: 2, level: 2 },
  { expansion: 6, kernel: 5, stride: 2, channels: 40, count: 2, level: 3 },
  { expansion: 6, kernel: 3, stride: 2, channels: 80, count: 3, level: 4 },
  { expansion: 6, kernel: 5, stride: 1, channels: 112, count: 3, level: 4 },
  { expansion: 6, kernel: 5, stride: 2, channels: 192, count: 4, level: 5 },
  { expansion: 6, kernel: 3, stride: 1, channels: 320, count: 1, level: 5 },
] as const;

/** Channels of the first and the last convolution of b0. */
const [stemChannels, headChannels] = [32, 1280] as const;
const stemKernel = 3;
/** Channels inside squeeze and excitation over those in front of the block. */
const squeezeShare = 0.25;

interface EfficientNetVariant {
  readonly name: string;
  /** Factors of b0's channels and of its numbers of blocks. */
  readonly width: number;
  readonly blocks: readonly Block[];
  /** Side of the images that the variant is designed for. */
  readonly side: number;
  readonly convention: Convention;
}

interface Block extends SequenceBlock {
  readonly place: BlockPlace;
  readonly expansion: number;
  readonly kernel: 3 | 5;
  readonly channels: number;
}

/** Name, factors of width and depth, and side of the images. */
const scales = [
  ["b0", 1.0, 1.0, 224],
  ["b1", 1.0, 1.1, 240],
  ["b2", 1.1, 1.2, 260],
  ["b3", 1.2, 1.4, 300],
  ["b4", 1.4, 1.8, 380],
  ["b5", 1.6, 2.2, 456],
  ["b6", 1.8, 2.6, 528],
  ["b7", 2.0, 3.1, 600],
] as const;

function blocksOf(width: number, depth: number): Block[] {
  let index = 0;
  return stages.flatMap(({ count, stride, channels, ...stage }, s) =>
    Array.from({ length: Math.ceil(count * depth) }, (_, i) => ({
      ...stage,
      place: { stage: s, inStage: i, index: index++ },
      channels: roundChannels(channels * width),
      stride: i === 0 ? stride : 1,
    })),
  );
}

/**
 * segmentation_models.pytorch takes b0's fourth map behind the first block of stage 5, and counts the other two to the stage
 * behind, whose dilation they share.
 */
const earlyFourthMap = (blocks: readonly Block[]): Block[] =>
  blocks.map((block) => (block.place.stage === 4 && block.place.inStage > 0 ? { ...block, level: 5 } : block));

const variants: readonly EfficientNetVariant[] = [
  ...scales.map(([name, width, depth, side]) => ({
    name: `efficientnet_${name}`,
    width,
    blocks: blocksOf(width, depth),
    side,
    convention: torchvisionConvention(name <= "b4"),
  })),
  ...scales.map(([name, width, depth, side]) => ({
    name: `efficientnet-${name}`,
    width,
    blocks: name === "b0" ? earlyFourthMap(blocksOf(width, depth)) : blocksOf(width, depth),
    side,
    convention: efficientnetPytorchConvention,
  })),
];

/** Rows that a strided kernel needs beside a map whose size at `level` follows from the image's, all around. */
function paddingAt(level: number, kernel: number, side: number): number {
  const size = Math.ceil(side / 2 ** level);
  return Math.max(0, (Math.ceil(size / 2) - 1) * 2 + kernel - size);
}

/** Padding of a convolution that halves the map of a level. */
function halvingPadding(level: number, kernel: number, variant: EfficientNetVariant): Conv2dOptions["padding"] {
  if (!variant.convention.padsAtEnd) return "same";
  const around = paddingAt(level, kernel, variant.side);
  const [before, after] = [Math.floor(around / 2), Math.ceil(around / 2)];
  return [before, before, after, after];
}

/** Least side that leaves a pixel after `halvings`, going back from that pixel. */
function leastSide({ convention, side, blocks }: EfficientNetVariant, halvings: number): number {
  if (!convention.padsAtEnd) return 1;
  let least = 1;
  for (let level = halvings; level > 0; level--) {
    const strided = blocks.find((block) => block.level === level && block.stride === 2);
    const kernel = strided?.kernel ?? stemKernel;
    least = Math.max(1, (least - 1) * 2 + kernel - paddingAt(level - 1, kernel, side));
  }
  return least;
}

/** The layers' scope. */
const layersIn = (scope: Scope, { convention }: EfficientNetVariant, bare = false): Scope =>
  bare ? scope : scope.at(convention.sequence);

function build(scope: Scope, image: Value, variant: EfficientNetVariant, options: EncoderOptions): Features {
  const { depth = 5, outputStride = 32, bare, dropPath = 0 } = options;
  requireSide(scope, image, leastSide(variant, Math.min(depth, Math.log2(outputStride))));
  const { width, blocks, convention } = variant;
  const { initializer, norm, names } = convention;
  const inside = layersIn(scope, variant, bare);
  const stem = scope.run(() =>
    Silu(
      convNorm(inside, image, {
        outChannels: roundChannels(stemChannels * width),
        kernel: stemKernel,
        stride: 2,
        padding: halvingPadding(0, stemKernel, variant),
        initializer,
        norm,
        names: convention.stem,
      }),
    ),
  );
  const maps = mapsOfBlocks(stem, blocks, options, (x, block, index, geometry) => {
    const { place, expansion, kernel, channels, stride, level } = block;
    return invertedResidual(inside.at(convention.block(place)), x, {
      ...geometry,
      names: names(expansion > 1),
      expanded: channelsOf(x) * expansion,
      outChannels: channels,
      kernel,
      padding: geometry.stride === 2 ? halvingPadding(level - 1, kernel, variant) : "same",
      residual: stride === 1 && channelsOf(x) === channels,
      activation: Silu,
      initializer,
      norm,
      squeeze: {
        channels: Math.max(1, Math.floor(channelsOf(x) * squeezeShare)),
        activation: Silu,
        gate: Sigmoid,
      },
      dropPath: (dropPath * index) / (blocks.length - 1),
    });
  });
  return [image, ...maps];
}

/** The classifier: a 1x1 convolution with norm and SiLU, the mean over its map, and a fully connected layer. */
function classify(scope: Scope, image: Value, numClasses: number, variant: EfficientNetVariant): Value {
  const last = build(scope, image, variant, {}).at(-1)!;
  const { head, norm, initializer, classifier, classifierStart } = variant.convention;
  const options = { outChannels: roundChannels(headChannels * variant.width), kernel: 1, initializer, norm };
  const mean = scope.run(() => {
    const wide = Silu(convNorm(layersIn(scope, variant), last, { ...options, names: head }));
    return Flatten(GlobalAveragePool(wide), 1, 3);
  });
  return linear(scope.at(classifier), mean, { outFeatures: numClasses, ...classifierStart });
}

/** Channels of the maps: the stem's, and those of the last block that leads to each. */
const channelsOfMaps = ({ width, blocks }: EfficientNetVariant): number[] => [
  roundChannels(stemChannels * width),
  ...[2, 3, 4, 5].map((level) => blocks.findLast((block) => block.level === level)!.channels),
];

/** EfficientNets b0 to b7 of both projects. */
export const efficientnets: readonly Encoder[] = variants.map((variant) => ({
  name: variant.name,
  title: `EfficientNet of ${variant.blocks.length} inverted residual blocks`,
  paper: "https://arxiv.org/abs/1905.11946",
  channels: channelsOfMaps(variant),
  smallestSide: leastSide(variant, 5),
  build: (scope, image, options = {}) => build(scope, image, variant, options),
  classify: (scope, image, numClasses) => classify(scope, image, numClasses, variant),
}));
