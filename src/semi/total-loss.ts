/** @file The loss of all that a network gives while training: its logits, its auxiliary heads, and what it brings itself. */
import { ShapeError } from "../errors/index.js";
import { Add, Mul, Slice, type Value } from "../graph/index.js";
import type { LossFunction } from "../losses/index.js";
import type { NetworkOutputs } from "../models/model.js";
import { labelsAt } from "../nn/sample-pixels.js";

/** The part of a map [N, H, W] that smaller logits answer for: its centre, as valid convolutions see it. */
export function centreOf(map: Value, logits: Pick<Value, "shape">): Value {
  const [top, left] = [1, 2].map((axis) => ((map.shape[axis] as number) - (logits.shape[axis + 1] as number)) / 2);
  const floor = [Math.floor(top!), Math.floor(left!)];
  if (floor.some((d) => d < 0))
    throw new ShapeError({
      expected: "logits no larger than the mask",
      found: `logits [${logits.shape}] for masks [${map.shape}]`,
    });
  return Slice(
    map,
    [1, 2],
    floor,
    [1, 2].map((axis, i) => floor[i]! + (logits.shape[axis + 1] as number)),
  );
}

/**
 * Loss of the network's logits plus weighted losses of its auxiliary heads and of its own.
 *
 * @param pixelWeights what a weight map adds to the weight of each pixel [N, H, W], for losses that take one
 */
export function totalLoss(
  { logits, samples, aux = [], sideLosses = [] }: NetworkOutputs,
  target: Value,
  loss: LossFunction,
  pixelWeights?: Value,
): Value {
  const against = (scores: Value, part: (map: Value) => Value): Value =>
    loss(scores, part(target), pixelWeights && part(pixelWeights));
  const main = against(logits, (map) => (samples ? labelsAt(map, samples) : centreOf(map, logits)));
  const all = aux.reduce(
    (sum, head) =>
      Add(
        sum,
        Mul(
          against(head.logits, (map) => centreOf(map, head.logits)),
          head.weight,
        ),
      ),
    main,
  );
  return sideLosses.reduce((sum, side) => Add(sum, Mul(side.loss(target), side.weight)), all);
}
