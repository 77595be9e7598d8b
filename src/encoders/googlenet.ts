/**
 * @file GoogLeNet (Szegedy et al. 2014, https://arxiv.org/abs/1409.4842) with BatchNorm and the parameter names of
 * torchvision, without the auxiliary classifiers. As there the "5x5" branch of a block is a 3x3 convolution, and norms add
 * 0.001 to the variance.
 *
 *     image ─ conv1 7x7/2 ─ pool/2 ─ conv2 1x1 ─ conv3 3x3 ─ pool/2 ─ 3a 3b ─ pool/2 ─ 4a..4e ─ pool/2 ─ 5a 5b ─ average ─ fc
 *              64                    64          192                     480              832              1024
 *     map      1                                 2                       3                4                5
 *     stride   2                                 4                       8                16               32
 *
 *     block   x ┬ 1x1 ──────────────┬ concat
 *               ├ 1x1 ─ 3x3 ────────┤
 *               ├ 1x1 ─ 3x3 ("5x5") ┤
 *               └ pool 3x3/1 ─ 1x1 ─┘
 *
 * Below output stride 32 the last poolings between the stages take 3x3 windows around every pixel, and what lies behind
 * them dilates. The strides stand on these poolings, so `firstDilation` makes no difference.
 */
import { Concat, Flatten, GlobalAveragePool } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { convNormRelu } from "../nn/blocks.js";
import { normal } from "../nn/initializers.js";
import { linear } from "../nn/linear.js";
import { maxPool2d } from "../nn/pool.js";
import type { Scope } from "../nn/scope.js";
import type { Encoder, EncoderOptions, Features } from "./encoder.js";
import { dilationAt, requireSide } from "./feature-maps.js";

/** Channels of a block's six convolutions: 1x1, then (1x1, 3x3), (1x1, "5x5") and the one behind the pooling. */
type BlockWidths = readonly [
  one: number,
  three: readonly [number, number],
  five: readonly [number, number],
  pool: number,
];

/** Blocks of the stages at strides 8, 16 and 32, by their letters. */
const stages: readonly { readonly [letter: string]: BlockWidths }[] = [
  {
    a: [64, [96, 128], [16, 32], 32],
    b: [128, [128, 192], [32, 96], 64],
  },
  {
    a: [192, [96, 208], [16, 48], 64],
    b: [160, [112, 224], [24, 64], 64],
    c: [128, [128, 256], [24, 64], 64],
    d: [112, [144, 288], [32, 64], 64],
    e: [256, [160, 320], [32, 128], 128],
  },
  {
    a: [256, [160, 320], [32, 128], 128],
    b: [384, [192, 384], [48, 128], 128],
  },
];

/** Smallest image side for one to five halvings. */
const smallestSides = [1, 3, 7, 15, 15] as const;

const initializer = normal(0.01);

interface ConvOptions {
  readonly kernel: number;
  readonly stride?: number;
  readonly dilation?: number;
}

const convolve = (scope: Scope, x: Value, outChannels: number, options: ConvOptions): Value =>
  convNormRelu(scope, x, { outChannels, ...options, padding: "same", initializer, norm: { eps: 1e-3 } });

function block(scope: Scope, x: Value, [one, three, five, poolWidth]: BlockWidths, dilation: number): Value {
  const twice = (name: string, [narrow, wide]: readonly [number, number]): Value => {
    const y = convolve(scope.at(name, 0), x, narrow, { kernel: 1 });
    return convolve(scope.at(name, 1), y, wide, { kernel: 3, dilation });
  };
  const around = maxPool2d(scope.at("branch4", 0), x, { kernel: 3, stride: 1, padding: dilation, dilation });
  const branches = [
    convolve(scope.at("branch1"), x, one, { kernel: 1 }),
    twice("branch2", three),
    twice("branch3", five),
    convolve(scope.at("branch4", 1), around, poolWidth, { kernel: 1 }),
  ];
  return scope.run(() => Concat(branches, 1));
}

function build(scope: Scope, image: Value, { depth = 5, outputStride = 32, multiGrid }: EncoderOptions): Features {
  requireSide(scope, image, smallestSides[Math.min(depth, Math.log2(outputStride)) - 1]!);
  const pool = (x: Value, level: number): Value => {
    const kernel = level === 5 ? 2 : 3;
    const strides = dilationAt(level, outputStride) === 1;
    const options = strides ? { kernel, stride: 2, ceilMode: true } : { kernel: 3, stride: 1, padding: 1 };
    return maxPool2d(scope.at(`maxpool${level - 1}`), x, options);
  };
  const features = [image, convolve(scope.at("conv1"), image, 64, { kernel: 7, stride: 2 })];
  if (depth > 1) {
    const narrow = convolve(scope.at("conv2"), pool(features[1]!, 2), 64, { kernel: 1 });
    features.push(convolve(scope.at("conv3"), narrow, 192, { kernel: 3 }));
  }
  for (const [i, blocks] of stages.slice(0, Math.max(depth - 2, 0)).entries()) {
    const level = i + 3;
    const dilation = dilationAt(level, outputStride);
    let x = pool(features[level - 1]!, level);
    for (const [j, [letter, widths]] of Object.entries(blocks).entries()) {
      const grid = level === 5 && dilation > 1 ? (multiGrid?.[j % multiGrid.length] ?? 1) : 1;
      x = block(scope.at(`inception${level}${letter}`), x, widths, grid * dilation);
    }
    features.push(x);
  }
  return features;
}

/** The classifier: the mean over the last map, and a fully connected layer. */
function classify(scope: Scope, image: Value, numClasses: number): Value {
  const last = build(scope, image, {}).at(-1)!;
  const mean = scope.at("avgpool").run(() => Flatten(GlobalAveragePool(last), 1, 3));
  return linear(scope.at("fc"), mean, { outFeatures: numClasses, initializer });
}

/** GoogLeNet, alone in its family. */
export const googlenets: readonly Encoder[] = [
  {
    name: "googlenet",
    title: "GoogLeNet of 9 Inception blocks",
    paper: "https://arxiv.org/abs/1409.4842",
    channels: [64, 192, 480, 832, 1024],
    smallestSide: smallestSides.at(-1)!,
    build: (scope, image, options = {}) => build(scope, image, options),
    classify,
  },
];
