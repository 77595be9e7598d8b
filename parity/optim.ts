/** @file Parity of optimizers: five steps of torch.optim on a small least squares problem, loss, weight and bias after each. */
import { gradients } from "../src/autodiff/index.js";
import {
  Add,
  Graph,
  MatMul,
  ReduceMean,
  Sub,
  type Target,
  type Value,
  verify,
  writeModel,
} from "../src/graph/index.js";
import { Mul } from "../src/graph/ops/index.js";
import { encodeModel } from "../src/onnx/model.js";
import {
  buildOptimizer,
  clipByNorm,
  type NetworkUpdate,
  type OptimizerName,
  type OptimizerOptions,
  type ParameterGroup,
  updateParameters,
} from "../src/optim/index.js";
import { Session } from "../src/runtime/session.js";
import { elementCount, float32, type Tensor } from "../src/runtime/tensor.js";
import { Check, type ParityCase } from "./case.js";
import { hashed } from "./hash.js";

/** Options as PyTorch names them. */
type TorchOptions = { readonly lr: number } & { readonly [name: string]: number | boolean | readonly number[] };

interface OptimizerCase {
  readonly optimizer: string;
  readonly options: TorchOptions;
  readonly groups?: { readonly [name: string]: { readonly lr?: number; readonly weight_decay?: number } };
  readonly loss: readonly number[];
  readonly w: readonly (readonly number[])[];
  readonly b: readonly (readonly number[])[];
}

interface Fixture {
  readonly clip_grad_norm: {
    readonly grad_before: readonly number[];
    readonly total_norm: number;
    readonly grad_after_clip_norm_1: readonly number[];
  };
  readonly cases: readonly OptimizerCase[];
}

const tolerance = { rtol: 1e-5, atol: 1e-6 };

const names: { readonly [torch: string]: OptimizerName } = {
  SGD: "sgd",
  Adam: "adam",
  AdamW: "adamW",
  RMSprop: "rmsprop",
  Adagrad: "adagrad",
  Adadelta: "adadelta",
  Adamax: "adamax",
  NAdam: "nadam",
  RAdam: "radam",
  ASGD: "asgd",
  Rprop: "rprop",
};

/** Our names of PyTorch's options; a list of names takes a list of numbers apart. */
const optionNames: { readonly [torch: string]: string | readonly string[] } = {
  weight_decay: "weightDecay",
  eps: "epsilon",
  betas: ["beta1", "beta2"],
  lr_decay: "rateDecay",
  initial_accumulator_value: "initialSum",
  lambd: "lambda",
  t0: "start",
  momentum_decay: "momentumDecay",
  etas: ["shrink", "grow"],
  step_sizes: ["smallest", "largest"],
};

function optionsOf({ optimizer, options }: OptimizerCase): OptimizerOptions {
  const ours = Object.entries(options).flatMap(([torch, value]): [string, unknown][] => {
    const name = optionNames[torch] ?? torch;
    if (torch === "lr") return [];
    return typeof name === "string" ? [[name, value]] : name.map((part, i) => [part, (value as number[])[i]]);
  });
  return { name: names[optimizer]!, ...Object.fromEntries(ours) };
}

const groupsOf = ({ groups = {}, options }: OptimizerCase): ParameterGroup[] =>
  Object.entries(groups).map(([match, { lr, weight_decay }]) => ({
    match,
    learningRateScale: lr === undefined ? undefined : lr / options.lr,
    weightDecay: weight_decay,
  }));

/** The problem's tensors: w [3,4], b [3], X [8,4], Y [8,3]. */
const problem: { readonly [name: string]: Tensor } = {
  w: float32(hashed("w", 12), [3, 4]),
  b: float32(
    hashed("b", 3, (u) => 0.5 * (2 * u - 1)),
    [3],
  ),
  x: float32(hashed("x", 32), [8, 4]),
  y: float32(hashed("y", 24), [8, 3]),
};

/** Mean of (X w' + b - Y)^2. */
function problemLoss(graph: Graph): { loss: Value; w: Value; b: Value } {
  const w = graph.parameter("w", [3, 4]);
  const b = graph.parameter("b", [3]);
  const d = Sub(
    Add(MatMul(graph.input("x", "float32", [8, 4]), w, { transB: true }), b),
    graph.input("y", "float32", [8, 3]),
  );
  return { loss: ReduceMean(Mul(d, d)), w, b };
}

function stepGraph(item: OptimizerCase): { graph: Graph; update: NetworkUpdate } {
  const graph = new Graph();
  const { loss, w, b } = problemLoss(graph);
  const [dw, db] = gradients(loss, [w, b]);
  const update = updateParameters(
    graph,
    [
      { name: "w", parameter: w, gradient: dw! },
      { name: "b", parameter: b, gradient: db! },
    ],
    {
      optimizer: buildOptimizer(optionsOf(item)),
      groups: groupsOf(item),
      learningRate: graph.input("learning rate", "float32", []),
      step: graph.input("step", "float32", []),
    },
  );
  graph.output("loss", loss);
  for (const { name, next, slots } of update.updates) {
    graph.output(`next ${name}`, next);
    for (const slot of slots) graph.output(`next ${slot.buffer}`, slot.next);
  }
  verify(graph);
  return { graph, update };
}

async function compareSteps(item: OptimizerCase, target: Target, check: Check): Promise<void> {
  const { graph, update } = stepGraph(item);
  let state: { [name: string]: Tensor } = { w: problem.w!, b: problem.b! };
  for (const { buffer, shape, initial } of update.updates.flatMap(({ slots }) => slots))
    state[buffer] = float32(new Float32Array(elementCount(shape as number[])).fill(initial), shape as number[]);
  const session = await Session.create(encodeModel(writeModel(graph, { target })), { threads: 1 });
  try {
    for (const [k, loss] of item.loss.entries()) {
      const results = await session.run({
        ...problem,
        ...state,
        "learning rate": float32([item.options.lr], []),
        step: float32([k + 1], []),
      });
      state = Object.fromEntries(Object.keys(state).map((name) => [name, results[`next ${name}`]!]));
      check.numbers(`${target} loss[${k}]`, results.loss!.data as Float32Array, [loss]);
      check.numbers(`${target} w[${k}]`, state.w!.data as Float32Array, item.w[k]!);
      check.numbers(`${target} b[${k}]`, state.b!.data as Float32Array, item.b[k]!);
    }
  } finally {
    await session.release();
  }
}

async function compareClipping(fixture: Fixture["clip_grad_norm"], check: Check): Promise<void> {
  const graph = new Graph();
  const { norm, gradients: clipped } = clipByNorm([graph.input("g", "float32", [12])], 1);
  graph.output("norm", norm);
  graph.output("clipped", clipped[0]!);
  const session = await Session.create(encodeModel(writeModel(graph, { target: "cpu" })), { threads: 1 });
  try {
    const results = await session.run({ g: float32(fixture.grad_before, [12]) });
    check.numbers("total_norm", results.norm!.data as Float32Array, [fixture.total_norm]);
    check.numbers("clipped", results.clipped!.data as Float32Array, fixture.grad_after_clip_norm_1);
  } finally {
    await session.release();
  }
}

async function outcome(name: string, body: (check: Check) => Promise<void>): Promise<ParityCase> {
  const check = new Check(name, tolerance);
  try {
    await body(check);
    return check.result();
  } catch (error) {
    return { name, passed: false, detail: String((error as Error).message ?? error) };
  }
}

/** Cases of optim/optimizers.json. */
export async function* optimizerCases(fixture: Fixture): AsyncIterable<ParityCase> {
  yield await outcome("optim/optimizers clip_grad_norm", (check) => compareClipping(fixture.clip_grad_norm, check));
  for (const item of fixture.cases) {
    const name = `optim/optimizers ${item.optimizer} ${JSON.stringify(item.options)}${item.groups ? " groups" : ""}`;
    yield await outcome(name, async (check) => {
      for (const target of ["cpu", "portable"] as const) await compareSteps(item, target, check);
    });
  }
}
