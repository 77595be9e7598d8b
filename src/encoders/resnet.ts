/**
 * @file ResNet (He et al. 2015, https://arxiv.org/abs/1512.03385) and ResNeXt (Xie et al. 2016, https://arxiv.org/abs/1611.05431)
 * with the parameter names of torchvision. As there the bottleneck's stride stands on its 3x3 convolution.
 *
 *     image ─ conv1 7x7/2 ─ pool 3x3/2 ─ layer1 ─ layer2/2 ─ layer3/2 ─ layer4/2 ─ average ─ fc
 *     basic               64             64       128        256        512
 *     bottleneck          64             256      512        1024       2048
 *
 * A deep stem is three 3x3 convolutions of 64, 64 and 128 channels instead of the 7x7 (PSPNet's ResNet).
 */
import { Add, Flatten, GlobalAveragePool } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { convNorm, convNormRelu, relu } from "../nn/blocks.js";
import { channelsOf, conv2d } from "../nn/conv.js";
import { kaimingNormalFanOut } from "../nn/initializers.js";
import { linear } from "../nn/linear.js";
import { batchNorm2d } from "../nn/norm.js";
import { maxPool2d } from "../nn/pool.js";
import type { Scope } from "../nn/scope.js";
import type { Encoder, EncoderOptions, Features } from "./encoder.js";

interface BlockOptions {
  /** Channels of a basic block; a bottleneck gives four times as many. */
  readonly width: number;
  /** Channels and groups of the bottleneck's 3x3 convolution. */
  readonly inner: number;
  readonly groups: number;
  readonly stride: number;
  readonly dilation: number;
}

type BlockKind = "basic" | "bottleneck";

const expansion: Record<BlockKind, number> = { basic: 1, bottleneck: 4 };

/** The residual branch, before its sum with the shortcut. */
const branches: Record<BlockKind, (scope: Scope, x: Value, options: BlockOptions) => Value> = {
  basic: (scope, x, { width, stride, dilation }) => {
    const initializer = kaimingNormalFanOut;
    const first = convNormRelu(scope, x, {
      outChannels: width,
      stride,
      dilation,
      initializer,
      names: ["conv1", "bn1"],
    });
    return convNorm(scope, first, { outChannels: width, dilation, initializer, names: ["conv2", "bn2"] });
  },
  bottleneck: (scope, x, { width, inner, groups, stride, dilation }) => {
    const initializer = kaimingNormalFanOut;
    const narrow = convNormRelu(scope, x, { outChannels: inner, kernel: 1, initializer, names: ["conv1", "bn1"] });
    const spatial = { outChannels: inner, groups, stride, dilation, initializer, names: ["conv2", "bn2"] as const };
    const wide = {
      outChannels: width * expansion.bottleneck,
      kernel: 1,
      initializer,
      names: ["conv3", "bn3"] as const,
    };
    return convNorm(scope, convNormRelu(scope, narrow, spatial), wide);
  },
};

/** One residual block: `relu(branch(x) + shortcut(x))`; the shortcut projects where size or channels change. */
function residualBlock(scope: Scope, x: Value, kind: BlockKind, options: BlockOptions): Value {
  const outChannels = options.width * expansion[kind];
  const branch = branches[kind](scope, x, options);
  const same = options.stride === 1 && channelsOf(x) === outChannels;
  const shortcut = same
    ? x
    : convNorm(scope.at("downsample"), x, {
        outChannels,
        kernel: 1,
        stride: options.stride,
        initializer: kaimingNormalFanOut,
        names: [0, 1],
      });
  return relu(
    scope,
    scope.run(() => Add(branch, shortcut)),
  );
}

interface ResNetVariant {
  readonly name: string;
  readonly title: string;
  readonly block: BlockKind;
  /** Blocks of layer1 to layer4. */
  readonly layers: readonly [number, number, number, number];
  /** Groups of the bottlenecks' 3x3 convolutions and channels of each in layer1; 1 and 64 for ResNet. */
  readonly groups?: number;
  readonly widthPerGroup?: number;
  readonly stem?: "deep";
}

const variants: readonly ResNetVariant[] = [
  { name: "resnet18", title: "ResNet of 2-2-2-2 basic blocks", block: "basic", layers: [2, 2, 2, 2] },
  { name: "resnet34", title: "ResNet of 3-4-6-3 basic blocks", block: "basic", layers: [3, 4, 6, 3] },
  { name: "resnet50", title: "ResNet of 3-4-6-3 bottlenecks", block: "bottleneck", layers: [3, 4, 6, 3] },
  { name: "resnet101", title: "ResNet of 3-4-23-3 bottlenecks", block: "bottleneck", layers: [3, 4, 23, 3] },
  { name: "resnet152", title: "ResNet of 3-8-36-3 bottlenecks", block: "bottleneck", layers: [3, 8, 36, 3] },
  {
    name: "resnet50-deep-stem",
    title: "ResNet-50 that begins with three 3x3 convolutions",
    block: "bottleneck",
    layers: [3, 4, 6, 3],
    stem: "deep",
  },
  {
    name: "resnet101-deep-stem",
    title: "ResNet-101 that begins with three 3x3 convolutions",
    block: "bottleneck",
    layers: [3, 4, 23, 3],
    stem: "deep",
  },
  {
    name: "resnext50_32x4d",
    title: "ResNeXt-50 of 32 groups",
    block: "bottleneck",
    layers: [3, 4, 6, 3],
    groups: 32,
    widthPerGroup: 4,
  },
  {
    name: "resnext101_32x8d",
    title: "ResNeXt-101 of 32 groups",
    block: "bottleneck",
    layers: [3, 4, 23, 3],
    groups: 32,
    widthPerGroup: 8,
  },
];

/** The first convolution with its norm and ReLU, at stride 2. */
function stemOf(scope: Scope, image: Value, kind: ResNetVariant["stem"]): Value {
  const initializer = kaimingNormalFanOut;
  if (kind === undefined)
    return convNormRelu(scope, image, { outChannels: 64, kernel: 7, stride: 2, initializer, names: ["conv1", "bn1"] });
  const inside = scope.at("conv1");
  const first = convNormRelu(inside, image, { outChannels: 64, stride: 2, initializer, names: [0, 1] });
  const second = convNormRelu(inside, first, { outChannels: 64, initializer, names: [3, 4] });
  const third = conv2d(inside.at(6), second, {
    outChannels: 128,
    kernel: 3,
    padding: "same",
    bias: false,
    initializer,
  });
  return relu(scope, batchNorm2d(scope.at("bn1"), third));
}

function build(
  scope: Scope,
  image: Value,
  { block, layers, groups = 1, widthPerGroup = 64, stem: stemKind }: ResNetVariant,
  { depth = 5, outputStride = 32, firstDilation = "stage", multiGrid }: EncoderOptions,
): Features {
  const stem = stemOf(scope, image, stemKind);
  const features = [image, stem];
  let x = depth > 1 ? maxPool2d(scope.at("maxpool"), stem, { kernel: 3, stride: 2, padding: 1 }) : stem;
  let dilation = 1;
  for (let stage = 0; stage < depth - 1; stage++) {
    const previous = dilation;
    const strides = stage > 0 && 4 * 2 ** stage <= outputStride;
    if (stage > 0 && !strides) dilation *= 2;
    for (let i = 0; i < layers[stage]!; i++) {
      const grid = stage === 3 && dilation > 1 ? (multiGrid?.[i % multiGrid.length] ?? 1) : 1;
      x = residualBlock(scope.at(`layer${stage + 1}`, i), x, block, {
        width: 64 * 2 ** stage,
        inner: widthPerGroup * groups * 2 ** stage,
        groups,
        stride: strides && i === 0 ? 2 : 1,
        dilation: grid * (i === 0 && firstDilation === "previous" ? previous : dilation),
      });
    }
    features.push(x);
  }
  return features;
}

/** The classifier: the mean over the last map, and a fully connected layer. */
function classify(scope: Scope, image: Value, numClasses: number, variant: ResNetVariant): Value {
  const last = build(scope, image, variant, {}).at(-1)!;
  const mean = scope.at("avgpool").run(() => Flatten(GlobalAveragePool(last), 1, 3));
  return linear(scope.at("fc"), mean, { outFeatures: numClasses });
}

/** ResNets and ResNeXts of every depth. */
export const resnets: readonly Encoder[] = variants.map((variant) => ({
  name: variant.name,
  title: variant.title,
  paper: variant.groups === undefined ? "https://arxiv.org/abs/1512.03385" : "https://arxiv.org/abs/1611.05431",
  channels: [
    variant.stem === "deep" ? 128 : 64,
    ...[64, 128, 256, 512].map((width) => width * expansion[variant.block]),
  ],
  build: (scope, image, options = {}) => build(scope, image, variant, options),
  classify: (scope, image, numClasses) => classify(scope, image, numClasses, variant),
}));
