/**
 * @file SegNet (Badrinarayanan et al. 2015, https://arxiv.org/abs/1511.00561) with the parameter names of
 * meetps/pytorch-semseg (MIT): VGG16's convolutions, and a decoder that mirrors them and writes each value to the place where
 * the pooling found its maximum.
 *
 *     image ─ down1 2x 64 ───────────────────────────── up1 64, K ─ logits    stride 1
 *               └ pool ─ down2 2x 128 ──────────── up2 128, 64 ┘                     2
 *                   └ pool ─ down3 3x 256 ──── up3 2x 256, 128 ┘                     4
 *                       └ pool ─ down4 3x 512 ─ up4 2x 512, 256 ┘                    8
 *                           └ pool ─ down5 3x 512 ─ up5 3x 512 ┘                    16
 *                               └ pool ┘                                            32
 *
 * Each number is a 3x3 convolution with BatchNorm and ReLU; the last one has neither, except with `lastNorm`, as meetps has
 * it. Any image size goes: unpooling gives the size that was pooled.
 */
import { z } from "zod";
import { MaxUnpool } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { convNormRelu } from "../../nn/blocks.js";
import { channelsOf, conv2d } from "../../nn/conv.js";
import { maxPool2d } from "../../nn/pool.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  width: z
    .int()
    .min(1)
    .default(64)
    .describe("channels of the first level; those below have 2, 4, 8 and 8 times as many"),
  lastNorm: z.boolean().default(false).describe("whether the logits too go through BatchNorm and ReLU"),
  ceilMode: z
    .boolean()
    .default(true)
    .describe("whether pooling keeps a last odd row and column, as in Caffe; PyTorch's drops them"),
});

export type SegnetOptions = z.output<typeof options>;

/** Width of each level as a multiple of the first level's, and its number of convolutions. */
const levels = [
  { factor: 1, convolutions: 2 },
  { factor: 2, convolutions: 2 },
  { factor: 4, convolutions: 3 },
  { factor: 8, convolutions: 3 },
  { factor: 8, convolutions: 3 },
] as const;

/** Convolutions of the given channels, one after the other. */
function convolutions(scope: Scope, x: Value, channels: readonly number[]): Value {
  return channels.reduce(
    (y, outChannels, i) =>
      convNormRelu(scope.at(`conv${i + 1}`, "cbr_unit"), y, { outChannels, bias: true, names: [0, 1] }),
    x,
  );
}

function build(scope: Scope, image: Value, numClasses: number, { width, lastNorm, ceilMode }: SegnetOptions): Value {
  const pooled: Value[] = [];
  let x = image;
  for (const [i, { factor, convolutions: count }] of levels.entries()) {
    const down = scope.at(`down${i + 1}`);
    const y = convolutions(down, x, Array<number>(count).fill(width * factor));
    pooled.push(y);
    x = maxPool2d(down.at("maxpool_with_argmax"), y, { kernel: 2, ceilMode });
  }
  for (let i = levels.length - 1; i >= 0; i--) {
    const { convolutions: count } = levels[i]!;
    const up = scope.at(`up${i + 1}`);
    const inside = Array<number>(count - 1).fill(channelsOf(x));
    const unpooled = up.at("unpool").run(() => MaxUnpool(pooled[i]!, x, [2, 2], { strides: [2, 2], ceilMode }));
    const below = levels[i - 1];
    if (below) x = convolutions(up, unpooled, [...inside, width * below.factor]);
    else if (lastNorm) x = convolutions(up, unpooled, [...inside, numClasses]);
    else {
      const last = up.at(`conv${count}`, "cbr_unit", 0);
      x = conv2d(last, convolutions(up, unpooled, inside), { outChannels: numClasses, kernel: 3, padding: "same" });
    }
  }
  return x;
}

export const segnet: Architecture<SegnetOptions> = {
  name: "segnet",
  title: "SegNet: VGG16 mirrored, with unpooling to the maxima's places",
  paper: "https://arxiv.org/abs/1511.00561",
  year: 2015,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
