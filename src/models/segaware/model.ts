/**
 * @file Segmentation-aware DeepLab LargeFOV (Harley et al. 2017, https://arxiv.org/abs/1708.04607; code: aharley/segaware):
 * a small network gives each pixel an embedding, and all 3x3 convolutions of VGG16 see their windows through masks made of
 * the embeddings' distances (aware-conv.ts), so that they do not mix segments.
 *
 *     image ─ emb1 64 ─ emb2 128 ─ emb3 256        image, emb1, emb2, emb3 stretched and joined ─ emb 64 ─ contrastive loss
 *                                                                                                  │
 *     image ─ conv1 64 ─ conv2 128 ─ conv3 256 ─ conv4 512 ─ conv5 512 ─ pool5, mean ─ fc6 1024 ─ fc7 ─ fc8 ─ x8 ─ logits
 *     stride     1          2           4           8           8           8            8
 *     dilation   1          1           1           1           2                       12
 *
 * Poolings are 3x3, so that the corners' centres stay in place when maps are stretched and embeddings shrunk. The paper divides
 * masks by their sum; here it is by their mean, which keeps the scale of an ordinary convolution and with it VGG's weights.
 * The published VGG network does not divide (`normalise` off).
 */
import { z } from "zod";
import { requireSide } from "../../encoders/feature-maps.js";
import { Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { relu } from "../../nn/blocks.js";
import { conv2d } from "../../nn/conv.js";
import { dropout } from "../../nn/dropout.js";
import { normal, xavierUniform } from "../../nn/initializers.js";
import { averagePool2d, maxPool2d } from "../../nn/pool.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { dropoutRate } from "../encoder-part.js";
import type { Architecture, NetworkOutputs } from "../model.js";
import { vggStages, vggWidthOption } from "../vgg-stages.js";
import { awareConv, windowDistances } from "./aware-conv.js";
import { contrastiveLoss } from "./contrastive.js";

const options = z.strictObject({
  width: vggWidthOption,
  fcChannels: z.int().min(1).default(1024).describe("channels of fc6 and fc7"),
  embeddingChannels: z.int().min(1).default(64).describe("channels of the embeddings"),
  normalise: z
    .boolean()
    .default(true)
    .describe("whether masks are divided by their mean, as in the paper but for the scale"),
  sideWeight: z.number().min(0).default(1).describe("weight of the embeddings' contrastive loss while training"),
  sideDilations: z
    .array(z.int().min(1))
    .min(1)
    .default([1, 2, 5])
    .describe("distances in pixels of the neighbours that the contrastive loss compares"),
  dropout: dropoutRate.default(0.5).describe("dropout behind fc6 and fc7"),
});

export type SegawareOptions = z.output<typeof options>;

/** Margins of the contrastive loss. */
const margins = { near: 0.5, far: 2 };

const pool = (scope: Scope, x: Value, stride: 1 | 2): Value => maxPool2d(scope, x, { kernel: 3, stride, padding: 1 });

const stretch = (scope: Scope, x: Value, like: Value): Value =>
  resizeLike(scope, x, like, { mode: "bilinear", alignCorners: true });

/** Embeddings [N, E, H, W] of an image [N, C, H, W]: VGG's first three stages, joined. */
function embed(scope: Scope, image: Value, { width, embeddingChannels }: SegawareOptions): Value {
  let x = image;
  const maps = [2, 2, 3].map((layers, i) => {
    if (i > 0) x = pool(scope.at(`emb_pool${i}`), x, 2);
    for (let index = 1; index <= layers; index++) {
      const at = scope.at(`emb${i + 1}_${index}`);
      const layer = { outChannels: width * 2 ** i, kernel: 3, padding: "same", initializer: xavierUniform } as const;
      x = relu(at, conv2d(at, x, layer));
    }
    return x;
  });
  const at = scope.at("emb");
  const fused = at.run(() => Concat([image, ...maps.map((map) => stretch(at, map, image))], 1));
  return conv2d(at, fused, { outChannels: embeddingChannels, kernel: 1, initializer: xavierUniform });
}

function build(scope: Scope, image: Value, numClasses: number, given: SegawareOptions): NetworkOutputs {
  requireSide(scope, image, 8);
  const embeddings = embed(scope, image, given);
  /** Distances for the convolutions of a stage, whose maps have the size of `x`. */
  const distancesFor = (stage: number, x: Value, dilation: number): Value => {
    const at = scope.at(`emb_dist${stage}`);
    return windowDistances(at, stretch(at, embeddings, x), dilation);
  };
  const aware = (at: Scope, x: Value, distances: Value, outChannels: number, dilation: number): Value =>
    relu(at, awareConv(at, x, distances, { outChannels, dilation, normalise: given.normalise }));

  const distances: Value[] = [];
  const stages = vggStages(image, {
    width: given.width,
    convolve: (x, { stage, index, outChannels }) => {
      const dilation = stage === 5 ? 2 : 1;
      distances[stage] ??= distancesFor(stage, x, dilation);
      return aware(scope.at(`conv${stage}_${index}`), x, distances[stage], outChannels, dilation);
    },
    pool: (x, stage) => pool(scope.at(`pool${stage}`), x, stage < 4 ? 2 : 1),
  });
  const pool5 = pool(scope.at("pool5"), stages[4]!, 1);
  const mean = averagePool2d(scope.at("pool5a"), pool5, { kernel: 3, stride: 1, padding: 1 });
  const [at6, at7] = [scope.at("fc6"), scope.at("fc7")];
  const fc6 = dropout(at6, aware(at6, mean, distancesFor(6, mean, 12), given.fcChannels, 12), given.dropout);
  const fc7 = relu(at7, conv2d(at7, fc6, { outChannels: given.fcChannels, kernel: 1, initializer: normal(0.01) }));
  const last = { outChannels: numClasses, kernel: 1, initializer: normal(0.01) } as const;
  const coarse = conv2d(scope.at("fc8"), dropout(at7, fc7, given.dropout), last);
  const logits = stretch(scope, coarse, image);

  const { sideWeight: weight, sideDilations: dilations } = given;
  if (!scope.training || weight === 0) return { logits };
  const loss = (target: Value): Value =>
    scope.at("emb_loss").run(() => contrastiveLoss(embeddings, target, { numClasses, dilations, ...margins }));
  return { logits, sideLosses: [{ weight, loss }] };
}

export const segaware: Architecture<SegawareOptions> = {
  name: "segaware",
  title: "Segmentation-aware DeepLab LargeFOV: convolutions masked by embeddings",
  paper: "https://arxiv.org/abs/1708.04607",
  year: 2017,
  options,
  keepsSize: true,
  build,
};
