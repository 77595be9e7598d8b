/**
 * @file Which dict of a checkpoint holds the weights. Projects save more than a state dict: `{"epoch": 12, "state_dict": {...},
 * "optimizer": {...}}`, or the weights of a teacher beside those of its student.
 */
import { CheckpointError } from "../errors/index.js";
import { elements, type NamedTensor } from "./tensor.js";
import { TorchTensor } from "./torch-globals.js";

/** The tensors that were picked, and what else could have been. */
export interface PickedTensors {
  /** Path of the dict in the checkpoint, e.g. `model_ema`; empty for the checkpoint itself. */
  readonly part: string;
  /** Paths of the other dicts that hold tensors under names. */
  readonly others: readonly string[];
  readonly tensors: Map<string, NamedTensor>;
}

interface Candidate {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  readonly size: number;
}

/** Dicts are looked into this deep: training frameworks save `checkpoint > state > model`. */
const deepest = 4;

function candidates(root: unknown): Candidate[] {
  const found: Candidate[] = [];
  // A dict may hold itself.
  const seen = new Set<unknown>();
  const visit = (value: unknown, path: string, depth: number): void => {
    if (!(value instanceof Map) || seen.has(value) || depth > deepest) return;
    seen.add(value);
    const named = [...value].filter(([key]) => typeof key === "string") as [string, unknown][];
    const tensors = new Map(named.filter((pair): pair is [string, TorchTensor] => pair[1] instanceof TorchTensor));
    const size = [...tensors.values()].reduce((sum, { shape }) => sum + elements(shape), 0);
    if (tensors.size > 0) found.push({ path, tensors, size });
    for (const [key, inner] of named) visit(inner, path === "" ? key : `${path}.${key}`, depth + 1);
  };
  visit(root, "", 0);
  return found;
}

/**
 * The tensors of the dict with the most numbers in them, the first of several with as many; `part` asks for another.
 *
 * @param read gives a tensor's numbers
 * @throws CheckpointError when there are no tensors, or there is no such part.
 */
export function pickTensors(
  root: unknown,
  read: (name: string, tensor: TorchTensor) => NamedTensor,
  file: string,
  part?: string,
): PickedTensors {
  const all = candidates(root);
  const picked =
    part === undefined
      ? all.reduce<Candidate | undefined>((best, one) => (best && best.size >= one.size ? best : one), undefined)
      : all.find(({ path }) => path === part);
  if (!picked)
    throw new CheckpointError({
      found: `${file} holds no tensors under names${part === undefined ? "" : ` in its part ${part}`}`,
      expected: "a state dict",
      next:
        all.length > 0
          ? `It has them in ${all.map(({ path }) => path || "itself").join(", ")}.`
          : `Save one: torch.save(model.state_dict(), "weights.pth").`,
    });
  return {
    part: picked.path,
    others: all.filter((one) => one !== picked).map(({ path }) => path || "the file itself"),
    tensors: new Map(Array.from(picked.tensors, ([name, tensor]) => [name, read(name, tensor)])),
  };
}
