/** @file The model of a trained run: its network, the weights of its best checkpoint, and the bundle they make. */
import { basename, resolve } from "node:path";
import { CheckpointError } from "../errors/index.js";
import { type CheckpointKind, hasCheckpoint, loadCheckpoint } from "../train/checkpoint.js";
import { type Plan, readPlan } from "../train/plan.js";
import { parseProgress } from "../train/progress.js";
import { networkOf } from "../train/run.js";
import type { NetworkSpec } from "../train/step.js";
import { packageVersion } from "../util/version.js";
import type { NamedTensors } from "../weights/tensor.js";
import type { BundleInfo } from "./bundle.js";
import { calibrationInfo, readCalibration } from "./calibration.js";

export interface RunModel {
  readonly plan: Plan;
  readonly network: NetworkSpec;
  /** The moving averages of the weights where the run keeps them. */
  readonly weights: NamedTensors;
  readonly info: BundleInfo;
  /** `last` only where no validation made a best one yet. */
  readonly checkpoint: CheckpointKind;
  /** Updates that made these weights. */
  readonly step: number;
}

/** Share that tiles overlap by, unless told otherwise: seams fade where the neighbour's middle counts most. */
const overlap = 0.5;

/** Tile of a network whose output is the middle of its input, as near to the size of training as it can be. */
function middleOf({ architecture, options }: NetworkSpec, [height, width]: readonly [number, number]) {
  if (architecture.keepsSize || !architecture.inputFor) return {};
  const inputFor = (side: number) => architecture.inputFor!(side, options);
  const least = inputFor(1);
  const margin = (least.input - least.output) / 2;
  const side = (size: number): number => inputFor(Math.max(1, size - 2 * margin)).input;
  return { middle: { height: side(height), width: side(width), margin } };
}

/**
 * Reads a run folder.
 *
 * @throws CheckpointError when it is none, has no checkpoint, or a damaged one.
 */
export function readRunModel(runDir: string): RunModel {
  const plan = readPlan(runDir);
  const network = networkOf(plan);
  const checkpoint: CheckpointKind = hasCheckpoint(runDir, "best") ? "best" : "last";
  if (!hasCheckpoint(runDir, checkpoint))
    throw new CheckpointError({
      expected: "a run with a checkpoint",
      found: `${runDir} has none yet`,
      next: `Train it on: segkit train --resume ${runDir}`,
    });
  const { weights, ema, state } = loadCheckpoint(runDir, checkpoint, ["weights", "ema"]);
  const { step, best } = parseProgress(state);
  const calibration = readCalibration(runDir, { checkpoint, step });
  const { data, model, modelOptions, size, inputRule, normalise, seed } = plan;
  const [height, width] = size.value;
  const info: BundleInfo = {
    version: 1,
    name: model.value,
    classes: data.classes,
    ignoreIndex: data.ignoreIndex,
    channels: data.channels,
    ...(data.bands ? { bands: data.bands } : {}),
    input: { rule: inputRule.value, height, width, overlap },
    normalise: { ...normalise.value, where: "inside the graph" },
    ...middleOf(network, size.value),
    ...(calibration ? { calibration: calibrationInfo(calibration) } : {}),
    provenance: {
      run: basename(resolve(runDir)),
      // Not the path: a bundle goes to other machines, and says nothing of the one it was made on.
      data: { name: data.name, options: data.options, images: data.images },
      model: model.value,
      modelOptions: modelOptions.value,
      checkpoint,
      step,
      ...(checkpoint === "best" && best ? { validationMeanIou: best.score } : {}),
      averagedWeights: ema.size > 0,
      seed: seed.value,
      segkit: packageVersion,
    },
  };
  // An average is kept of what training changes; whatever it does not reach is as in the weights.
  return { plan, network, weights: new Map([...weights, ...ema]), info, checkpoint, step };
}
