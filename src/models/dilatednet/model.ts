/**
 * @file DilatedNet (Yu and Koltun 2015, https://arxiv.org/abs/1511.07122), equal in structure and parameter names to
 * fyu/dilation (MIT): VGG16 without its last two poolings, and a context module over the class scores.
 *
 *     image ─ conv1 64 ─ conv2 128 ─ conv3 256 ─ conv4 512 ─ conv5 512 ─ fc6 4096 ─ fc7 4096 ─ final ─ context ─ x8 ─ logits
 *     stride     1          2           4           8          8          8
 *     dilation                                                 2         4 (7x7)
 *
 * Nothing in front of the scores is padded: the image is mirrored around itself by 186 pixels, half of what a score sees. On a
 * small image that is ten times the work of zeros inside, which `border` allows instead. Images are filled up to multiples
 * of 8 and the logits cropped.
 */
import { z } from "zod";
import { ConvTranspose } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { relu } from "../../nn/blocks.js";
import { channelsOf, conv2d } from "../../nn/conv.js";
import { dropout } from "../../nn/dropout.js";
import { bilinearUpsampling, kaimingNormalFanOut, normal } from "../../nn/initializers.js";
import { mirrorAround, padToMultiple } from "../../nn/padding.js";
import { maxPool2d } from "../../nn/pool.js";
import { resizeBy } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { dropoutRate } from "../encoder-part.js";
import type { Architecture, NetworkOutputs } from "../model.js";
import { vggStages, vggWidthOption } from "../vgg-stages.js";
import { contextModule, contextNames } from "./context.js";

const options = z.strictObject({
  width: vggWidthOption,
  fcChannels: z.int().min(1).default(4096).describe("channels of fc6 and fc7"),
  context: z
    .enum(contextNames)
    .default("basic")
    .describe(
      "context module: none, basic (dilation8, CamVid), large (Pascal VOC), dilation7 (KITTI), dilation10 (Cityscapes)",
    ),
  noise: z
    .number()
    .min(0)
    .default(0.01)
    .describe("deviation of the noise on the context module's kernels, which begin as the identity"),
  border: z
    .enum(["mirror", "zeros"])
    .default("mirror")
    .describe("what lies around the image: the image mirrored, as published, or zeros inside each layer"),
  upsampling: z
    .enum(["fixed", "learned", "resize"])
    .default("fixed")
    .describe("from an eighth to the image's size: a bilinear kernel that stays or is trained, or plain interpolation"),
  dropout: dropoutRate.default(0.5).describe("dropout behind fc6 and fc7"),
});

export type DilatednetOptions = z.output<typeof options>;

/** Pixels that an unpadded score sees beyond its own 8x8 on each side. */
const margin = 186;

function frontend(scope: Scope, image: Value, numClasses: number, given: DilatednetOptions): Value {
  const padding = given.border === "zeros" ? "same" : 0;
  const stages = vggStages(image, {
    width: given.width,
    convolve: (x, { stage, index, outChannels }) => {
      const at = scope.at(`conv${stage}_${index}`);
      const dilation = stage === 5 ? 2 : 1;
      return relu(at, conv2d(at, x, { outChannels, kernel: 3, dilation, padding, initializer: kaimingNormalFanOut }));
    },
    pool: (x, stage) => (stage === 4 ? x : maxPool2d(scope.at(`pool${stage}`), x, { kernel: 2 })),
  });
  const connect = (name: string, x: Value, kernel: 1 | 7, dilation: number): Value => {
    const at = scope.at(name);
    const layer = { outChannels: given.fcChannels, kernel, dilation, padding, initializer: normal(0.01) } as const;
    return dropout(at, relu(at, conv2d(at, x, layer)), given.dropout);
  };
  const fc7 = connect("fc7", connect("fc6", stages[4]!, 7, 4), 1, 1);
  return conv2d(scope.at("final"), fc7, { outChannels: numClasses, kernel: 1, initializer: normal(0.001) });
}

/** Eight times the size, each class by itself. */
function enlarge(scope: Scope, scores: Value, kind: DilatednetOptions["upsampling"]): Value {
  const at = scope.at("ctx_upsample");
  if (kind === "resize") return resizeBy(at, scores, 8, { mode: "bilinear" });
  const group = channelsOf(scores);
  const shape = [group, 1, 16, 16];
  const weight =
    kind === "learned"
      ? at.parameter("weight", shape, bilinearUpsampling)
      : at.buffer("weight", shape, bilinearUpsampling);
  return at.run(() => ConvTranspose(scores, weight, null, { strides: [8, 8], pads: [4, 4, 4, 4], group }));
}

function build(scope: Scope, image: Value, numClasses: number, given: DilatednetOptions): NetworkOutputs {
  const { padded, crop } = padToMultiple(scope, image, 8);
  const input = given.border === "mirror" ? mirrorAround(scope, padded, margin) : padded;
  const scores = frontend(scope, input, numClasses, given);
  const context = contextModule(scope, scores, given.context, numClasses, given.noise);
  return { logits: crop(enlarge(scope, context, given.upsampling)) };
}

export const dilatednet: Architecture<DilatednetOptions> = {
  name: "dilatednet",
  title: "DilatedNet: VGG16 at an eighth and a context module (dilation8)",
  paper: "https://arxiv.org/abs/1511.07122",
  year: 2015,
  options,
  onCpu: { border: "zeros" },
  keepsSize: true,
  build,
};
