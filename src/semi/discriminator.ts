/**
 * @file The discriminator of adversarial segmentation (Hung et al. 2018, https://arxiv.org/abs/1802.07934): fully convolutional,
 * it says for each pixel of a label map whether a person drew it or a network did.
 *
 *     maps K ─ 4x4 /2: 64 ─ 4x4 /2: 128 ─ 4x4 /2: 256 ─ 4x4 /2: 512 ─ 4x4 /2: 1 ─ stretch ─ logits 1       LeakyReLU 0.2 between
 */
import { ShapeError } from "../errors/index.js";
import { Add, Cast, Equal, LeakyRelu, Mul, Neg, Reshape, Softplus, Unsqueeze, type Value } from "../graph/index.js";
import { meanOver, total } from "../losses/targets.js";
import { conv2d } from "../nn/conv.js";
import { torchDefault } from "../nn/initializers.js";
import { resizeLike } from "../nn/resize.js";
import type { Scope } from "../nn/scope.js";

const layers = 5;

/**
 * Logits [N, 1, H, W] of "drawn by a person" for label maps [N, K, H, W].
 *
 * @throws ShapeError for maps under 32x32, of which nothing is left behind five halvings.
 */
export function discriminator(scope: Scope, maps: Value, width: number): Value {
  const [, , h, w] = maps.shape as readonly number[];
  if (Math.min(h!, w!) < 2 ** layers)
    throw new ShapeError({
      expected: `images of at least ${2 ** layers}x${2 ** layers} for the discriminator`,
      found: `${h}x${w}`,
      next: "Choose a larger --size.",
    });
  let x = maps;
  for (let i = 0; i < layers; i++) {
    const last = i === layers - 1;
    const kernel = { kernel: 4, stride: 2, padding: 1, initializer: torchDefault };
    x = conv2d(scope.at(last ? "classifier" : `conv${i + 1}`), x, {
      ...kernel,
      outChannels: last ? 1 : width * 2 ** i,
    });
    if (!last) x = scope.run(() => LeakyRelu(x, 0.2));
  }
  return resizeLike(scope, x, maps, { mode: "bilinear" });
}

/** Mean over the pixels that count of the logistic loss of logits [N, 1, H, W], all of which should be 1 (`drawn`) or 0. */
export function discriminatorLoss(logits: Value, drawn: boolean, counted: Value): Value {
  const [n, , h, w] = logits.shape as [number, number, number, number];
  const losses = Softplus(Reshape(drawn ? Neg(logits) : logits, [n, h, w]));
  return meanOver(total(Mul(losses, counted)), total(counted));
}

/** Masks int32 [N, H, W] as maps [N, K, H, W] of 0 and 1; ignored pixels are 0 in all. */
export function labelMaps(target: Value, numClasses: number): Value {
  const numbers = target.graph.constant(
    Int32Array.from({ length: numClasses }, (_, i) => i),
    [1, numClasses, 1, 1],
  );
  return Cast(Equal(Unsqueeze(target, [1]), numbers), "float32");
}

/** The sum of losses that may be there or not. */
export const sumOf = (losses: readonly (Value | undefined)[]): Value =>
  losses.filter((loss) => loss !== undefined).reduce((sum, loss) => Add(sum, loss));
