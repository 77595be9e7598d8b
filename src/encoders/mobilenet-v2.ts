/**
 * @file MobileNet v2 (Sandler et al. 2018, https://arxiv.org/abs/1801.04381) with the parameter names of torchvision; the
 * maps are those that segmentation_models.pytorch takes.
 *
 *     image ─ 0 3x3/2 ─ 1 ─ 2/2 3 ─ 4/2 5 6 ─ 7/2 8..10 11..13 ─ 14/2 15 16 17 ─ 18 1x1 ─ average ─ classifier
 *              32      16   24      32        64         96       160       320   1280
 *     map               1       2         3               4                        5
 *     stride    2       2       4         8              16                 32    32
 *
 * Numbers are places in the sequence `features`; 1 to 17 are inverted residual blocks with ReLU6.
 */
import { Flatten, GlobalAveragePool, Relu6 } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { convNorm } from "../nn/blocks.js";
import { channelsOf } from "../nn/conv.js";
import { kaimingNormalFanOut, normal, zeros } from "../nn/initializers.js";
import { type InvertedResidualNames, invertedResidual, sequenceNames } from "../nn/inverted-residual.js";
import { linear } from "../nn/linear.js";
import type { Scope } from "../nn/scope.js";
import { mapsOfBlocks, type SequenceBlock } from "./block-sequence.js";
import type { Encoder, EncoderOptions, Features } from "./encoder.js";

/** Factor of the inner channels, channels, number of blocks, stride of the first, and the map that they lead to. */
const stages = [
  { expansion: 1, channels: 16, count: 1, stride: 1, level: 1 },
  { expansion: 6, channels: 24, count: 2, stride: 2, level: 2 },
  { expansion: 6, channels: 32, count: 3, stride: 2, level: 3 },
  { expansion: 6, channels: 64, count: 4, stride: 2, level: 4 },
  { expansion: 6, channels: 96, count: 3, stride: 1, level: 4 },
  { expansion: 6, channels: 160, count: 3, stride: 2, level: 5 },
  { expansion: 6, channels: 320, count: 1, stride: 1, level: 5 },
] as const;

interface Block extends SequenceBlock {
  readonly expansion: number;
  readonly channels: number;
}

const blocks: readonly Block[] = stages.flatMap(({ count, stride, ...block }) =>
  Array.from({ length: count }, (_, i) => ({ ...block, stride: i === 0 ? stride : 1 })),
);

/** Channels of the first and the last convolution. */
const [stemChannels, headChannels] = [32, 1280] as const;

const initializer = kaimingNormalFanOut;

/** Names of a block's layers: the projection has no activation and stands in the sequence by itself. */
function namesOf(expansion: boolean): InvertedResidualNames {
  const names = sequenceNames("conv", { expansion, squeeze: false });
  return { ...names, project: expansion ? ["conv.2", "conv.3"] : ["conv.1", "conv.2"] };
}

/** A convolution with BatchNorm and ReLU6. */
const convolve = (scope: Scope, x: Value, options: { outChannels: number; kernel: number; stride?: number }): Value =>
  scope.run(() => Relu6(convNorm(scope, x, { ...options, initializer, names: [0, 1] })));

function build(scope: Scope, image: Value, options: EncoderOptions): Features {
  const { depth = 5, bare = false } = options;
  const inside = bare ? scope : scope.at("features");
  const stem = convolve(inside.at(0), image, { outChannels: stemChannels, kernel: 3, stride: 2 });
  const maps = mapsOfBlocks(stem, blocks, options, (x, { expansion, channels, stride }, i, geometry) =>
    invertedResidual(inside.at(i + 1), x, {
      ...geometry,
      names: namesOf(expansion > 1),
      expanded: channelsOf(x) * expansion,
      outChannels: channels,
      kernel: 3,
      residual: stride === 1 && channelsOf(x) === channels,
      activation: Relu6,
      initializer,
    }),
  );
  if (depth === 5) maps[4] = convolve(inside.at(blocks.length + 1), maps[4]!, { outChannels: headChannels, kernel: 1 });
  return [image, ...maps];
}

/** The classifier: the mean over the last map, and a fully connected layer. */
function classify(scope: Scope, image: Value, numClasses: number): Value {
  const last = build(scope, image, {}).at(-1)!;
  const mean = scope.run(() => Flatten(GlobalAveragePool(last), 1, 3));
  return linear(scope.at("classifier", 1), mean, {
    outFeatures: numClasses,
    initializer: normal(0.01),
    biasInitializer: zeros,
  });
}

/** MobileNet v2, alone in its family. */
export const mobilenetV2s: readonly Encoder[] = [
  {
    name: "mobilenet_v2",
    title: "MobileNet v2 of 17 inverted residual blocks",
    paper: "https://arxiv.org/abs/1801.04381",
    channels: [16, 24, 32, 96, headChannels],
    build: (scope, image, options = {}) => build(scope, image, options),
    classify,
  },
];
