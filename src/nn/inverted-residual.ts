/**
 * @file Inverted residual blocks (Sandler et al. 2018, MobileNet v2, https://arxiv.org/abs/1801.04381), with squeeze and
 * excitation in later networks (MobileNet v3, EfficientNet).
 *
 *     x ─┬─ 1x1 ─ norm, activation ─ depthwise kxk ─ norm, activation ─ (squeeze, excite) ─ 1x1 ─ norm ─┬─ y
 *        └───────────────────────── where stride is 1 and channels stay ────────────────────────────────┘
 */
import { Add } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { convNorm } from "./blocks.js";
import { type Conv2dOptions, channelsOf } from "./conv.js";
import { dropPath } from "./dropout.js";
import type { Initializer } from "./initializers.js";
import type { BatchNorm2dOptions } from "./norm.js";
import type { Scope } from "./scope.js";
import { type SqueezeExcitationOptions, squeezeExcitation } from "./squeeze-excitation.js";

type ConvNormNames = readonly [conv: string, norm: string];

/** Names of a block's layers inside its scope. */
export interface InvertedResidualNames {
  readonly expand: ConvNormNames;
  readonly depthwise: ConvNormNames;
  readonly squeeze: readonly [reduce: string, expand: string];
  readonly project: ConvNormNames;
}

export interface InvertedResidualOptions {
  readonly names: InvertedResidualNames;
  /** Channels of the depthwise convolution; without a 1x1 convolution in front where the input has as many. */
  readonly expanded: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride: 1 | 2;
  readonly dilation: number;
  /** Padding of the depthwise convolution; `same` unless given. */
  readonly padding?: Conv2dOptions["padding"];
  /** Whether the input is added to the output; channels must stay then. */
  readonly residual: boolean;
  readonly activation: (x: Value) => Value;
  readonly initializer: Initializer;
  readonly norm?: BatchNorm2dOptions;
  readonly squeeze?: Pick<SqueezeExcitationOptions, "channels" | "activation" | "gate">;
  /** Probability with which the block is skipped while training. */
  readonly dropPath?: number;
}

/** One block: [N, C, H, W] to [N, outChannels, H / stride, W / stride]. */
export function invertedResidual(scope: Scope, x: Value, options: InvertedResidualOptions): Value {
  const { names, expanded, outChannels, kernel, stride, dilation, padding = "same", residual } = options;
  const { activation, initializer, norm, squeeze } = options;
  const activated = (y: Value): Value => scope.run(() => activation(y));
  const common = { initializer, ...(norm && { norm }) };
  const pointwise = { ...common, kernel: 1 };
  let y = x;
  if (expanded !== channelsOf(x))
    y = activated(convNorm(scope, y, { ...pointwise, outChannels: expanded, names: names.expand }));
  const depthwise = { ...common, outChannels: expanded, groups: expanded, kernel, stride, dilation, padding };
  y = activated(convNorm(scope, y, { ...depthwise, names: names.depthwise }));
  if (squeeze) y = squeezeExcitation(scope, y, { ...squeeze, names: names.squeeze, initializer });
  y = convNorm(scope, y, { ...pointwise, outChannels, names: names.project });
  if (!residual) return y;
  const kept = dropPath(scope, y, options.dropPath ?? 0);
  return scope.run(() => Add(x, kept));
}

/** torchvision's names: places in a sequence `block`, in which what a block leaves out does not count. */
export function sequenceNames(sequence: string, has: { expansion: boolean; squeeze: boolean }): InvertedResidualNames {
  const depthwise = has.expansion ? 1 : 0;
  const project = depthwise + (has.squeeze ? 2 : 1);
  const at = (place: number): ConvNormNames => [`${sequence}.${place}.0`, `${sequence}.${place}.1`];
  return {
    expand: at(0),
    depthwise: at(depthwise),
    squeeze: [`${sequence}.${depthwise + 1}.fc1`, `${sequence}.${depthwise + 1}.fc2`],
    project: at(project),
  };
}
