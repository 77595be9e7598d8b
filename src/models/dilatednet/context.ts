/**
 * @file The context module of Yu and Koltun 2015 (https://arxiv.org/abs/1511.07122): 3x3 convolutions over the class scores,
 * dilated more and more, that begin as nothing at all (the identity) and learn to join what lies further and further away.
 */
import type { Value } from "../../graph/types.js";
import { relu } from "../../nn/blocks.js";
import { conv2d } from "../../nn/conv.js";
import { type Initializer, normal } from "../../nn/initializers.js";
import type { Scope } from "../../nn/scope.js";

/** A layer's dilation, and its channels as a multiple of the classes. */
type Layer = readonly [dilation: number, widening: number];

const row = (...dilations: number[]): Layer[] => dilations.map((dilation) => [dilation, 1]);

/** Layers in front of the last, which is a 1x1 convolution to the classes. */
export const contexts = {
  none: [],
  /** Table 1 of the paper; dilation8, as for CamVid. */
  basic: row(1, 1, 2, 4, 8, 16, 1),
  /** Table 1 of the paper; as for Pascal VOC. */
  large: [
    [1, 2],
    [1, 2],
    [2, 4],
    [4, 8],
    [8, 16],
    [16, 32],
    [1, 32],
  ],
  /** As for KITTI. */
  dilation7: row(1, 1, 2, 4, 8, 1),
  /** As for Cityscapes, whose images are larger. */
  dilation10: row(1, 1, 2, 4, 8, 16, 32, 64, 1),
} as const satisfies { readonly [name: string]: readonly Layer[] };

export type ContextName = keyof typeof contexts;
export const contextNames = Object.keys(contexts) as [ContextName, ...ContextName[]];

/**
 * Kernels [out, in, k, k] that hand each of `groups` groups of channels on: every output is the mean of its group's inputs.
 * The paper's weight `C / (in + out)` (of C groups) is the same but for its scale, which here stays. Noise tells the channels
 * of a group apart.
 */
export const identityKernel =
  (groups: number, deviation: number): Initializer =>
  (shape, random) => {
    const [out, inner, kh, kw] = shape as [number, number, number, number];
    const data = normal(deviation)(shape, random);
    const group = (channel: number, channels: number): number => Math.floor((channel * groups) / channels);
    const centre = Math.floor(kh / 2) * kw + Math.floor(kw / 2);
    for (let o = 0; o < out; o++)
      for (let i = 0; i < inner; i++)
        if (group(o, out) === group(i, inner)) data[(o * inner + i) * kh * kw + centre]! += groups / inner;
    return data;
  };

/** Names as in the authors' files: two layers of conv1, one of each further, fc1. */
const nameOf = (i: number, layers: number): string =>
  i === layers - 1 ? "ctx_fc1" : i < 2 ? `ctx_conv1_${i + 1}` : `ctx_conv${i}_1`;

/** Scores [N, numClasses, H, W] of scores of the same shape; negative ones become 0 on the way. */
export function contextModule(
  scope: Scope,
  scores: Value,
  name: ContextName,
  numClasses: number,
  noise: number,
): Value {
  const layers: readonly Layer[] = contexts[name];
  if (layers.length === 0) return scores;
  let x = scores;
  for (const [i, [dilation, widening]] of layers.entries()) {
    const at = scope.at(nameOf(i, layers.length));
    const initializer = identityKernel(numClasses, noise / widening);
    x = relu(
      at,
      conv2d(at, x, { outChannels: numClasses * widening, kernel: 3, dilation, padding: "same", initializer }),
    );
  }
  const initializer = identityKernel(numClasses, noise);
  return conv2d(scope.at("ctx_final"), x, { outChannels: numClasses, kernel: 1, initializer });
}
