/**
 * @file VGG (Simonyan and Zisserman 2014, https://arxiv.org/abs/1409.1556), with and without BatchNorm, and the parameter
 * names of torchvision. The maps are those before the poolings, as in segmentation_models.pytorch; the last is a pooling's.
 *
 *     image ─ conv1 ─ pool ─ conv2 ─ pool ─ conv3 ─ pool ─ conv4 ─ pool ─ conv5 ─ pool ─ average 7x7 ─ classifier
 *              64             128            256            512            512
 *     map                      1              2              3              4       5
 *     stride    1              2              4              8             16      32
 *
 * Below output stride 32 the last poolings take 3x3 windows around every pixel, and the convolutions behind a pooling that
 * no longer strides dilate, as in DeepLab v1 (Chen et al. 2014, https://arxiv.org/abs/1412.7062); segmentation_models.pytorch
 * refuses this. The strides stand on poolings in front of the stages, so `firstDilation` makes no difference, and
 * `multiGrid` has no blocks to act on.
 */
import { AdaptiveAveragePool, Flatten } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { convNormRelu, relu } from "../nn/blocks.js";
import { conv2d } from "../nn/conv.js";
import { kaimingNormalFanOut, normal, zeros } from "../nn/initializers.js";
import { linear } from "../nn/linear.js";
import { maxPool2d } from "../nn/pool.js";
import type { Scope } from "../nn/scope.js";
import type { Encoder, EncoderOptions, Features } from "./encoder.js";
import { dilationAt, refuseMultiGrid, requireSide } from "./feature-maps.js";

/** Channels of the convolutions of conv1 to conv5. */
const widths = [64, 128, 256, 512, 512] as const;

interface VggVariant {
  readonly name: string;
  readonly title: string;
  /** Convolutions of conv1 to conv5. */
  readonly layers: readonly [number, number, number, number, number];
  readonly batchNorm: boolean;
}

const plain: readonly Omit<VggVariant, "batchNorm">[] = [
  { name: "vgg11", title: "VGG of 8 convolutions", layers: [1, 1, 2, 2, 2] },
  { name: "vgg13", title: "VGG of 10 convolutions", layers: [2, 2, 2, 2, 2] },
  { name: "vgg16", title: "VGG of 13 convolutions", layers: [2, 2, 3, 3, 3] },
  { name: "vgg19", title: "VGG of 16 convolutions", layers: [2, 2, 4, 4, 4] },
];

const variants: readonly VggVariant[] = plain.flatMap((variant) => [
  { ...variant, batchNorm: false },
  { ...variant, name: `${variant.name}_bn`, title: `${variant.title} with BatchNorm`, batchNorm: true },
]);

function build(
  scope: Scope,
  image: Value,
  { layers, batchNorm }: VggVariant,
  { depth = 5, outputStride = 32, multiGrid }: EncoderOptions,
): Features {
  refuseMultiGrid(scope, multiGrid);
  requireSide(scope, image, Math.min(2 ** depth, outputStride));
  /** Place of the next layer in torchvision's sequence, in which ReLUs and poolings count. */
  let place = 0;
  const convolve = (x: Value, level: number): Value => {
    const [conv, norm] = [place, place + 1];
    place += batchNorm ? 3 : 2;
    const inside = scope.at("features");
    const options = {
      outChannels: widths[level]!,
      dilation: dilationAt(level, outputStride),
      bias: true,
      initializer: kaimingNormalFanOut,
    };
    return batchNorm
      ? convNormRelu(inside, x, { ...options, names: [conv, norm] })
      : relu(inside.at(norm), conv2d(inside.at(conv), x, { ...options, kernel: 3, padding: "same" }));
  };
  const pool = (x: Value, level: number): Value => {
    const strides = dilationAt(level, outputStride) === 1;
    return maxPool2d(scope.at("features", place++), x, strides ? { kernel: 2 } : { kernel: 3, stride: 1, padding: 1 });
  };
  const features = [image];
  let x = image;
  for (let level = 0; level <= depth; level++) {
    if (level > 0) x = pool(x, level);
    for (let i = 0; i < (layers[level] ?? 0); i++) x = convolve(x, level);
    if (level > 0) features.push(x);
  }
  return features;
}

/** The classifier: the last map averaged to 7x7, and three fully connected layers. */
function classify(scope: Scope, image: Value, numClasses: number, variant: VggVariant): Value {
  const last = build(scope, image, variant, {}).at(-1)!;
  const inside = scope.at("classifier");
  const connect = (place: number, x: Value, outFeatures: number): Value =>
    linear(inside.at(place), x, { outFeatures, initializer: normal(0.01), biasInitializer: zeros });
  const mean = scope.at("avgpool").run(() => Flatten(AdaptiveAveragePool(last, [7, 7]), 1, 3));
  const fc6 = relu(inside.at(1), connect(0, mean, 4096));
  const fc7 = relu(inside.at(4), connect(3, fc6, 4096));
  return connect(6, fc7, numClasses);
}

/** VGGs of every depth, with and without BatchNorm. */
export const vggs: readonly Encoder[] = variants.map((variant) => ({
  name: variant.name,
  title: variant.title,
  paper: "https://arxiv.org/abs/1409.1556",
  channels: [...widths.slice(1), 512],
  smallestSide: 32,
  endsInPooling: true,
  build: (scope, image, options = {}) => build(scope, image, variant, options),
  classify: (scope, image, numClasses) => classify(scope, image, numClasses, variant),
}));
