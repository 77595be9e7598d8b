/**
 * @file The paper's other two networks, FCN-AlexNet and FCN-GoogLeNet (table 1 of Long et al. 2015): coarse scores of the
 * last map at stride 32 and their way back to the image's size. The convolutions are torchvision's, under `backbone`.
 */
import { findEncoder } from "../../encoders/registry.js";
import { Pad } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import type { Scope } from "../../nn/scope.js";
import { cropLike, type Deconvolution, deconvolve } from "./upscore.js";
import { type FullyConvolutionalOptions, fullyConvolutional, scores } from "./vgg.js";

export interface BackboneOptions extends Omit<FullyConvolutionalOptions, "kernel"> {
  readonly deconvolution: Deconvolution;
}

/** An odd kernel, as Caffe's FCN-AlexNet has: the poolings of 3x3 put the maps' centres on whole pixels. */
const upscoring = { stride: 32, kernel: 63 } as const;

/** AlexNet's own convolution pads by 2; with these it sees the 100 zeros of Caffe's network. */
const border = 98;

/** Room below and at the right for the last windows, which Caffe's poolings count and torchvision's leave out. */
const room = 28;

function alexnet(scope: Scope, image: Value, { deconvolution: kind, ...head }: BackboneOptions): Value {
  const after = border + room;
  const padded = scope.run(() => Pad(image, [0, 0, border, border], [0, 0, after, after]));
  const pool5 = findEncoder("alexnet").build(scope.at("backbone"), padded)[5]!;
  const score = fullyConvolutional(scope, pool5, { ...head, kernel: 6 });
  return cropLike(scope, deconvolve(scope.at("upscore"), score, { ...upscoring, kind }), image, 18);
}

/** The pooling over the whole map is dropped, so that each place of the map is scored by itself. */
function googlenet(
  scope: Scope,
  image: Value,
  { deconvolution: kind, names, numClasses, drop }: BackboneOptions,
): Value {
  const last = findEncoder("googlenet").build(scope.at("backbone"), image)[5]!;
  const inside = scope.at(...names.score);
  const score = scores(inside, drop(inside, last), numClasses);
  return cropLike(scope, deconvolve(scope.at("upscore"), score, { ...upscoring, kind }), image, 9);
}

/** Logits [N, numClasses, H, W] of `image` [N, C, H, W] by the backbone's name. */
export const backbones = { alexnet, googlenet } as const;
