/**
 * @file MobileNet v3 (Howard et al. 2019, https://arxiv.org/abs/1905.02244), small and large, with the parameter names of
 * torchvision. Its `dilated` form is output stride 16.
 *
 *     image ─ 0 3x3/2 ─ blocks ─ last 1x1 ─ average ─ classifier
 *
 *     map                   1     2     3     4     5
 *     stride                2     4     8    16    32
 *     small, channels      16    16    24    48   576      behind place  0  1  3   8  12 of the sequence `features`
 *     large, channels      16    24    40   112   960                    1  3  6  12  16
 *
 * Blocks are inverted residuals with ReLU or hard swish, some with squeeze and excitation gated by a hard sigmoid. Norms add
 * 0.001 to the variance and move by 0.01.
 */
import { Flatten, GlobalAveragePool, HardSigmoid, HardSwish, Relu } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { convNorm } from "../nn/blocks.js";
import { channelsOf } from "../nn/conv.js";
import { kaimingNormalFanOut, normal, zeros } from "../nn/initializers.js";
import { invertedResidual, sequenceNames } from "../nn/inverted-residual.js";
import { linear } from "../nn/linear.js";
import { roundChannels } from "../nn/round-channels.js";
import type { Scope } from "../nn/scope.js";
import { mapsOfBlocks, type SequenceBlock } from "./block-sequence.js";
import type { Encoder, EncoderOptions, Features } from "./encoder.js";

/** A row of the paper's tables 1 and 2, with the map that the block leads to. */
interface Block extends SequenceBlock {
  readonly kernel: 3 | 5;
  readonly expanded: number;
  readonly channels: number;
  readonly squeeze: boolean;
  readonly activation: "relu" | "hardswish";
}

const row = (
  level: number,
  kernel: 3 | 5,
  expanded: number,
  channels: number,
  squeeze: "SE" | "-",
  activation: "RE" | "HS",
  stride: 1 | 2,
): Block => ({
  level,
  kernel,
  expanded,
  channels,
  squeeze: squeeze === "SE",
  activation: activation === "HS" ? "hardswish" : "relu",
  stride,
});

interface MobileNetV3Variant {
  readonly name: string;
  readonly blocks: readonly Block[];
  /** Channels between the classifier's two layers. */
  readonly hidden: number;
}

const variants: readonly MobileNetV3Variant[] = [
  {
    name: "mobilenet_v3_small",
    blocks: [
      row(2, 3, 16, 16, "SE", "RE", 2),
      row(3, 3, 72, 24, "-", "RE", 2),
      row(3, 3, 88, 24, "-", "RE", 1),
      row(4, 5, 96, 40, "SE", "HS", 2),
      row(4, 5, 240, 40, "SE", "HS", 1),
      row(4, 5, 240, 40, "SE", "HS", 1),
      row(4, 5, 120, 48, "SE", "HS", 1),
      row(4, 5, 144, 48, "SE", "HS", 1),
      row(5, 5, 288, 96, "SE", "HS", 2),
      row(5, 5, 576, 96, "SE", "HS", 1),
      row(5, 5, 576, 96, "SE", "HS", 1),
    ],
    hidden: 1024,
  },
  {
    name: "mobilenet_v3_large",
    blocks: [
      row(1, 3, 16, 16, "-", "RE", 1),
      row(2, 3, 64, 24, "-", "RE", 2),
      row(2, 3, 72, 24, "-", "RE", 1),
      row(3, 5, 72, 40, "SE", "RE", 2),
      row(3, 5, 120, 40, "SE", "RE", 1),
      row(3, 5, 120, 40, "SE", "RE", 1),
      row(4, 3, 240, 80, "-", "HS", 2),
      row(4, 3, 200, 80, "-", "HS", 1),
      row(4, 3, 184, 80, "-", "HS", 1),
      row(4, 3, 184, 80, "-", "HS", 1),
      row(4, 3, 480, 112, "SE", "HS", 1),
      row(4, 3, 672, 112, "SE", "HS", 1),
      row(5, 5, 672, 160, "SE", "HS", 2),
      row(5, 5, 960, 160, "SE", "HS", 1),
      row(5, 5, 960, 160, "SE", "HS", 1),
    ],
    hidden: 1280,
  },
];

const stemChannels = 16;
/** The last convolution's channels over those of the last block. */
const headExpansion = 6;

const activations = { relu: Relu, hardswish: HardSwish } as const;
const initializer = kaimingNormalFanOut;
const norm = { eps: 1e-3, momentum: 0.01 } as const;

/** A convolution with BatchNorm and hard swish. */
const convolve = (scope: Scope, x: Value, options: { outChannels: number; kernel: number; stride?: number }): Value =>
  scope.run(() => HardSwish(convNorm(scope, x, { ...options, initializer, norm, names: [0, 1] })));

function build(scope: Scope, image: Value, { blocks }: MobileNetV3Variant, options: EncoderOptions): Features {
  const { depth = 5, bare = false } = options;
  const inside = bare ? scope : scope.at("features");
  const stem = convolve(inside.at(0), image, { outChannels: stemChannels, kernel: 3, stride: 2 });
  const maps = mapsOfBlocks(stem, blocks, options, (x, block, i, geometry) => {
    const { kernel, expanded, channels, squeeze, activation, stride } = block;
    const excite = { channels: roundChannels(expanded / 4), activation: Relu, gate: (y: Value) => HardSigmoid(y) };
    return invertedResidual(inside.at(i + 1), x, {
      ...geometry,
      names: sequenceNames("block", { expansion: expanded !== channelsOf(x), squeeze }),
      expanded,
      outChannels: channels,
      kernel,
      residual: stride === 1 && channelsOf(x) === channels,
      activation: activations[activation],
      initializer,
      norm,
      ...(squeeze && { squeeze: excite }),
    });
  });
  if (depth === 5) {
    const head = { outChannels: headExpansion * channelsOf(maps[4]!), kernel: 1 };
    maps[4] = convolve(inside.at(blocks.length + 1), maps[4]!, head);
  }
  return [image, ...maps];
}

/** The classifier: the mean over the last map, and two fully connected layers with hard swish in between. */
function classify(scope: Scope, image: Value, numClasses: number, variant: MobileNetV3Variant): Value {
  const last = build(scope, image, variant, {}).at(-1)!;
  const inside = scope.at("classifier");
  const connect = (place: number, x: Value, outFeatures: number): Value =>
    linear(inside.at(place), x, { outFeatures, initializer: normal(0.01), biasInitializer: zeros });
  const mean = scope.at("avgpool").run(() => Flatten(GlobalAveragePool(last), 1, 3));
  const hidden = inside.at(1).run(() => HardSwish(connect(0, mean, variant.hidden)));
  return connect(3, hidden, numClasses);
}

/** Channels of the maps, from the last block that leads to each. */
const channelsOfMaps = ({ blocks }: MobileNetV3Variant): number[] =>
  [1, 2, 3, 4, 5].map((level) => {
    const channels = blocks.findLast((block) => block.level === level)?.channels ?? stemChannels;
    return level === 5 ? headExpansion * channels : channels;
  });

/** MobileNets v3 of both sizes. */
export const mobilenetV3s: readonly Encoder[] = variants.map((variant) => ({
  name: variant.name,
  title: `MobileNet v3 of ${variant.blocks.length} inverted residual blocks`,
  paper: "https://arxiv.org/abs/1905.02244",
  channels: channelsOfMaps(variant),
  build: (scope, image, options = {}) => build(scope, image, variant, options),
  classify: (scope, image, numClasses) => classify(scope, image, numClasses, variant),
}));
