/**
 * @file torchvision's `deeplabv3_resnet50`, `deeplabv3_resnet101` and `deeplabv3_mobilenet_v3_large` (BSD-3-Clause), with
 * their parameter names, over any encoder: DeepLab v3 (Chen et al. 2017, https://arxiv.org/abs/1706.05587) without its
 * multi-grid, with a 3x3 convolution behind the pyramid and an auxiliary head. The one on MobileNet v3 has output stride 16,
 * firstDilation `stage` and auxMap 3.
 *
 *     image ─ backbone ─ f4 1024 ─ aux_classifier ─ stretch x8 ─ auxiliary logits
 *                            └─ f5 2048 ─┬─ 1x1 ───────────── 256 ─┐
 *                                        ├─ 3x3 dilated by 12 ─ 256 ─┤
 *                                        ├─ 3x3 dilated by 24 ─ 256 ─┼─ concat ─ 1x1 256 ─ 3x3 256 ─ 1x1 ─ stretch x8 ─ logits
 *                                        ├─ 3x3 dilated by 36 ─ 256 ─┤
 *                                        └─ mean, 1x1 ──────── 256 ─┘                              stride 8
 */
import { z } from "zod";
import type { Value } from "../../graph/types.js";
import { aspp } from "../../nn/aspp.js";
import { convNormRelu } from "../../nn/blocks.js";
import { conv2d } from "../../nn/conv.js";
import { fcnHead } from "../../nn/fcn-head.js";
import { torchDefault, uniform } from "../../nn/initializers.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { dropoutRate, encoderFeatures } from "../encoder-part.js";
import type { Architecture, NetworkOutputs } from "../model.js";

const options = z.strictObject({
  encoder: z.string().default("resnet50").describe("name of the encoder, see segkit encoders"),
  outputStride: z
    .literal([8, 16, 32])
    .default(8)
    .describe("stride of the last feature map: 8, 16 or 32; finer is slower and sharper"),
  firstDilation: z
    .enum(["previous", "stage"])
    .default("previous")
    .describe(
      "dilation of a dilated stage's first block: of the stage before, as in torchvision's ResNets, or its own, as in its MobileNets",
    ),
  channels: z.int().min(1).default(256).describe("channels of the pyramid's branches and of the head"),
  rates: z.array(z.int().min(1)).default([12, 24, 36]).describe("dilations of the pyramid's 3x3 convolutions"),
  aux: z.boolean().default(true).describe("whether training adds half the loss of a head on one of the encoder's maps"),
  auxMap: z
    .int()
    .min(1)
    .max(5)
    .default(4)
    .describe("which of the encoder's five maps that head sees; 3 in torchvision's network on MobileNet v3"),
  dropout: dropoutRate.default(0.5).describe("dropout behind the pyramid"),
  auxDropout: dropoutRate.default(0.1).describe("dropout inside the auxiliary head"),
});

export type Deeplabv3TorchvisionOptions = z.output<typeof options>;

/** What the auxiliary head's loss counts for in torchvision's training. */
const auxWeight = 0.5;

function deeplabHead(scope: Scope, f5: Value, numClasses: number, given: Deeplabv3TorchvisionOptions): Value {
  const { channels, rates, dropout } = given;
  const pyramid = aspp(scope.at(0), f5, { outChannels: channels, rates, dropout });
  const y = convNormRelu(scope, pyramid, { outChannels: channels, initializer: torchDefault, names: [1, 2] });
  const biasInitializer = uniform(1 / Math.sqrt(channels));
  return conv2d(scope.at(4), y, { outChannels: numClasses, kernel: 1, initializer: torchDefault, biasInitializer });
}

function build(scope: Scope, image: Value, numClasses: number, given: Deeplabv3TorchvisionOptions): NetworkOutputs {
  const { encoder, outputStride, firstDilation, aux, auxMap, auxDropout } = given;
  const features = encoderFeatures(scope, image, {
    encoder,
    at: "backbone",
    depth: 5,
    finest: aux ? auxMap : 5,
    outputStride,
    firstDilation,
    mapsBehind: "stride",
    bare: true,
  });
  const stretch = (coarse: Value): Value => resizeLike(scope, coarse, image, { mode: "bilinear" });
  const logits = stretch(deeplabHead(scope.at("classifier"), features[5]!, numClasses, given));
  if (!aux || !scope.training) return { logits };
  const auxLogits = stretch(fcnHead(scope.at("aux_classifier"), features[auxMap]!, numClasses, auxDropout));
  return { logits, aux: [{ logits: auxLogits, weight: auxWeight }] };
}

export const deeplabv3Torchvision: Architecture<Deeplabv3TorchvisionOptions> = {
  name: "deeplabv3-torchvision",
  title: "DeepLab v3 as in torchvision: atrous pyramid over a dilated encoder",
  paper: "https://arxiv.org/abs/1706.05587",
  year: 2019,
  options,
  keepsSize: true,
  build,
};
