/** @file Parity of losses with segmentation_models.pytorch: value, norm of the gradient and samples of it for each case. */
import { gradients } from "../src/autodiff/index.js";
import { Graph, Mul, type Target, verify, writeModel } from "../src/graph/index.js";
import { buildLoss, type LossName, type LossOptions, type Task } from "../src/losses/index.js";
import { encodeModel } from "../src/onnx/model.js";
import { Session } from "../src/runtime/session.js";
import { elementCount, float32, int32, type Tensor } from "../src/runtime/tensor.js";
import { Check, type ParityCase } from "./case.js";
import { hashed, seedOf, uniform } from "./hash.js";

interface LossCase {
  readonly loss: string;
  /** Null for losses that know one task only; the target tells which. */
  readonly mode: Task | null;
  readonly kwargs: { readonly [name: string]: unknown };
  readonly logits: "multi" | "binary";
  readonly target: string;
  readonly value: number;
  readonly grad_norm: number;
  readonly idx: readonly number[];
  readonly grad: readonly number[];
  readonly f32_error: number;
}

interface Fixture {
  readonly logits: { readonly [name: string]: { readonly shape: readonly number[] } };
  readonly cases: readonly LossCase[];
}

const names: { readonly [smp: string]: LossName } = {
  DiceLoss: "dice",
  JaccardLoss: "jaccard",
  TverskyLoss: "tversky",
  FocalLoss: "focal",
  LovaszLoss: "lovasz",
  SoftCrossEntropyLoss: "crossEntropy",
  SoftBCEWithLogitsLoss: "binaryCrossEntropy",
  MCCLoss: "mcc",
};

const optionNames: { readonly [smp: string]: string } = {
  log_loss: "logLoss",
  class_weights: "classWeights",
  ignore_index: "ignoreIndex",
  from_logits: "fromLogits",
  reduced_threshold: "reducedThreshold",
  per_image: "perImage",
  smooth_factor: "labelSmoothing",
  pos_weight: "posWeight",
};

/** Losses whose mean divides by all pixels, ignored or not; ours divides by those that count. */
const meanOfAll = new Set(["SoftCrossEntropyLoss", "SoftBCEWithLogitsLoss"]);

function optionsOf({ loss, kwargs }: LossCase): LossOptions {
  const given = Object.entries(kwargs).map(([name, value]) => [optionNames[name] ?? name, value]);
  return { name: names[loss]!, ignoreIndex: null, ...Object.fromEntries(given) };
}

function taskOf({ mode, target }: LossCase): Task {
  return mode ?? (target.split("_")[0] as Task);
}

/** The target's labels: shape and rule go by its name. */
function targetTensor(name: string, logits: readonly number[]): Tensor {
  const [kind, variant] = name.split("_");
  const multiclass = kind === "multiclass";
  const shape = multiclass ? [logits[0]!, ...logits.slice(2)] : logits;
  const classes = multiclass ? logits[1]! : 2;
  const seed = seedOf("target");
  const label = (i: number): number => {
    if (variant === "ignore" && i % 17 === 16) return 255;
    const value = Math.floor(uniform(seed, i) * classes);
    return variant === "gap" && value === 3 ? 1 : value;
  };
  return int32(
    Array.from({ length: elementCount(shape) }, (_, i) => label(i)),
    shape,
  );
}

async function compareCase(item: LossCase, shape: readonly number[], target: Target, check: Check): Promise<void> {
  const labels = targetTensor(item.target, shape);
  const options = optionsOf(item);
  const byAll = meanOfAll.has(item.loss) && options.reduction === undefined;
  const graph = new Graph();
  const logits = graph.input("logits", "float32", shape);
  const loss = buildLoss(byAll ? { ...options, reduction: "sum" } : options, taskOf(item))(
    logits,
    graph.input("target", "int32", labels.shape),
  );
  const value = byAll ? Mul(loss, 1 / elementCount(labels.shape)) : loss;
  graph.output("value", value);
  graph.output("gradient", gradients(value, [logits])[0]!);
  verify(graph);
  const session = await Session.create(encodeModel(writeModel(graph, { target })), { threads: 1 });
  try {
    const data = hashed("logits", elementCount(shape), (u) => Math.fround(2 * u - 1) * 3);
    const results = await session.run({ logits: float32(data, shape), target: labels });
    const gradient = results.gradient!.data as Float32Array;
    check.number(`${target} value`, results.value!.data[0] as number, item.value);
    check.number(`${target} grad_norm`, Math.hypot(...gradient), item.grad_norm);
    check.numbers(
      `${target} grad`,
      item.idx.map((i) => gradient[i]!),
      item.grad,
    );
  } finally {
    await session.release();
  }
}

/** Cases of smp/losses.json. */
export async function* smpLossCases(fixture: Fixture): AsyncIterable<ParityCase> {
  for (const item of fixture.cases) {
    const name = `smp/losses ${item.loss} ${item.mode ?? ""} ${item.target} ${JSON.stringify(item.kwargs)}`;
    const share = Math.max(20 * item.f32_error, 1e-5);
    const check = new Check(name, { rtol: share, atol: share * Math.max(...item.grad.map(Math.abs)) });
    try {
      for (const target of ["cpu", "portable"] as const)
        await compareCase(item, fixture.logits[item.logits]!.shape, target, check);
      yield check.result();
    } catch (error) {
      yield { name, passed: false, detail: String((error as Error).message ?? error) };
    }
  }
}
