/**
 * @file DenseNet (Huang et al. 2016, https://arxiv.org/abs/1608.06993) with the parameter names of torchvision. The maps are
 * those behind a transition's BatchNorm and ReLU, before it narrows and pools, as in segmentation_models.pytorch.
 *
 *     image ─ conv0 7x7/2 ─ pool ─ block1 ─ transition1/2 ─ block2 ─ transition2/2 ─ block3 ─ transition3/2 ─ block4 ─ norm5
 *     map         1                            2                        3                        4              5
 *     stride      2                  4                        8                       16                       32
 *     121        64                           256                      512                      1024           1024
 *
 * Each layer of a block reads all maps before it: x = concat [x, conv2(relu(norm2(conv1(relu(norm1(x))))))].
 *
 * Below output stride 32 the last transitions leave out their pooling and the blocks behind dilate;
 * segmentation_models.pytorch refuses this.
 */
import { Concat, Flatten, GlobalAveragePool } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { relu } from "../nn/blocks.js";
import { channelsOf, conv2d } from "../nn/conv.js";
import { kaimingNormal, zeros } from "../nn/initializers.js";
import { linear } from "../nn/linear.js";
import { batchNorm2d } from "../nn/norm.js";
import { averagePool2d, maxPool2d } from "../nn/pool.js";
import type { Scope } from "../nn/scope.js";
import type { Encoder, EncoderOptions, Features } from "./encoder.js";
import { dilationAt, requireSide } from "./feature-maps.js";

interface DenseNetVariant {
  readonly name: string;
  /** Channels of the first convolution. */
  readonly stem: number;
  /** Channels that each layer adds. */
  readonly growth: number;
  /** Layers of block1 to block4. */
  readonly layers: readonly [number, number, number, number];
}

const variants: readonly DenseNetVariant[] = [
  { name: "densenet121", stem: 64, growth: 32, layers: [6, 12, 24, 16] },
  { name: "densenet161", stem: 96, growth: 48, layers: [6, 12, 36, 24] },
  { name: "densenet169", stem: 64, growth: 32, layers: [6, 12, 32, 32] },
  { name: "densenet201", stem: 64, growth: 32, layers: [6, 12, 48, 32] },
];

/** Least side that leaves a pixel after two halvings that round up and then some average poolings, which round down. */
const sideFor = (poolings: number): number => 4 * 2 ** Math.max(0, poolings) - 3;

const normRelu = (scope: Scope, x: Value): Value => relu(scope, batchNorm2d(scope, x));

/** One layer of a dense block, joined with all that was before it. */
function denseLayer(scope: Scope, x: Value, growth: number, dilation: number): Value {
  const common = { bias: false, initializer: kaimingNormal };
  const first = { ...common, outChannels: 4 * growth, kernel: 1 };
  const second = { ...common, outChannels: growth, kernel: 3, padding: "same", dilation } as const;
  const narrow = conv2d(scope.at("conv1"), normRelu(scope.at("norm1"), x), first);
  const y = conv2d(scope.at("conv2"), normRelu(scope.at("norm2"), narrow), second);
  return scope.run(() => Concat([x, y], 1));
}

function build(
  scope: Scope,
  image: Value,
  { stem: stemChannels, growth, layers }: DenseNetVariant,
  { depth = 5, outputStride = 32, firstDilation = "stage", multiGrid }: EncoderOptions,
): Features {
  requireSide(scope, image, sideFor(Math.min(depth, Math.log2(outputStride)) - 2));
  const inside = scope.at("features");
  const common = { bias: false, initializer: kaimingNormal };
  const first = { ...common, outChannels: stemChannels, kernel: 7, stride: 2, padding: 3 };
  const stem = normRelu(inside.at("norm0"), conv2d(inside.at("conv0"), image, first));
  const features = [image, stem];
  let x = stem;
  for (let block = 1; block < depth; block++) {
    const dilation = dilationAt(block + 1, outputStride);
    if (block === 1) x = maxPool2d(inside.at("pool0"), x, { kernel: 3, stride: 2, padding: 1 });
    else {
      const transition = inside.at(`transition${block - 1}`);
      x = conv2d(transition.at("conv"), x, { ...common, outChannels: channelsOf(x) / 2, kernel: 1 });
      if (dilation === 1) x = averagePool2d(transition.at("pool"), x, { kernel: 2 });
    }
    for (let i = 0; i < layers[block - 1]!; i++) {
      const grid = block === 4 && dilation > 1 ? (multiGrid?.[i % multiGrid.length] ?? 1) : 1;
      const own = i === 0 && firstDilation === "previous" ? dilationAt(block, outputStride) : dilation;
      x = denseLayer(inside.at(`denseblock${block}`, `denselayer${i + 1}`), x, growth, grid * own);
    }
    // The last map has its ReLU in the classifier only.
    x = block === 4 ? batchNorm2d(inside.at("norm5"), x) : normRelu(inside.at(`transition${block}`, "norm"), x);
    features.push(x);
  }
  return features;
}

/** The classifier: ReLU, the mean over the last map, and a fully connected layer. */
function classify(scope: Scope, image: Value, numClasses: number, variant: DenseNetVariant): Value {
  const last = relu(scope, build(scope, image, variant, {}).at(-1)!);
  const mean = scope.run(() => Flatten(GlobalAveragePool(last), 1, 3));
  return linear(scope.at("classifier"), mean, { outFeatures: numClasses, biasInitializer: zeros });
}

/** Channels of the maps: each transition halves what the blocks before it have gathered. */
function channelsOfMaps({ stem, growth, layers }: DenseNetVariant): number[] {
  const channels = [stem];
  let entering = stem;
  for (const count of layers) {
    channels.push(entering + count * growth);
    entering = channels.at(-1)! / 2;
  }
  return channels;
}

/** DenseNets of every depth. */
export const densenets: readonly Encoder[] = variants.map((variant) => ({
  name: variant.name,
  title: `DenseNet of ${variant.layers.join("-")} layers`,
  paper: "https://arxiv.org/abs/1608.06993",
  channels: channelsOfMaps(variant),
  smallestSide: sideFor(3),
  build: (scope, image, options = {}) => build(scope, image, variant, options),
  classify: (scope, image, numClasses) => classify(scope, image, numClasses, variant),
}));
