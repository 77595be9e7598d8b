/**
 * @file Inception v3 (Szegedy et al. 2015, https://arxiv.org/abs/1512.00567) with the parameter names of torchvision,
 * without the auxiliary classifier. The stem and the blocks that halve do not pad, so maps are smaller than the image over
 * their stride (299 pixels: 147, 71, 35, 17, 8), and an image of less than 75 pixels leaves none.
 *
 *     image ─ 1a 3x3/2 ─ 2a 3x3 ─ 2b 3x3 ─ pool/2 ─ 3b 1x1 ─ 4a 3x3 ─ pool/2 ─ 5b 5c 5d ─ 6a/2 6b..6e ─ 7a/2 7b 7c ─ average ─ fc
 *              32        32       64                80       192              288         768           2048
 *     map                         1                          2                3           4             5
 *     stride                      2                          4                8           16            32
 *
 * Below output stride 32 the blocks 7a and 6a pad instead of striding and what follows dilates, the averages inside the
 * blocks too.
 */
import { Concat, Flatten, GlobalAveragePool } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { convNormRelu } from "../nn/blocks.js";
import { type Conv2dOptions, type Pair, pair } from "../nn/conv.js";
import { normal } from "../nn/initializers.js";
import { linear } from "../nn/linear.js";
import { averagePool2d, maxPool2d } from "../nn/pool.js";
import type { Scope } from "../nn/scope.js";
import type { Encoder, EncoderOptions, Features } from "./encoder.js";
import { dilationAt, requireSide } from "./feature-maps.js";

/** A convolution with BatchNorm and ReLU: its name, channels and kernel. */
type Step = readonly [name: string, outChannels: number, kernel: Pair];

/** Convolutions one after the other, perhaps behind an average over 3x3, perhaps ending in several side by side. */
interface Branch {
  readonly average?: true;
  readonly steps: readonly Step[];
  readonly fork?: readonly Step[];
}

/** A block whose branches are concatenated; one that halves has a pooling as a last branch and strides on each branch's last step. */
interface Block {
  readonly name: string;
  readonly branches: readonly Branch[];
  readonly halves?: true;
}

const chain = (...steps: Step[]): Branch => ({ steps });
const behindAverage = (outChannels: number): Branch => ({ average: true, steps: [["branch_pool", outChannels, 1]] });

/** Blocks at stride 8: a 5x5 and a doubled 3x3 branch. */
const blockA = (name: string, poolWidth: number): Block => ({
  name,
  branches: [
    chain(["branch1x1", 64, 1]),
    chain(["branch5x5_1", 48, 1], ["branch5x5_2", 64, 5]),
    chain(["branch3x3dbl_1", 64, 1], ["branch3x3dbl_2", 96, 3], ["branch3x3dbl_3", 96, 3]),
    behindAverage(poolWidth),
  ],
});

/** Blocks at stride 16: 7x7 kernels taken apart into rows and columns. */
const blockC = (name: string, width: number): Block => ({
  name,
  branches: [
    chain(["branch1x1", 192, 1]),
    chain(["branch7x7_1", width, 1], ["branch7x7_2", width, [1, 7]], ["branch7x7_3", 192, [7, 1]]),
    chain(
      ["branch7x7dbl_1", width, 1],
      ["branch7x7dbl_2", width, [7, 1]],
      ["branch7x7dbl_3", width, [1, 7]],
      ["branch7x7dbl_4", width, [7, 1]],
      ["branch7x7dbl_5", 192, [1, 7]],
    ),
    behindAverage(192),
  ],
});

/** A row and a column kernel side by side. */
const rowAndColumn = (name: string): readonly Step[] => [
  [`${name}a`, 384, [1, 3]],
  [`${name}b`, 384, [3, 1]],
];

/** Blocks at stride 32: 3x3 kernels taken apart side by side. */
const blockE = (name: string): Block => ({
  name,
  branches: [
    chain(["branch1x1", 320, 1]),
    { steps: [["branch3x3_1", 384, 1]], fork: rowAndColumn("branch3x3_2") },
    {
      steps: [
        ["branch3x3dbl_1", 448, 1],
        ["branch3x3dbl_2", 384, 3],
      ],
      fork: rowAndColumn("branch3x3dbl_3"),
    },
    behindAverage(192),
  ],
});

/** Blocks of the stages at strides 8, 16 and 32. */
const stages: readonly (readonly Block[])[] = [
  [blockA("Mixed_5b", 32), blockA("Mixed_5c", 64), blockA("Mixed_5d", 64)],
  [
    {
      name: "Mixed_6a",
      halves: true,
      branches: [
        chain(["branch3x3", 384, 3]),
        chain(["branch3x3dbl_1", 64, 1], ["branch3x3dbl_2", 96, 3], ["branch3x3dbl_3", 96, 3]),
      ],
    },
    blockC("Mixed_6b", 128),
    blockC("Mixed_6c", 160),
    blockC("Mixed_6d", 160),
    blockC("Mixed_6e", 192),
  ],
  [
    {
      name: "Mixed_7a",
      halves: true,
      branches: [
        chain(["branch3x3_1", 192, 1], ["branch3x3_2", 320, 3]),
        chain(
          ["branch7x7x3_1", 192, 1],
          ["branch7x7x3_2", 192, [1, 7]],
          ["branch7x7x3_3", 192, [7, 1]],
          ["branch7x7x3_4", 192, 3],
        ),
      ],
    },
    blockE("Mixed_7b"),
    blockE("Mixed_7c"),
  ],
];

/** Smallest image side for one to five halvings. */
const smallestSides = [7, 19, 27, 43, 75] as const;

const initializer = normal(0.1);

type Placement = Pick<Conv2dOptions, "stride" | "padding" | "dilation">;

function convolve(scope: Scope, x: Value, [name, outChannels, kernel]: Step, placement: Placement): Value {
  const norm = { eps: 1e-3 };
  return convNormRelu(scope.at(name), x, { outChannels, kernel, ...placement, initializer, norm });
}

/** One block; `strides` says whether a block that halves does so, or dilates like the others. */
function mixed(scope: Scope, x: Value, { branches, halves }: Block, strides: boolean, dilation: number): Value {
  const inPlace = (kernel: Pair): Placement => ({
    padding: "same",
    // A kernel of one element has nothing to dilate, and runs faster when it does not say so.
    dilation: pair(kernel).map((k) => (k > 1 ? dilation : 1)) as [number, number],
  });
  const halving: Placement = { stride: 2, padding: 0 };
  const around = { kernel: 3, stride: 1, padding: dilation, dilation };
  const outputs = branches.flatMap(({ average, steps, fork = [] }) => {
    let y = average ? averagePool2d(scope, x, around) : x;
    for (const [i, step] of steps.entries()) {
      const last = i === steps.length - 1;
      y = convolve(scope, y, step, halves && strides && last ? halving : inPlace(step[2]));
    }
    return fork.length ? fork.map((step) => convolve(scope, y, step, inPlace(step[2]))) : [y];
  });
  if (halves) outputs.push(maxPool2d(scope, x, strides ? { kernel: 3, stride: 2 } : around));
  return scope.run(() => Concat(outputs, 1));
}

/** The maps at strides 2 and 4, as far as the depth goes. */
function stem(scope: Scope, image: Value, depth: number): Value[] {
  const bare = { padding: 0 };
  const half = convolve(scope, image, ["Conv2d_1a_3x3", 32, 3], { stride: 2, ...bare });
  const inner = convolve(scope, half, ["Conv2d_2a_3x3", 32, 3], bare);
  const first = convolve(scope, inner, ["Conv2d_2b_3x3", 64, 3], { padding: "same" });
  if (depth === 1) return [first];
  const pooled = maxPool2d(scope.at("maxpool1"), first, { kernel: 3, stride: 2 });
  const wide = convolve(scope, pooled, ["Conv2d_3b_1x1", 80, 1], bare);
  return [first, convolve(scope, wide, ["Conv2d_4a_3x3", 192, 3], bare)];
}

function build(
  scope: Scope,
  image: Value,
  { depth = 5, outputStride = 32, firstDilation = "stage", multiGrid }: EncoderOptions,
): Features {
  requireSide(scope, image, smallestSides[Math.min(depth, Math.log2(outputStride)) - 1]!);
  const features = [image, ...stem(scope, image, depth)];
  for (const [i, blocks] of stages.slice(0, Math.max(depth - 2, 0)).entries()) {
    const level = i + 3;
    const [dilation, previous] = [dilationAt(level, outputStride), dilationAt(level - 1, outputStride)];
    let x = features[level - 1]!;
    if (level === 3) x = maxPool2d(scope.at("maxpool2"), x, { kernel: 3, stride: 2 });
    for (const [j, block] of blocks.entries()) {
      const grid = level === 5 && dilation > 1 ? (multiGrid?.[j % multiGrid.length] ?? 1) : 1;
      const own = j === 0 && firstDilation === "previous" ? previous : dilation;
      x = mixed(scope.at(block.name), x, block, dilation === 1, grid * own);
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

/** Inception v3, alone in its family. */
export const inceptions: readonly Encoder[] = [
  {
    name: "inception_v3",
    title: "Inception v3 of 11 blocks",
    paper: "https://arxiv.org/abs/1512.00567",
    channels: [64, 192, 288, 768, 2048],
    smallestSide: smallestSides.at(-1)!,
    unpadded: true,
    build: (scope, image, options = {}) => build(scope, image, options),
    classify,
  },
];
