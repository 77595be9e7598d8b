/**
 * @file FRRN (Pohlen et al. 2016, https://arxiv.org/abs/1611.08323): a residual stream keeps the full resolution while a
 * pooling stream goes down and up; each unit reads both and adds to the residual stream. The figure shows FRRN A.
 *
 *     residual   image ─ conv1 5x5 48 ─ 3 RU ─ split 32 ─┬────── z ── + ── + ── + ... ───────── z ─ concat ─ 3 RU ─ 1x1 ─ logits
 *     pooling                            └ y 48 ─ pool ─ FRRU 3x 96 ─ pool ─ 4x 192 ─ pool ─ 2x 384 ─ pool ─ 2x 384     │
 *     stride                                              2             4            8              16     │            │
 *                                                              2 x 96 ─ up ─ 2x 192 ─ up ─ 2x 192 ─ up ────┘ (8, 4, 2)  │
 *                                                                 └ up ─────────────────────────────────────────────────┘
 *
 * RU = x + two 3x3 convolutions. FRRU = concat [y, z pooled] ─ two 3x3 convolutions ─ new y; a 1x1 convolution of it,
 * repeated to the full size, is added to z. up = bilinear to twice the size. FRRN B goes down to stride 32.
 *
 * `form: "paper"` is the authors' TobyPDE/FRRN (but for its upsampling, whose grid Theano shifts by half a pixel).
 * `form: "meetps"` is meetps/pytorch-semseg (MIT), whose parameter names both have: there every unit of a stage reads the
 * stage's input, so that only the last one's y counts; the last stage has 48 channels; split has no norm; a 1x1 convolution
 * merges the streams, where the authors' first RU has a projection; the first convolution has a bias.
 *
 * Images are padded to a multiple of 16 (FRRN B: 32) and the logits cropped.
 */
import { z } from "zod";
import { UsageError } from "../../errors/index.js";
import { Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { conv2d } from "../../nn/conv.js";
import { padToMultiple } from "../../nn/padding.js";
import { maxPool2d } from "../../nn/pool.js";
import { resizeBy } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture } from "../model.js";
import { type FrrnStyle, frru, linearStart, normOf, residualUnit, unit } from "./units.js";

const options = z.strictObject({
  variant: z.enum(["A", "B"]).default("A").describe("FRRN A goes down to stride 16, FRRN B to 32"),
  form: z.enum(["paper", "meetps"]).default("paper").describe("the authors' network, or meetps/pytorch-semseg's"),
  norm: z.enum(["batchnorm", "groupnorm"]).default("batchnorm").describe("norm behind the 3x3 convolutions"),
  groups: z.int().min(1).default(16).describe("groups of channels where the norm is groupnorm"),
  width: z
    .int()
    .min(1)
    .default(48)
    .describe("channels at full resolution; the pooling stream has 2 to 8 times as many"),
  lanes: z.int().min(1).default(32).describe("channels of the residual stream"),
});

export type FrrnOptions = z.output<typeof options>;

interface Stage {
  readonly units: number;
  /** Multiple of the width. */
  readonly factor: number;
  /** Stride of the pooling stream. */
  readonly scale: number;
}

const stage = (units: number, factor: number, scale: number): Stage => ({ units, factor, scale });

const variants: {
  readonly [variant in FrrnOptions["variant"]]: { readonly down: readonly Stage[]; readonly up: readonly Stage[] };
} = {
  A: {
    down: [stage(3, 2, 2), stage(4, 4, 4), stage(2, 8, 8), stage(2, 8, 16)],
    up: [stage(2, 4, 8), stage(2, 4, 4), stage(2, 2, 2)],
  },
  B: {
    down: [stage(3, 2, 2), stage(4, 4, 4), stage(2, 8, 8), stage(2, 8, 16), stage(2, 8, 32)],
    up: [stage(2, 4, 16), stage(2, 4, 8), stage(2, 4, 4), stage(2, 2, 2)],
  },
};

/** Both streams. */
interface Streams {
  readonly y: Value;
  readonly z: Value;
}

/** The units of a stage, one behind the other; in meetps' form each reads the stage's own input `y`. */
function runStage(scope: Scope, way: string, { y, z }: Streams, outChannels: number, stage: Stage, style: FrrnStyle) {
  const { units, scale } = stage;
  let streams: Streams = { y, z };
  for (let i = 0; i < units; i++) {
    const at = scope.at(`${way}_frru_${units}_${outChannels}_${scale}_${i}`);
    const read = style.form === "meetps" ? y : streams.y;
    streams = frru(at, read, streams.z, { outChannels, scale }, style);
  }
  return streams;
}

function build(scope: Scope, image: Value, numClasses: number, given: FrrnOptions): Value {
  const { variant, form, norm, groups, width, lanes } = given;
  if (norm === "groupnorm" && width % groups !== 0)
    throw new UsageError({
      expected: "a number of groups that divides the width",
      found: `groups ${groups} and width ${width}`,
    });
  const { down, up } = variants[variant];
  const style: FrrnStyle = { ...given, eps: form === "paper" ? 1e-4 : 1e-5 };
  const twice = (y: Value): Value => resizeBy(scope, y, 2, { mode: "bilinear", alignCorners: form === "meetps" });

  let x = unit(scope.at("conv1"), image, { outChannels: width, kernel: 5, bias: form === "meetps" }, style);
  for (const i of [0, 1, 2]) x = residualUnit(scope.at("up_residual_units", i), x, width, style);
  const split = conv2d(scope.at("split_conv"), x, {
    outChannels: lanes,
    kernel: 1,
    bias: false,
    initializer: linearStart,
  });
  let streams: Streams = { y: x, z: form === "paper" ? normOf(scope.at("split_norm"), split, style) : split };
  for (const stage of down) {
    const y = maxPool2d(scope, streams.y, { kernel: 2 });
    streams = runStage(scope, "encoding", { ...streams, y }, width * stage.factor, stage, style);
  }
  for (const stage of up) {
    const factor = form === "meetps" && stage.scale === 2 ? 1 : stage.factor;
    streams = runStage(scope, "decoding", { ...streams, y: twice(streams.y) }, width * factor, stage, style);
  }
  const { y, z } = streams;
  x = scope.run(() => Concat([twice(y), z], 1));
  if (form === "meetps")
    x = conv2d(scope.at("merge_conv"), x, { outChannels: width, kernel: 1, bias: false, initializer: linearStart });
  for (const i of [0, 1, 2]) x = residualUnit(scope.at("down_residual_units", i), x, width, style);
  return conv2d(scope.at("classif_conv"), x, { outChannels: numClasses, kernel: 1, initializer: linearStart });
}

export const frrn: Architecture<FrrnOptions> = {
  name: "frrn",
  title: "FRRN: a residual stream at full resolution beside a pooling stream",
  paper: "https://arxiv.org/abs/1611.08323",
  year: 2016,
  options,
  // Ten convolutions run at full resolution.
  onCpu: { width: 16, lanes: 16 },
  keepsSize: true,
  build: (scope, image, numClasses, given) => {
    const { padded, crop } = padToMultiple(scope, image, given.variant === "A" ? 16 : 32);
    return { logits: crop(build(scope, padded, numClasses, given)) };
  },
};
