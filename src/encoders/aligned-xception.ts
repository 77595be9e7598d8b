/**
 * @file Xception aligned for DeepLab v3+ (Chen et al. 2018, https://arxiv.org/abs/1802.02611, figure 4): separable
 * convolutions stride where Xception pools, and BatchNorm and ReLU follow every depthwise one. Parameter names, momentum and
 * dilations are those of LiheYoung/UniMatch (MIT); 41 has 8 middle blocks, 65 has 16.
 *
 *     image ─ conv1 3x3/2 ─ conv2 ─ block1/2 ─ block2/2 ─ block3/2 ─ 8 or 16 blocks ─ last block/2 ─ conv3 ─ conv4 ─ conv5
 *     map                     1               2          3                           4                              5
 *     channels     32        64       128       256        728            728         1024     1536    1536    2048
 *
 * block = [ReLU, separable 3x3 convolution] three times, the third with the stride, plus the input, projected where its
 * shape changes. Maps 2 to 4 are those in front of a stride, inside a block: there the decoder of DeepLab v3+ reads its fine
 * map. Where nothing changes, the reference rectifies the block's input in place, so that the shortcut is rectified too.
 *
 * At output stride 16 the last block does not stride and nothing dilates; at 8 neither does block3, and all behind it
 * dilates by 2. `firstDilation` makes no difference.
 */
import { Add, Flatten, GlobalAveragePool } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { convNorm, convNormRelu, relu } from "../nn/blocks.js";
import { channelsOf } from "../nn/conv.js";
import { kaimingNormalFanOut } from "../nn/initializers.js";
import { linear } from "../nn/linear.js";
import type { Scope } from "../nn/scope.js";
import type { Encoder, EncoderOptions, Features } from "./encoder.js";
import { dilationAt, refuseMultiGrid } from "./feature-maps.js";

/** What all convolutions have in common. */
const common = { initializer: kaimingNormalFanOut, norm: { momentum: 0.0003 } };

interface SeparableOptions {
  readonly outChannels: number;
  readonly stride?: number;
  readonly dilation: number;
  /** Whether ReLUs stand behind both BatchNorms, as at the end of the network, or one in front. */
  readonly relu: "behind" | "in front";
}

function separable(
  scope: Scope,
  x: Value,
  { outChannels, stride = 1, dilation, relu: place }: SeparableOptions,
): Value {
  const step = place === "behind" ? convNormRelu : convNorm;
  const entered = place === "behind" ? x : relu(scope.at("relu0"), x);
  const groups = channelsOf(x);
  const spatial = { ...common, outChannels: groups, groups, stride, dilation, padding: dilation } as const;
  const depthwise = step(scope, entered, { ...spatial, names: ["depthwise", "bn1"] });
  return step(scope, depthwise, { ...common, outChannels, kernel: 1, names: ["pointwise", "bn2"] });
}

interface BlockOptions {
  readonly outChannels: number;
  /** Channels between the first two convolutions; as many as come out unless given. */
  readonly inner?: number;
  readonly stride: number;
  readonly dilation: number;
}

/** A block up to its third convolution, and the rest of it: the map in between is the last one before the stride. */
function block(
  scope: Scope,
  x: Value,
  { outChannels, inner = outChannels, stride, dilation }: BlockOptions,
): { readonly map: Value; finish(): Value } {
  const same = stride === 1 && channelsOf(x) === outChannels;
  const entered = same ? relu(scope, x) : x;
  const options = { dilation, relu: "in front" } as const;
  const first = separable(scope.at("sepconv1"), entered, { ...options, outChannels: inner });
  const map = separable(scope.at("sepconv2"), first, { ...options, outChannels });
  const finish = (): Value => {
    const project = { ...common, outChannels, kernel: 1, padding: 0, stride, names: ["skip", "skipbn"] } as const;
    const skip = same ? entered : convNorm(scope, x, project);
    const y = separable(scope.at("sepconv3"), map, { ...options, outChannels, stride });
    return scope.run(() => Add(y, skip));
  };
  return { map, finish };
}

interface XceptionVariant {
  readonly name: string;
  readonly middle: number;
}

const variants: readonly XceptionVariant[] = [
  { name: "xception41", middle: 8 },
  { name: "xception65", middle: 16 },
];

function build(
  scope: Scope,
  image: Value,
  { middle }: XceptionVariant,
  { depth = 5, outputStride = 32, multiGrid }: EncoderOptions,
): Features {
  refuseMultiGrid(scope, multiGrid);
  const dilation = dilationAt(4, outputStride);
  const strideTo = (level: number): number => (2 ** level <= outputStride ? 2 : 1);
  const conv1 = convNormRelu(scope, image, { ...common, outChannels: 32, stride: 2, names: ["conv1", "bn1"] });
  const conv2 = convNormRelu(scope, conv1, { ...common, outChannels: 64, names: ["conv2", "bn2"] });
  const features = [image, conv2];
  if (depth === 1) return features;

  const block1 = block(scope.at("block1"), conv2, { outChannels: 128, stride: 2, dilation: 1 }).finish();
  const block2 = block(scope.at("block2"), block1, { outChannels: 256, stride: strideTo(3), dilation: 1 });
  features.push(block2.map);
  if (depth === 2) return features;

  const entry = { outChannels: 728, stride: strideTo(4), dilation: 1 };
  const block3 = block(scope.at("block3"), block2.finish(), entry);
  features.push(block3.map);
  if (depth === 3) return features;

  let x = block3.finish();
  for (let i = 4; i < middle + 4; i++)
    x = block(scope.at(`block${i}`), x, { outChannels: 728, stride: 1, dilation }).finish();
  const exit = { outChannels: 1024, inner: 728, stride: strideTo(5), dilation };
  const last = block(scope.at(`block${middle + 4}`), x, exit);
  features.push(last.map);
  if (depth === 4) return features;

  x = last.finish();
  for (const [i, outChannels] of [1536, 1536, 2048].entries())
    x = separable(scope.at(`conv${i + 3}`), x, { outChannels, dilation, relu: "behind" });
  return [...features, x];
}

/** The mean over the last map, and a fully connected layer. */
function classify(scope: Scope, image: Value, numClasses: number, variant: XceptionVariant): Value {
  const last = build(scope, image, variant, {}).at(-1)!;
  const mean = scope.run(() => Flatten(GlobalAveragePool(last), 1, 3));
  return linear(scope.at("fc"), mean, { outFeatures: numClasses });
}

/** Aligned Xceptions of both depths. */
export const alignedXceptions: readonly Encoder[] = variants.map((variant) => ({
  name: variant.name,
  title: `Xception aligned for DeepLab v3+, of ${variant.middle} middle blocks`,
  paper: "https://arxiv.org/abs/1802.02611",
  channels: [64, 256, 728, 1024, 2048],
  build: (scope, image, options = {}) => build(scope, image, variant, options),
  classify: (scope, image, numClasses) => classify(scope, image, numClasses, variant),
}));
