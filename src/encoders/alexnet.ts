/**
 * @file AlexNet (Krizhevsky 2014, https://arxiv.org/abs/1404.5997, the one-column form) with the parameter names of
 * torchvision. Its first convolution has stride 4, so there is no map at stride 2; its poolings do not pad, so maps are a
 * little smaller than the image over their stride (224 pixels: 55, 27, 13, 6) and decoders resize to the map they join.
 *
 *     image ─ conv1 11x11/4 ─ pool 3x3/2 ─ conv2 5x5 ─ pool 3x3/2 ─ conv3 ─ conv4 ─ conv5 ─ pool 3x3/2 ─ average 6x6 ─ classifier
 *              64                           192                      384     256     256
 *     map       2                            3                                        4       5
 *     stride    4                            8                                       16      32
 *
 * Below output stride 32 the last poolings keep the map's size by stride 1 and padding, and the convolutions behind them
 * dilate. The strides stand on poolings, so `firstDilation` makes no difference, and `multiGrid` has no blocks to act on.
 */
import { UsageError } from "../errors/index.js";
import { AdaptiveAveragePool, Flatten } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { relu } from "../nn/blocks.js";
import { type Conv2dOptions, channelsOf, conv2d } from "../nn/conv.js";
import { torchDefault, uniform } from "../nn/initializers.js";
import { linear } from "../nn/linear.js";
import { maxPool2d } from "../nn/pool.js";
import type { Scope } from "../nn/scope.js";
import type { Encoder, EncoderOptions, Features } from "./encoder.js";
import { dilationAt, emptyMap, refuseMultiGrid, requireSide } from "./feature-maps.js";

interface Layer extends Pick<Conv2dOptions, "outChannels" | "stride" | "padding"> {
  /** Place in torchvision's sequence, in which ReLUs and poolings count. */
  readonly place: number;
  readonly kernel: number;
}

/** Convolutions of the maps 2 to 4; map 5 is the pooling of map 4. */
const stages: readonly (readonly Layer[])[] = [
  [{ place: 0, outChannels: 64, kernel: 11, stride: 4, padding: 2 }],
  [{ place: 3, outChannels: 192, kernel: 5 }],
  [
    { place: 6, outChannels: 384, kernel: 3 },
    { place: 8, outChannels: 256, kernel: 3 },
    { place: 10, outChannels: 256, kernel: 3 },
  ],
  [],
];

/** Places of the poolings to maps 3, 4 and 5. */
const pools = [2, 5, 12] as const;

/** Smallest image side for one to five halvings. */
const smallestSides = [2, 7, 15, 31, 63] as const;

function build(scope: Scope, image: Value, { depth = 5, outputStride = 32, multiGrid }: EncoderOptions): Features {
  refuseMultiGrid(scope, multiGrid);
  if (depth < 2)
    throw new UsageError({
      expected: "a depth of 2 to 5 for alexnet, which has no map at stride 2",
      found: `${depth}`,
    });
  requireSide(scope, image, smallestSides[Math.min(depth, Math.log2(outputStride)) - 1]!);
  const inside = scope.at("features");
  const features = [image, emptyMap(scope, image, 1)];
  let x = image;
  for (const [i, layers] of stages.slice(0, depth - 1).entries()) {
    const dilation = dilationAt(i + 2, outputStride);
    if (i > 0) {
      const kept = dilation > 1 ? { stride: 1, padding: 1 } : { stride: 2 };
      x = maxPool2d(inside.at(pools[i - 1]!), x, { kernel: 3, ...kept });
    }
    for (const { place, ...layer } of layers) {
      const biasInitializer = uniform(1 / Math.sqrt(channelsOf(x) * layer.kernel ** 2));
      const options = { padding: "same", dilation, ...layer, initializer: torchDefault, biasInitializer } as const;
      x = relu(inside.at(place + 1), conv2d(inside.at(place), x, options));
    }
    features.push(x);
  }
  return features;
}

/** The classifier: the last map averaged to 6x6, and three fully connected layers. */
function classify(scope: Scope, image: Value, numClasses: number): Value {
  const last = build(scope, image, {}).at(-1)!;
  const inside = scope.at("classifier");
  const mean = scope.at("avgpool").run(() => Flatten(AdaptiveAveragePool(last, [6, 6]), 1, 3));
  const fc6 = relu(inside.at(2), linear(inside.at(1), mean, { outFeatures: 4096 }));
  const fc7 = relu(inside.at(5), linear(inside.at(4), fc6, { outFeatures: 4096 }));
  return linear(inside.at(6), fc7, { outFeatures: numClasses });
}

/** AlexNet, alone in its family. */
export const alexnets: readonly Encoder[] = [
  {
    name: "alexnet",
    title: "AlexNet of 5 convolutions",
    paper: "https://arxiv.org/abs/1404.5997",
    channels: [0, 64, 192, 256, 256],
    smallestSide: smallestSides.at(-1)!,
    unpadded: true,
    endsInPooling: true,
    build: (scope, image, options = {}) => build(scope, image, options),
    classify,
  },
];
