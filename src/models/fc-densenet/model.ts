/**
 * @file FC-DenseNet, the "Tiramisu" (Jégou et al. 2016, https://arxiv.org/abs/1611.09326), equal to
 * bfortuner/pytorch_tiramisu (MIT) and with its parameter names. The numbers are the channels of FC-DenseNet56.
 *
 *     image ─ firstconv 48 ─ dense 96 ──────────────────────────────── concat ─ dense 192 ─ finalConv 1x1 ─ logits   stride 1
 *                               └ down ─ dense 144 ────────────── concat ─ dense 48 ─ up ┘                                  2
 *                                          └ down ─ dense 192 ─ concat ... up ┘                                             4
 *                                                      └ ... down ─ bottleneck 48 ─ up ┘                            8, 16, 32
 *
 * Each layer of a dense block reads all maps before it and adds `growth` channels: BatchNorm, ReLU, 3x3 convolution,
 * dropout. down = BatchNorm, ReLU, 1x1 convolution, dropout, 2x2 pooling; up = 3x3/2 transposed convolution of the maps that
 * the block below has added (not of those it read), cut to the size of the skip; concat joins [up, skip]. Any image goes
 * that leaves a pixel at the bottom; the logits stand in front of the reference's log-softmax.
 */
import { z } from "zod";
import { requireSide } from "../../encoders/feature-maps.js";
import { UsageError } from "../../errors/index.js";
import type { Dim } from "../../graph/dim.js";
import { Concat, Slice } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { relu } from "../../nn/blocks.js";
import { channelsOf, conv2d, convTranspose2d } from "../../nn/conv.js";
import { dropout2d } from "../../nn/dropout.js";
import { kaimingUniform as initializer } from "../../nn/initializers.js";
import { batchNorm2d } from "../../nn/norm.js";
import { maxPool2d } from "../../nn/pool.js";
import type { Scope } from "../../nn/scope.js";
import { dropoutRate } from "../encoder-part.js";
import type { Architecture } from "../model.js";

const layersOfBlocks = z.array(z.int().min(1)).min(1);

const options = z.strictObject({
  variant: z
    .literal([56, 67, 103])
    .default(103)
    .describe("number of layers, which sets those of the next four options that are null"),
  downLayers: layersOfBlocks.nullable().default(null).describe("layers of the dense blocks on the way down"),
  bottleneckLayers: z.int().min(1).nullable().default(null).describe("layers of the dense block at the bottom"),
  upLayers: layersOfBlocks.nullable().default(null).describe("layers of the dense blocks on the way up"),
  growth: z.int().min(1).nullable().default(null).describe("channels that each layer adds"),
  firstChannels: z.int().min(1).default(48).describe("channels of the first convolution"),
  dropout: dropoutRate.default(0.2).describe("rate of dropped channels behind each convolution"),
});

export type FcDensenetOptions = z.output<typeof options>;

interface Plan {
  readonly down: readonly number[];
  readonly bottleneck: number;
  readonly up: readonly number[];
  readonly growth: number;
}

const variants: { readonly [layers in FcDensenetOptions["variant"]]: Plan } = {
  56: { down: [4, 4, 4, 4, 4], bottleneck: 4, up: [4, 4, 4, 4, 4], growth: 12 },
  67: { down: [5, 5, 5, 5, 5], bottleneck: 5, up: [5, 5, 5, 5, 5], growth: 16 },
  103: { down: [4, 5, 7, 10, 12], bottleneck: 15, up: [12, 10, 7, 5, 4], growth: 16 },
};

function planOf({ variant, downLayers, bottleneckLayers, upLayers, growth }: FcDensenetOptions): Plan {
  const usual = variants[variant];
  const down = downLayers ?? usual.down;
  const up = upLayers ?? usual.up;
  if (down.length !== up.length)
    throw new UsageError({
      expected: "as many dense blocks on the way up as on the way down",
      found: `downLayers of ${down.length} and upLayers of ${up.length} numbers`,
    });
  return { down, up, bottleneck: bottleneckLayers ?? usual.bottleneck, growth: growth ?? usual.growth };
}

const joined = (scope: Scope, maps: readonly Value[]): Value => scope.run(() => Concat(maps, 1));

/** BatchNorm and ReLU of all maps, a convolution and dropout. */
function layer(scope: Scope, maps: readonly Value[], outChannels: number, kernel: number, rate: number): Value {
  const x = relu(scope.at("relu"), batchNorm2d(scope.at("norm"), joined(scope, maps)));
  const y = conv2d(scope.at("conv"), x, { outChannels, kernel, padding: "same", initializer });
  return dropout2d(scope.at("drop"), y, rate);
}

/** The maps that a dense block of `count` layers adds to those it reads. */
function denseBlock(scope: Scope, maps: readonly Value[], count: number, growth: number, rate: number): Value[] {
  const added: Value[] = [];
  for (let i = 0; i < count; i++) added.push(layer(scope.at("layers", i), [...maps, ...added], growth, 3, rate));
  return added;
}

function transitionDown(scope: Scope, maps: readonly Value[], rate: number): Value {
  const channels = maps.reduce((sum, map) => sum + channelsOf(map), 0);
  return maxPool2d(scope.at("maxpool"), layer(scope, maps, channels, 1, rate), { kernel: 2 });
}

/** Twice the size and a row and column more, of which the size of `skip` is kept. */
function transitionUp(scope: Scope, maps: readonly Value[], skip: Value): Value {
  const x = joined(scope, maps);
  const geometry = { outChannels: channelsOf(x), kernel: 3, stride: 2 };
  const wide = convTranspose2d(scope.at("convTrans"), x, { ...geometry, initializer });
  return scope.run(() => Slice(wide, [2, 3], [0, 0], skip.shape.slice(2) as Dim[]));
}

function build(scope: Scope, image: Value, numClasses: number, given: FcDensenetOptions): Value {
  const { down, bottleneck, up, growth } = planOf(given);
  const { firstChannels: outChannels, dropout: rate } = given;
  requireSide(scope, image, 2 ** down.length);
  let maps = [conv2d(scope.at("firstconv"), image, { outChannels, kernel: 3, padding: "same", initializer })];
  const skips: Value[][] = [];
  for (const [i, count] of down.entries()) {
    maps = [...maps, ...denseBlock(scope.at("denseBlocksDown", i), maps, count, growth, rate)];
    skips.push(maps);
    maps = [transitionDown(scope.at("transDownBlocks", i), maps, rate)];
  }
  maps = denseBlock(scope.at("bottleneck", "bottleneck"), maps, bottleneck, growth, rate);
  for (const [i, count] of up.entries()) {
    const skip = skips.pop()!;
    const read = [joined(scope, [transitionUp(scope.at("transUpBlocks", i), maps, skip[0]!), ...skip])];
    const added = denseBlock(scope.at("denseBlocksUp", i), read, count, growth, rate);
    // The last block hands on what it read too.
    maps = skips.length === 0 ? [...read, ...added] : added;
  }
  return conv2d(scope.at("finalConv"), joined(scope, maps), { outChannels: numClasses, kernel: 1, initializer });
}

export const fcDensenet: Architecture<FcDensenetOptions> = {
  name: "fc-densenet",
  title: "FC-DenseNet (Tiramisu): few parameters, much memory",
  paper: "https://arxiv.org/abs/1611.09326",
  year: 2016,
  options,
  onCpu: { variant: 56 },
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
