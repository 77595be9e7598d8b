/**
 * @file ResNet (He et al. 2015, https://arxiv.org/abs/1512.03385) without its classifier, parameters named as torchvision
 * names them. As there the bottleneck's stride stands on its 3x3 convolution.
 *
 *     image ─ conv1 7x7/2 ─ pool 3x3/2 ─ layer1 ─ layer2/2 ─ layer3/2 ─ layer4/2
 *     basic               64             64       128        256        512
 *     bottleneck          64             256      512        1024       2048
 */
import { Add } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { convNorm, convNormRelu, relu } from "../nn/blocks.js";
import { channelsOf } from "../nn/conv.js";
import { kaimingNormalFanOut } from "../nn/initializers.js";
import { maxPool2d } from "../nn/pool.js";
import type { Scope } from "../nn/scope.js";
import type { Encoder, EncoderOptions, Features } from "./encoder.js";

interface BlockOptions {
  /** Channels inside; a block gives `expansion` times as many. */
  readonly width: number;
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
  bottleneck: (scope, x, { width, stride, dilation }) => {
    const initializer = kaimingNormalFanOut;
    const narrow = convNormRelu(scope, x, { outChannels: width, kernel: 1, initializer, names: ["conv1", "bn1"] });
    const spatial = { outChannels: width, stride, dilation, initializer, names: ["conv2", "bn2"] as const };
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
  readonly block: BlockKind;
  /** Blocks of layer1 to layer4. */
  readonly layers: readonly [number, number, number, number];
}

const variants: readonly ResNetVariant[] = [
  { name: "resnet18", block: "basic", layers: [2, 2, 2, 2] },
  { name: "resnet34", block: "basic", layers: [3, 4, 6, 3] },
  { name: "resnet50", block: "bottleneck", layers: [3, 4, 6, 3] },
  { name: "resnet101", block: "bottleneck", layers: [3, 4, 23, 3] },
  { name: "resnet152", block: "bottleneck", layers: [3, 8, 36, 3] },
];

function build(
  scope: Scope,
  image: Value,
  { block, layers }: ResNetVariant,
  { depth = 5, outputStride = 32, firstDilation = "stage" }: EncoderOptions,
): Features {
  const stem = convNormRelu(scope, image, {
    outChannels: 64,
    kernel: 7,
    stride: 2,
    initializer: kaimingNormalFanOut,
    names: ["conv1", "bn1"],
  });
  const features = [image, stem];
  let x = depth > 1 ? maxPool2d(scope.at("maxpool"), stem, { kernel: 3, stride: 2, padding: 1 }) : stem;
  let dilation = 1;
  for (let stage = 0; stage < depth - 1; stage++) {
    const previous = dilation;
    const strides = stage > 0 && 4 * 2 ** stage <= outputStride;
    if (stage > 0 && !strides) dilation *= 2;
    for (let i = 0; i < layers[stage]!; i++)
      x = residualBlock(scope.at(`layer${stage + 1}`, i), x, block, {
        width: 64 * 2 ** stage,
        stride: strides && i === 0 ? 2 : 1,
        dilation: i === 0 && firstDilation === "previous" ? previous : dilation,
      });
    features.push(x);
  }
  return features;
}

/** ResNets of every depth. */
export const resnets: readonly Encoder[] = variants.map((variant) => ({
  name: variant.name,
  title: `ResNet of ${variant.layers.join("-")} ${variant.block} blocks`,
  paper: "https://arxiv.org/abs/1512.03385",
  channels: [64, ...[64, 128, 256, 512].map((width) => width * expansion[variant.block])],
  build: (scope, image, options = {}) => build(scope, image, variant, options),
}));
