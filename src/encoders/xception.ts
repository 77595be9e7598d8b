/**
 * @file Xception (Chollet 2016, https://arxiv.org/abs/1610.02357) with the parameter names of Cadene's port, and padded first
 * convolutions, as in segmentation_models.pytorch.
 *
 *     image ─ conv1 3x3/2 ─ conv2 ─ block1/2 ─ block2/2 ─ block3/2 ─ block4..11 ─ block12/2 ─ conv3 ─ conv4
 *     map                     1        2          3                       4                             5
 *     channels     32        64       128        256         728         728        1024      1536    2048
 *     stride        2         2        4          8           16          16          32        32      32
 *
 * block = ReLU, separable 3x3 convolution and BatchNorm, two or three times, then max pooling where it strides; plus the
 * input, projected where its shape changes. Dilation is refused, as there: the strides stand on poolings of the blocks.
 */
import { Add, Flatten, GlobalAveragePool } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { convNorm, convNormRelu, relu } from "../nn/blocks.js";
import { channelsOf, conv2d } from "../nn/conv.js";
import { torchDefault } from "../nn/initializers.js";
import { linear } from "../nn/linear.js";
import { batchNorm2d } from "../nn/norm.js";
import { maxPool2d } from "../nn/pool.js";
import type { Scope } from "../nn/scope.js";
import type { Encoder, EncoderOptions, Features } from "./encoder.js";
import { refuseDilation, refuseMultiGrid } from "./feature-maps.js";

/** A 3x3 convolution of each channel by itself and a 1x1 convolution over the channels. */
function separable(scope: Scope, x: Value, outChannels: number): Value {
  const groups = channelsOf(x);
  const common = { bias: false, initializer: torchDefault };
  const spatial = { ...common, outChannels: groups, kernel: 3, padding: 1, groups };
  return conv2d(scope.at("pointwise"), conv2d(scope.at("conv1"), x, spatial), { ...common, outChannels, kernel: 1 });
}

interface BlockOptions {
  /** Channels behind each separable convolution. */
  readonly channels: readonly number[];
  readonly stride: 1 | 2;
  /** Whether the branch begins with a ReLU; the first block's input has had its own. */
  readonly startsWithRelu?: boolean;
}

function block(scope: Scope, x: Value, { channels, stride, startsWithRelu = true }: BlockOptions): Value {
  const inside = scope.at("rep");
  // Places in the reference's sequence, where a ReLU counts: relu, convolution, norm, relu, ...
  let place = startsWithRelu ? 1 : 0;
  let y = x;
  for (const [i, outChannels] of channels.entries()) {
    if (i > 0 || startsWithRelu) y = relu(inside.at(place - 1), y);
    y = batchNorm2d(inside.at(place + 1), separable(inside.at(place), y, outChannels));
    place += 3;
  }
  if (stride > 1) y = maxPool2d(inside.at(place - 1), y, { kernel: 3, stride, padding: 1 });
  const project = { outChannels: channels.at(-1)!, kernel: 1, stride, padding: 0, initializer: torchDefault };
  const skip = stride > 1 ? convNorm(scope, x, { ...project, names: ["skip", "skipbn"] }) : x;
  return scope.run(() => Add(y, skip));
}

/** Blocks that end at each map from the second on. */
const stages: readonly (readonly { readonly name: string; readonly options: BlockOptions }[])[] = [
  [{ name: "block1", options: { channels: [128, 128], stride: 2, startsWithRelu: false } }],
  [{ name: "block2", options: { channels: [256, 256], stride: 2 } }],
  [
    { name: "block3", options: { channels: [728, 728], stride: 2 } },
    ...Array.from({ length: 8 }, (_, i) => ({
      name: `block${i + 4}`,
      options: { channels: [728, 728, 728], stride: 1 } as const,
    })),
  ],
  [{ name: "block12", options: { channels: [728, 1024], stride: 2 } }],
];

function build(scope: Scope, image: Value, { depth = 5, outputStride, multiGrid }: EncoderOptions): Features {
  refuseDilation(scope, outputStride);
  refuseMultiGrid(scope, multiGrid);
  const initializer = torchDefault;
  const first = convNormRelu(scope, image, { outChannels: 32, stride: 2, initializer, names: ["conv1", "bn1"] });
  let x = convNormRelu(scope, first, { outChannels: 64, initializer, names: ["conv2", "bn2"] });
  const features = [image, x];
  for (const stage of stages.slice(0, depth - 1)) {
    for (const { name, options } of stage) x = block(scope.at(name), x, options);
    if (features.length === 5) {
      const third = relu(scope, batchNorm2d(scope.at("bn3"), separable(scope.at("conv3"), x, 1536)));
      x = batchNorm2d(scope.at("bn4"), separable(scope.at("conv4"), third, 2048));
    }
    features.push(x);
  }
  return features;
}

export const xceptions: readonly Encoder[] = [
  {
    name: "xception",
    title: "Xception: separable convolutions throughout",
    paper: "https://arxiv.org/abs/1610.02357",
    channels: [64, 128, 256, 728, 2048],
    outputStrides: [32],
    build: (scope, image, options = {}) => build(scope, image, options),
    /** ReLU, the mean over the last map, and a fully connected layer. */
    classify: (scope, image, numClasses) => {
      const last = relu(scope, build(scope, image, {}).at(-1)!);
      const mean = scope.run(() => Flatten(GlobalAveragePool(last), 1, 3));
      return linear(scope.at("fc"), mean, { outFeatures: numClasses });
    },
  },
];
