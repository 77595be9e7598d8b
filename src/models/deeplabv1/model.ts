/**
 * @file DeepLab v1 in its form LargeFOV (Chen et al. 2014, https://arxiv.org/abs/1412.7062): VGG16 whose last two poolings
 * do not stride, so that the map stays at an eighth of the image and the kernels behind them dilate instead.
 *
 *     image ─ conv1 64 ─ conv2 128 ─ conv3 256 ─ conv4 512 ─ conv5 512 ─ pool5 ─ fc6 1024 ─ fc7 1024 ─ fc8 ─ x8 ─ logits
 *     stride     1          2           4           8           8         8        8
 *     dilation   1          1           1           1           2                  12
 *
 * Any encoder may stand in VGG's place. The poolings that stride have windows of 2x2, as in VGG itself; the authors' later
 * files have 3x3 there. The paper sharpens the result by a dense CRF, which is no part of the network.
 */
import { z } from "zod";
import type { Value } from "../../graph/types.js";
import { largeFov } from "../../nn/large-fov.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { dropoutRate, encoderFeatures } from "../encoder-part.js";
import type { Architecture, NetworkOutputs } from "../model.js";

const options = z.strictObject({
  encoder: z.string().default("vgg16").describe("name of the encoder, see segkit encoders"),
  fcChannels: z.int().min(1).default(1024).describe("channels of fc6 and fc7"),
  rate: z.int().min(1).default(12).describe("dilation of fc6, which sets the field of view"),
  dropout: dropoutRate.default(0.5).describe("dropout behind fc6 and fc7"),
});

export type Deeplabv1Options = z.output<typeof options>;

function build(scope: Scope, image: Value, numClasses: number, given: Deeplabv1Options): NetworkOutputs {
  const { encoder, fcChannels: channels, rate, dropout } = given;
  const features = encoderFeatures(scope, image, { encoder, depth: 5, finest: 5, outputStride: 8 });
  const coarse = largeFov(scope, features[5]!, { numClasses, channels, rate, dropout });
  // VGG's windows of 2x2 halve a map exactly, so elements stand for squares of pixels, not for their corners.
  return { logits: resizeLike(scope, coarse, image, { mode: "bilinear" }) };
}

export const deeplabv1: Architecture<Deeplabv1Options> = {
  name: "deeplabv1",
  title: "DeepLab v1 (LargeFOV): VGG16 dilated to an eighth",
  paper: "https://arxiv.org/abs/1412.7062",
  year: 2014,
  options,
  keepsSize: true,
  build,
};
