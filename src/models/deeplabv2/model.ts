/**
 * @file DeepLab v2 (Chen et al. 2016, https://arxiv.org/abs/1606.00915): four dilated classifiers side by side over a map at
 * an eighth of the image (ASPP-L), added; and the same network at several scales, of which the largest logit counts.
 *
 *     image ─ encoder ─ f5 2048 ─┬─ c0: 3x3 dilated by 6 ──┐
 *                 1/8            ├─ c1: 3x3 dilated by 12 ─┤
 *                                ├─ c2: 3x3 dilated by 18 ─┼─ + ─ stretch ─ logits
 *                                └─ c3: 3x3 dilated by 24 ─┘
 *
 * Over ResNet-101 each branch is one convolution to the classes; over VGG16 (`fcChannels` 1024) each is fc6, fc7 and fc8. With
 * scales 1, 0.75, 0.5 the smaller images' logits are stretched to the first's size before the maximum is taken, and in
 * training each has a loss of its own. The paper's dense CRF is no part of the network.
 */
import { z } from "zod";
import { findEncoder } from "../../encoders/registry.js";
import { type Dim, floorDiv, mul } from "../../graph/dim.js";
import { Add, Max } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { conv2d } from "../../nn/conv.js";
import { normal } from "../../nn/initializers.js";
import { largeFov } from "../../nn/large-fov.js";
import { resizeLike, resizeTo } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { dropoutRate, encoderFeatures } from "../encoder-part.js";
import type { Architecture, NetworkOutputs } from "../model.js";

const options = z.strictObject({
  encoder: z.string().default("resnet101").describe("name of the encoder, see segkit encoders"),
  rates: z.array(z.int().min(1)).min(1).default([6, 12, 18, 24]).describe("dilations of the branches"),
  fcChannels: z
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe(
      "channels of each branch's fc6 and fc7 (0: it is one convolution to the classes; null: 1024 over VGG, 0 over others)",
    ),
  dropout: dropoutRate.default(0.5).describe("dropout behind fc6 and fc7"),
  scales: z
    .array(z.number().min(0.1).max(2))
    .min(1)
    .default([1])
    .describe("scales of the image whose logits are joined by their maximum, 1,0.75,0.5 in the paper"),
});

export type Deeplabv2Options = z.output<typeof options>;

/** Coarse logits of an image: the sum of the branches. */
function classify(scope: Scope, image: Value, numClasses: number, given: Deeplabv2Options): Value {
  const { encoder, rates, dropout } = given;
  const channels = given.fcChannels ?? (findEncoder(encoder).endsInPooling ? 1024 : 0);
  const features = encoderFeatures(scope, image, { encoder, depth: 5, finest: 5, outputStride: 8 });
  const aspp = scope.at("aspp");
  const branches = rates.map((rate, i) => {
    const at = aspp.at(`c${i}`);
    if (channels > 0) return largeFov(at, features[5]!, { numClasses, channels, rate, dropout });
    const kernel = { kernel: 3, dilation: rate, padding: "same", initializer: normal(0.01) } as const;
    return conv2d(at, features[5]!, { outChannels: numClasses, ...kernel });
  });
  return aspp.run(() => branches.reduce((a, b) => Add(a, b)));
}

/** `floor(side * scale)`, also of unknown sides. */
const scaled = (side: Dim, scale: number): Dim => floorDiv(mul(side, Math.round(scale * 1000)), 1000);

function build(scope: Scope, image: Value, numClasses: number, given: Deeplabv2Options): NetworkOutputs {
  // Corners stay in place, as in the authors' layers: at 8k + 1 pixels an element stands for the pixel in its middle.
  const stretch = { mode: "bilinear", alignCorners: true } as const;
  const [first, ...others] = given.scales.map((scale) => {
    const [height, width] = image.shape.slice(2).map((side) => scaled(side, scale)) as [Dim, Dim];
    const input = scale === 1 ? image : resizeTo(scope, image, [height, width], stretch);
    return classify(scope, input, numClasses, given);
  }) as [Value, ...Value[]];
  const all = [first, ...others.map((other) => resizeLike(scope, other, first, stretch))];
  const fused = all.reduce((a, b) => scope.run(() => Max(a, b)));
  const logits = resizeLike(scope, fused, image, stretch);
  if (others.length === 0 || !scope.training) return { logits };
  return { logits, aux: all.map((one) => ({ logits: resizeLike(scope, one, image, stretch), weight: 1 })) };
}

export const deeplabv2: Architecture<Deeplabv2Options> = {
  name: "deeplabv2",
  title: "DeepLab v2: sum of dilated classifiers, at one or several scales",
  paper: "https://arxiv.org/abs/1606.00915",
  year: 2016,
  options,
  keepsSize: true,
  build,
};
