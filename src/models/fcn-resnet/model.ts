/**
 * @file torchvision's `fcn_resnet50` and `fcn_resnet101` (BSD-3-Clause), with their parameter names, over any encoder: a
 * dilated backbone and a head that knows nothing of finer maps. It shares a name and an idea, not a structure, with the
 * FCN of 2015 (Long et al., https://arxiv.org/abs/1411.4038).
 *
 *     image ─ backbone ─ f4 1024 ─ aux_classifier ─ stretch x8 ─ auxiliary logits
 *                            └─ f5 2048 ─ classifier ─ stretch x8 ─ logits                stride 8
 *
 * classifier = 3x3 to a quarter of the channels, BatchNorm, ReLU, dropout, 1x1 to the classes.
 */
import { z } from "zod";
import type { Value } from "../../graph/types.js";
import { fcnHead } from "../../nn/fcn-head.js";
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
  aux: z.boolean().default(true).describe("whether training adds half the loss of a head on the encoder's fourth map"),
  dropout: dropoutRate.default(0.1).describe("dropout inside the heads"),
});

export type FcnResnetOptions = z.output<typeof options>;

/** What the auxiliary head's loss counts for in torchvision's training. */
const auxWeight = 0.5;

function build(scope: Scope, image: Value, numClasses: number, given: FcnResnetOptions): NetworkOutputs {
  const { encoder, outputStride, aux, dropout } = given;
  const part = {
    encoder,
    at: "backbone",
    depth: 5,
    finest: aux ? 4 : 5,
    outputStride,
    firstDilation: "previous",
  } as const;
  const [, , , , f4, f5] = encoderFeatures(scope, image, part) as Value[];
  const head = (name: string, feature: Value): Value =>
    resizeLike(scope, fcnHead(scope.at(name), feature, numClasses, dropout), image, { mode: "bilinear" });
  const logits = head("classifier", f5!);
  if (!aux || !scope.training) return { logits };
  return { logits, aux: [{ logits: head("aux_classifier", f4!), weight: auxWeight }] };
}

export const fcnResnet: Architecture<FcnResnetOptions> = {
  name: "fcn-resnet",
  title: "Dilated encoder with one plain head, torchvision's FCN",
  paper: "https://arxiv.org/abs/1411.4038",
  year: 2019,
  options,
  keepsSize: true,
  build,
};
