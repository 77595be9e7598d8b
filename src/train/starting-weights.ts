/** @file The weights that a run starts from, fitted to its network; read when the run begins, and not when it goes on. */
import { CheckpointError } from "../errors/index.js";
import {
  type FittedWeights,
  fetchWeights,
  fitWeights,
  type LocalWeights,
  openWeights,
  type SourceOptions,
} from "../weights/index.js";
import { encoderTensors, networkTensors } from "./encoder-tensors.js";
import type { Plan } from "./plan.js";
import type { NetworkSpec } from "./step.js";

/** What a run says of the weights that it started from. */
export interface StartingWeights extends FittedWeights {
  readonly source: string;
  readonly sha256: string;
  /** Which part of the file was taken, and which it has besides; empty where there is only one. */
  readonly part: string;
  readonly others: readonly string[];
}

/** How a checkpoint's source is called in messages. */
const called = ({ source }: LocalWeights, part: string): string => (part === "" ? source : `${part} of ${source}`);

/**
 * Reads weights and fits them to a network.
 *
 * @param partial takes what fits and leaves the rest
 * @throws FileError, CheckpointError naming the tensors that do not fit.
 */
export function fitToNetwork(
  local: LocalWeights,
  network: NetworkSpec,
  size: readonly [number, number],
  partial: boolean,
): StartingWeights {
  const { tensors, part, others, format } = openWeights(local.file, local.part);
  const encoder = encoderTensors(network, size);
  const specs = networkTensors(network, size).map(({ name, shape }) => [name, { dtype: "float32", shape }] as const);
  const target = {
    tensors: new Map(specs),
    numClasses: network.numClasses,
    ...(encoder ? { classifier: encoder.classifier } : {}),
  };
  const options = { what: called(local, part), partial, constants: format === "onnx" };
  return { ...fitWeights(tensors, target, options), source: local.source, sha256: local.sha256, part, others };
}

/**
 * The weights that a plan names, or undefined where it begins at random.
 *
 * @throws CheckpointError when they are not those of the plan any more, or of another network; FileError when they are gone.
 */
export async function startingWeights(
  { weights: { value }, size }: Plan,
  network: NetworkSpec,
  options: SourceOptions = {},
): Promise<StartingWeights | undefined> {
  if (value === null) return undefined;
  const local = await fetchWeights(value.source, options);
  if (local.sha256 !== value.sha256)
    throw new CheckpointError({
      found: `${value.source} has SHA-256 ${local.sha256}`,
      expected: `${value.sha256}, as when the run was planned`,
      next: "Bring the file back, or start a new run.",
    });
  return fitToNetwork(local, network, size.value, value.partial);
}
