/**
 * @file PixelNet (Bansal et al. 2016, https://arxiv.org/abs/1609.06694; code: aayushbansal/PixelNet): each pixel is classified
 * by a small network (`mlp`) from its hypercolumn, the values of six maps of VGG16 at its place. Neighbouring pixels say much
 * the same, so training looks at a few random ones of each image, and only there are hypercolumns made.
 *
 *     image ─ conv1 64 ─ conv2 128 ─ conv3 256 ─ conv4 512 ─ conv5 512 ─ pool5 ─ fc6 4096 ─ fc7 4096
 *     stride     1          2           4           8          16                  32         32
 *                └──────────┴───────────┴───────────┴──────────┴───── at 2000 pixels ─────────┘
 *                                        5568 ─ 4096 ─ 4096 ─ score ─ logits
 *
 * For whole images the first layer of the `mlp` is applied to each map in its own size and the results are stretched and
 * added, which is the same because stretching is linear; still, `hidden` times the image's size must fit into memory. The
 * authors' network that is trained from scratch has BatchNorm and no hidden layer. Their fc6 is unpadded over an image with
 * a border of zeros; here it is padded, as in their network from scratch, so that all maps cover the image alike.
 */
import { z } from "zod";
import { requireSide } from "../../encoders/feature-maps.js";
import { Add, Concat, Conv, Reshape, Split } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { convNormRelu, relu } from "../../nn/blocks.js";
import { channelsOf, conv2d } from "../../nn/conv.js";
import { dropout } from "../../nn/dropout.js";
import { kaimingNormalFanOut, normal, zeros } from "../../nn/initializers.js";
import { maxPool2d } from "../../nn/pool.js";
import { resizeLike } from "../../nn/resize.js";
import { mapAt, type Size, samplePixels } from "../../nn/sample-pixels.js";
import type { Scope } from "../../nn/scope.js";
import { dropoutRate } from "../encoder-part.js";
import type { Architecture, NetworkOutputs } from "../model.js";
import { vggStages, vggWidthOption } from "../vgg-stages.js";

const options = z.strictObject({
  width: vggWidthOption,
  fcChannels: z.int().min(1).default(4096).describe("channels of fc6 and fc7"),
  hidden: z
    .array(z.int().min(1))
    .default([4096, 4096])
    .describe("channels of the layers between hypercolumn and score; none ([]) classifies linearly"),
  batchNorm: z
    .boolean()
    .default(false)
    .describe("whether VGG's convolutions have BatchNorm, to be trained from scratch"),
  samples: z.int().min(1).default(2000).describe("pixels of each image that are trained on"),
  dropout: dropoutRate.default(0.5).describe("dropout behind fc6, fc7 and the hidden layers"),
});

export type PixelnetOptions = z.output<typeof options>;

/** The six maps that hypercolumns are made of, from fine to coarse. */
function hyperMaps(scope: Scope, image: Value, given: PixelnetOptions): readonly Value[] {
  const convolve = (name: string, x: Value, kernel: 1 | 3 | 7, outChannels: number): Value => {
    const layer = { outChannels, kernel, padding: "same", bias: true, initializer: kaimingNormalFanOut } as const;
    if (given.batchNorm) return convNormRelu(scope, x, { ...layer, names: [name, `bn_${name}`] });
    return relu(scope.at(name), conv2d(scope.at(name), x, layer));
  };
  const stages = vggStages(image, {
    width: given.width,
    convolve: (x, { stage, index, outChannels }) => convolve(`conv${stage}_${index}`, x, 3, outChannels),
    pool: (x, stage) => maxPool2d(scope.at(`pool${stage}`), x, { kernel: 2 }),
  });
  const connect = (name: string, x: Value, kernel: 1 | 7): Value =>
    dropout(scope.at(name), convolve(name, x, kernel, given.fcChannels), given.dropout);
  const pool5 = maxPool2d(scope.at("pool5"), stages[4]!, { kernel: 2 });
  return [...stages, connect("fc7", connect("fc6", pool5, 7), 1)];
}

/** A 1x1 convolution of the hypercolumns of all pixels, without making them: [N, outChannels, H, W]. */
function ofAllPixels(scope: Scope, maps: readonly Value[], image: Value, outChannels: number): Value {
  const channels = maps.map(channelsOf);
  const shape = [outChannels, channels.reduce((a, b) => a + b), 1, 1];
  const weights = Split(scope.parameter("weight", shape, normal(0.001)), 1, channels);
  const bias = scope.parameter("bias", [outChannels], zeros);
  const parts = maps.map((map, i) =>
    resizeLike(
      scope,
      scope.run(() => Conv(map, weights[i]!, null)),
      image,
      { mode: "bilinear" },
    ),
  );
  return scope.run(() =>
    Add(
      parts.reduce((a, b) => Add(a, b)),
      Reshape(bias, [1, outChannels, 1, 1]),
    ),
  );
}

function build(scope: Scope, image: Value, numClasses: number, given: PixelnetOptions): NetworkOutputs {
  requireSide(scope, image, 32);
  const maps = hyperMaps(scope, image, given);
  const layers = [...given.hidden, numClasses];
  const at = (i: number): Scope => (i === given.hidden.length ? scope.at("score") : scope.at("mlp", i));
  /** The layers behind the first, on whole images and on samples alike. */
  const rest = (first: Value): Value =>
    layers.slice(1).reduce((x, outChannels, i) => {
      const active = dropout(at(i), relu(at(i), x), given.dropout);
      return conv2d(at(i + 1), active, { outChannels, kernel: 1, initializer: normal(0.001) });
    }, first);
  if (!scope.training) return { logits: rest(ofAllPixels(at(0), maps, image, layers[0]!)) };

  const [batch, , ...size] = image.shape as readonly number[] as [number, number, ...Size];
  const samples = samplePixels(scope.at("samples"), batch, size, given.samples);
  const columns = scope.run(() =>
    Concat(
      maps.map((map) => mapAt(scope, map, samples, size)),
      1,
    ),
  );
  const first = conv2d(at(0), columns, { outChannels: layers[0]!, kernel: 1, initializer: normal(0.001) });
  return { logits: rest(first), samples };
}

export const pixelnet: Architecture<PixelnetOptions> = {
  name: "pixelnet",
  title: "PixelNet: hypercolumns of VGG16, trained on sampled pixels",
  paper: "https://arxiv.org/abs/1609.06694",
  year: 2016,
  options,
  onCpu: { hidden: [], batchNorm: true, fcChannels: 512 },
  keepsSize: true,
  build,
};
