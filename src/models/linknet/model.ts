/**
 * @file LinkNet (Chaurasia and Culurciello 2017, https://arxiv.org/abs/1707.03718) as the authors' e-lab/LinkNet builds it:
 * the input of each of ResNet-18's stages is added to what the decoder makes of that stage's output.
 *
 *     image ─ encoder.conv1 64/2                                                     final ─ logits          stride 1, 2
 *               └ pool 64 ──────────────────────────────────────────── add ─ ReLU ┘                                 4
 *                   └ layer1 64 ──────────────────────────── add ─ ReLU ─ decoder1 ┘                                4
 *                       └ layer2 128 ───────────── add ─ ReLU ─ decoder2 ┘                                          8
 *                           └ layer3 256 ─ add ─ ReLU ─ decoder3 ┘                                                 16
 *                               └ layer4 512 ─ decoder4 ┘                                                          32
 *
 * decoder = 1x1 to a quarter of the channels, 3x3 transposed to twice the size (decoder1 keeps it), 1x1 to the channels of
 * what is added; final = 3x3 transposed 32, 3x3 32, 2x2 transposed K. All but the last with bias, BatchNorm (eps 1e-3) and
 * ReLU. Images are padded to a multiple of 32 and the logits cropped. `linknet-encoder` is the form of
 * segmentation_models.pytorch, which takes any encoder.
 */
import { z } from "zod";
import { findEncoder } from "../../encoders/registry.js";
import { Add } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { relu } from "../../nn/blocks.js";
import { channelsOf, conv2d, convTranspose2d } from "../../nn/conv.js";
import { type Initializer, kaimingNormalFanOut, normal } from "../../nn/initializers.js";
import { batchNorm2d } from "../../nn/norm.js";
import { padToMultiple } from "../../nn/padding.js";
import { maxPool2d } from "../../nn/pool.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  headChannels: z.int().min(1).default(32).describe("channels of the last two convolutions in front of the classes"),
});

export type LinknetOptions = z.output<typeof options>;

/** The fan-out of a transposed kernel [in, out, kh, kw]: `out * kh * kw`. */
const transposedFanOut: Initializer = normal(([, out, kh, kw]) => Math.sqrt(2 / (out! * kh! * kw!)));

/** What a layer of the decoder ends with. */
const normRelu = (scope: Scope, x: Value, eps = 1e-3): Value => relu(scope, batchNorm2d(scope, x, { eps }));

function pointwise(scope: Scope, x: Value, outChannels: number, place: number): Value {
  const y = conv2d(scope.at(`conv${place}`), x, { outChannels, kernel: 1, initializer: kaimingNormalFanOut });
  return normRelu(scope.at(`bn${place}`), y);
}

function decoder(scope: Scope, x: Value, outChannels: number, stride: 1 | 2): Value {
  const narrow = pointwise(scope, x, channelsOf(x) / 4, 1);
  const geometry = { kernel: 3, stride, padding: 1, outputPadding: stride - 1 } as const;
  const wide = convTranspose2d(scope.at("deconv2"), narrow, {
    outChannels: channelsOf(narrow),
    ...geometry,
    initializer: transposedFanOut,
  });
  return pointwise(scope, normRelu(scope.at("bn2"), wide), outChannels, 3);
}

function final(scope: Scope, x: Value, numClasses: number, outChannels: number): Value {
  const double = { kernel: 3, stride: 2, padding: 1, outputPadding: 1, initializer: transposedFanOut } as const;
  // The authors' script leaves this one norm at its default eps.
  const up = normRelu(scope.at("bn1"), convTranspose2d(scope.at("deconv1"), x, { outChannels, ...double }), 1e-5);
  const same = { outChannels, kernel: 3, padding: "same", initializer: kaimingNormalFanOut } as const;
  const y = normRelu(scope.at("bn2"), conv2d(scope.at("conv2"), up, same));
  const last = { outChannels: numClasses, kernel: 2, stride: 2, initializer: transposedFanOut };
  return convTranspose2d(scope.at("deconv3"), y, last);
}

function build(scope: Scope, image: Value, numClasses: number, given: LinknetOptions): Value {
  const encoder = scope.at("encoder");
  const [, stem, layer1, layer2, layer3, layer4] = scope.state.perturbed(
    scope,
    findEncoder("resnet18").build(encoder, image),
  ) as Value[];
  const pool = maxPool2d(encoder.at("maxpool"), stem!, { kernel: 3, stride: 2, padding: 1 });
  let x = layer4!;
  for (const [level, link] of [
    [4, layer3!],
    [3, layer2!],
    [2, layer1!],
    [1, pool],
  ] as const) {
    const at = scope.at(`decoder${level}`);
    const decoded = decoder(at, x, channelsOf(link), level === 1 ? 1 : 2);
    x = relu(
      at,
      at.run(() => Add(decoded, link)),
    );
  }
  return final(scope.at("final"), x, numClasses, given.headChannels);
}

export const linknet: Architecture<LinknetOptions> = {
  name: "linknet",
  title: "LinkNet as its authors build it, over ResNet-18",
  paper: "https://arxiv.org/abs/1707.03718",
  year: 2017,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => {
    const { padded, crop } = padToMultiple(scope, image, 32);
    return { logits: crop(build(scope, padded, numClasses, given)) };
  },
};
