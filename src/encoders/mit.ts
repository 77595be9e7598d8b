/**
 * @file MiT, the Mix Transformer of SegFormer (Xie et al. 2021, https://arxiv.org/abs/2105.15203), with the parameter names of
 * segmentation_models.pytorch.
 *
 *     image ─ patch_embed1 7x7/4 ─ block1 ─ norm1 ─ patch_embed2 3x3/2 ─ block2 ─ norm2 ─ ... ─ block4 ─ norm4
 *     map                                     2                                     3             4          5
 *     mit_b0                                 32                                    64           160        256
 *     mit_b1 to mit_b5                       64                                   128           320        512
 *
 * block: x = x + attention(norm(x)), x = x + mixFfn(norm(x)) on the tokens [N, H*W, C] of a map. Queries of all tokens meet
 * keys and values of the map reduced 8, 4, 2 and 1 times; positions are told by the zero padding of the feed-forward
 * networks' depthwise convolutions, so that any image size goes. There is no map at stride 2, and dilation is refused.
 */
import type { Dim } from "../graph/dim.js";
import {
  Add,
  Flatten,
  Gelu,
  MatMul,
  ReduceMean,
  Reshape,
  ScaledDotProductAttention,
  Split,
  Squeeze,
  Transpose,
} from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { conv2d } from "../nn/conv.js";
import { dropPath } from "../nn/dropout.js";
import { kaimingNormalFanOut, normal, zeros } from "../nn/initializers.js";
import { linear } from "../nn/linear.js";
import { layerNorm } from "../nn/norm.js";
import type { Scope } from "../nn/scope.js";
import type { Encoder, EncoderOptions, Features } from "./encoder.js";
import { emptyMap, refuseDilation, refuseMultiGrid, requireSide } from "./feature-maps.js";

/** Tokens [N, height * width, C] of a map. */
interface Tokens {
  readonly x: Value;
  readonly height: Dim;
  readonly width: Dim;
}

function tokensOf(scope: Scope, map: Value): Tokens {
  const [, , height, width] = map.shape as [Dim, Dim, Dim, Dim];
  return { x: scope.run(() => Transpose(Flatten(map, 2, 3), [0, 2, 1])), height, width };
}

/** The map [N, C, H, W] of tokens. */
const mapOf = (scope: Scope, { x, height, width }: Tokens): Value =>
  scope.run(() => Reshape(Transpose(x, [0, 2, 1]), [x.shape[0]!, x.shape[2]!, height, width]));

const start = normal(0.02);

const dense = (scope: Scope, x: Value, outFeatures: number): Value =>
  linear(scope, x, { outFeatures, initializer: start, biasInitializer: zeros });

/** The norms of blocks and stages have this epsilon; those behind convolutions keep the default. */
const eps = 1e-6;

/** Attention of all tokens to those of the map reduced `reduction` times by a convolution. */
function attention(scope: Scope, tokens: Tokens, heads: number, reduction: number): Value {
  const { x } = tokens;
  const [n, count, channels] = x.shape as [Dim, Dim, number];
  const depth = channels / heads;
  let source = x;
  if (reduction > 1) {
    const options = { outChannels: channels, kernel: reduction, stride: reduction, initializer: kaimingNormalFanOut };
    const reduced = conv2d(scope.at("sr"), mapOf(scope, tokens), options);
    source = layerNorm(scope.at("norm"), tokensOf(scope, reduced).x);
  }
  const query = dense(scope.at("q"), x, channels);
  const both = dense(scope.at("kv"), source, 2 * channels);
  const mixed = scope.run(() => {
    const perHead = Transpose(Reshape(query, [n, count, heads, depth]), [0, 2, 1, 3]);
    const parts = Transpose(Reshape(both, [n, source.shape[1]!, 2, heads, depth]), [2, 0, 3, 1, 4]);
    const [key, value] = Split(parts, 0, [1, 1]).map((part) => Squeeze(part, [0])) as [Value, Value];
    return Reshape(Transpose(ScaledDotProductAttention(perHead, key, value), [0, 2, 1, 3]), [n, count, channels]);
  });
  return dense(scope.at("proj"), mixed, channels);
}

/**
 * Feed-forward network with a depthwise 3x3 convolution between its layers. The two matrix products turn tokens into a map of
 * four times the channels and back, which saves transposing that map.
 */
function mixFfn(scope: Scope, { x, height, width }: Tokens): Value {
  const [n, , channels] = x.shape as [Dim, Dim, number];
  const hidden = 4 * channels;
  const layer = (name: string, outFeatures: number, inFeatures: number): [weight: Value, bias: Value] => [
    scope.at(name).parameter("weight", [outFeatures, inFeatures], start),
    scope.at(name).parameter("bias", [outFeatures], zeros),
  ];
  const [weight1, bias1] = layer("fc1", hidden, channels);
  const wide = scope
    .at("fc1")
    .run(() =>
      Reshape(Add(MatMul(weight1, x, { transB: true }), Reshape(bias1, [hidden, 1])), [n, hidden, height, width]),
    );
  const depthwise = {
    outChannels: hidden,
    groups: hidden,
    kernel: 3,
    padding: 1,
    initializer: normal(Math.sqrt(2 / 9)),
  };
  const mixed = conv2d(scope.at("dwconv", "dwconv"), wide, depthwise);
  const [weight2, bias2] = layer("fc2", channels, hidden);
  return scope
    .at("fc2")
    .run(() => Add(MatMul(Flatten(Gelu(mixed), 2, 3), weight2, { transA: true, transB: true }), bias2));
}

interface MitVariant {
  readonly name: string;
  /** Channels of the four stages. */
  readonly widths: readonly [number, number, number, number];
  /** Blocks of the four stages. */
  readonly layers: readonly [number, number, number, number];
}

const small = [32, 64, 160, 256] as const;
const large = [64, 128, 320, 512] as const;

const variants: readonly MitVariant[] = [
  { name: "mit_b0", widths: small, layers: [2, 2, 2, 2] },
  { name: "mit_b1", widths: large, layers: [2, 2, 2, 2] },
  { name: "mit_b2", widths: large, layers: [3, 4, 6, 3] },
  { name: "mit_b3", widths: large, layers: [3, 4, 18, 3] },
  { name: "mit_b4", widths: large, layers: [3, 8, 27, 3] },
  { name: "mit_b5", widths: large, layers: [3, 6, 40, 3] },
];

const heads = [1, 2, 5, 8] as const;
const reductions = [8, 4, 2, 1] as const;

/** The first stage's map must hold one reduced token. */
const smallestSide = 29;

/** One stage behind its patch embedding: `dropPaths` has the probability of skipping for each block. */
function stage(scope: Scope, map: Value, number: number, width: number, dropPaths: readonly number[]): Value {
  const patch = number === 1 ? { kernel: 7, stride: 4, padding: 3 } : { kernel: 3, stride: 2, padding: 1 };
  const embed = scope.at(`patch_embed${number}`);
  const convolution = { ...patch, outChannels: width, initializer: kaimingNormalFanOut };
  const tokens = tokensOf(embed, conv2d(embed.at("proj"), map, convolution));
  let x = layerNorm(embed.at("norm"), tokens.x);
  for (const [i, rate] of dropPaths.entries()) {
    const inside = scope.at(`block${number}`, i);
    const join = (branch: Value, name: string): Value => {
      const kept = dropPath(inside.at(name), branch, rate);
      return inside.run(() => Add(x, kept));
    };
    const normed = (name: string): Tokens => ({ ...tokens, x: layerNorm(inside.at(name), x, { eps }) });
    x = join(attention(inside.at("attn"), normed("norm1"), heads[number - 1]!, reductions[number - 1]!), "attn");
    x = join(mixFfn(inside.at("mlp"), normed("norm2")), "mlp");
  }
  const norm = scope.at(`norm${number}`);
  return mapOf(norm, { ...tokens, x: layerNorm(norm, x, { eps }) });
}

function build(
  scope: Scope,
  image: Value,
  { widths, layers }: MitVariant,
  { depth = 5, outputStride, multiGrid, dropPath: rate = 0 }: EncoderOptions,
): Features {
  refuseDilation(scope, outputStride);
  refuseMultiGrid(scope, multiGrid);
  if (depth > 1) requireSide(scope, image, smallestSide);
  const features = [image, emptyMap(scope, image, 1)];
  const blocks = layers.reduce((a, b) => a + b);
  const dropPaths = Array.from({ length: blocks }, (_, i) => (rate * i) / (blocks - 1));
  let x = image;
  for (let i = 0; i < depth - 1; i++) {
    x = stage(scope, x, i + 1, widths[i]!, dropPaths.splice(0, layers[i]!));
    features.push(x);
  }
  return features;
}

/** The classifier: the mean over the last map, and a fully connected layer. */
function classify(scope: Scope, image: Value, numClasses: number, variant: MitVariant): Value {
  const last = build(scope, image, variant, {}).at(-1)!;
  return dense(
    scope.at("head"),
    scope.run(() => ReduceMean(last, { axes: [2, 3] })),
    numClasses,
  );
}

/** Mix Transformers of every size. */
export const mits: readonly Encoder[] = variants.map((variant) => ({
  name: variant.name,
  title: `Mix Transformer of SegFormer, ${variant.layers.join("-")} blocks`,
  paper: "https://arxiv.org/abs/2105.15203",
  channels: [0, ...variant.widths],
  outputStrides: [32],
  smallestSide,
  build: (scope, image, options = {}) => build(scope, image, variant, options),
  classify: (scope, image, numClasses) => classify(scope, image, numClasses, variant),
}));
