/** @file Sorting the tensors of a trainer into the files of a checkpoint and back. */
import type { NamedTensor } from "../weights/tensor.js";
import type { Checkpoint } from "./checkpoint.js";
import { averageName, type ResidentTensor } from "./step.js";
import type { TensorMap } from "./trainer.js";

const averagePrefix = averageName("");

interface Groups {
  readonly weights: Map<string, NamedTensor>;
  readonly optimizer: Map<string, NamedTensor>;
  readonly ema: Map<string, NamedTensor>;
  readonly companions: Map<string, NamedTensor>;
}

/**
 * Weights under the network's own names; optimizer state; the moving average of the weights, again under the network's names, so that
 * either file can be used as weights. Sums of gradients are left out: a checkpoint is made between updates, when they are zero.
 */
export function checkpointGroups(state: TensorMap, kinds: ReadonlyMap<string, ResidentTensor["kind"]>): Groups {
  const groups: Groups = { weights: new Map(), optimizer: new Map(), ema: new Map(), companions: new Map() };
  for (const [name, tensor] of state) {
    const kind = kinds.get(name);
    if (kind === "average") groups.ema.set(name.slice(averagePrefix.length), tensor);
    else if (kind === "companion") groups.companions.set(name, tensor);
    else if (kind === "slot") groups.optimizer.set(name, tensor);
    else if (kind === "parameter" || kind === "buffer") groups.weights.set(name, tensor);
  }
  return groups;
}

/** The tensors of a checkpoint under the trainer's names. */
export function trainerTensors({ weights, optimizer, ema, companions }: Checkpoint): Map<string, NamedTensor> {
  return new Map([
    ...weights,
    ...optimizer,
    ...companions,
    ...Array.from(ema, ([name, tensor]): [string, NamedTensor] => [averageName(name), tensor]),
  ]);
}
