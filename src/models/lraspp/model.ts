/**
 * @file Lite R-ASPP (Howard et al. 2019, MobileNet v3, https://arxiv.org/abs/1905.02244), equal to torchvision's
 * `lraspp_mobilenet_v3_large` (BSD-3-Clause) and with its parameter names, over any encoder: one narrow map, weighed by
 * the mean over the whole image, and a second classifier on finer details.
 *
 *     image ─ backbone ┬─ f3 40 ──────────────────────────────────────── low_classifier 1x1 ─┐
 *                      └─ f5 960 ┬─ cbr 1x1 128, norm, ReLU ───── mul ─ stretch ─ high_classifier 1x1 ─ add ─ stretch ─ logits
 *                                └─ mean, scale 1x1 128, sigmoid ─┘
 *     stride             f3 8, f5 16                                                     8              8         1
 *
 * Channels are those over MobileNet v3 large. As in torchvision, and unlike the paper, the mean is over the whole map, and
 * f3 is taken behind the block that strides where an encoder is one sequence of blocks.
 */
import { z } from "zod";
import { Add, GlobalAveragePool, Mul, Sigmoid } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { convNormRelu } from "../../nn/blocks.js";
import { torchDefault } from "../../nn/initializers.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { torchConv2d } from "../../nn/torch-conv.js";
import { encoderFeatures } from "../encoder-part.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  encoder: z.string().default("mobilenet_v3_large").describe("name of the encoder, see segkit encoders"),
  outputStride: z
    .literal([8, 16, 32])
    .default(16)
    .describe("stride of the last feature map: 8, 16 or 32; finer is slower and sharper"),
  channels: z.int().min(1).default(128).describe("channels of the head's narrow map"),
});

export type LrasppOptions = z.output<typeof options>;

/** The head: coarse logits at f3's stride. */
function head(scope: Scope, f3: Value, f5: Value, numClasses: number, channels: number): Value {
  const narrow = convNormRelu(scope.at("cbr"), f5, {
    outChannels: channels,
    kernel: 1,
    initializer: torchDefault,
    names: [0, 1],
  });
  const factors = scope.at("scale").run(() => {
    const mean = GlobalAveragePool(f5);
    return Sigmoid(torchConv2d(scope.at("scale", 1), mean, { outChannels: channels, kernel: 1, bias: false }));
  });
  const weighed = scope.run(() => Mul(narrow, factors));
  const wide = resizeLike(scope, weighed, f3, { mode: "bilinear" });
  const score = (name: string, x: Value): Value =>
    torchConv2d(scope.at(name), x, { outChannels: numClasses, kernel: 1 });
  const [low, high] = [score("low_classifier", f3), score("high_classifier", wide)];
  return scope.run(() => Add(low, high));
}

function build(scope: Scope, image: Value, numClasses: number, given: LrasppOptions): Value {
  const { encoder, outputStride, channels } = given;
  const features = encoderFeatures(scope, image, {
    encoder,
    depth: 5,
    outputStride,
    finest: 3,
    at: "backbone",
    mapsBehind: "stride",
    bare: true,
  });
  const coarse = head(scope.at("classifier"), features[3]!, features[5]!, numClasses, channels);
  return resizeLike(scope, coarse, image, { mode: "bilinear" });
}

export const lraspp: Architecture<LrasppOptions> = {
  name: "lraspp",
  title: "Lite R-ASPP: MobileNet v3 with a small head, for weak devices",
  paper: "https://arxiv.org/abs/1905.02244",
  year: 2019,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
