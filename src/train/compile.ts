/**
 * @file Compiling: one graph for a whole training step (forward, loss, backward, update), and one for evaluation.
 *
 * Names of tensors: a parameter or buffer is called as in the network, the optimizer's momentum of it
 * `optimizer.momentum.NAME`, and what it becomes is the output `next NAME`.
 */
import { gradients } from "../autodiff/index.js";
import { ShapeError } from "../errors/index.js";
import {
  Add,
  countFlops,
  Div,
  Expand,
  Graph,
  Min,
  Mul,
  Slice,
  Sub,
  type Target,
  type Value,
  verify,
  writeModel,
} from "../graph/index.js";
import type { NetworkOutputs } from "../models/model.js";
import type { NetworkChoice } from "../models/registry.js";
import { constant as filledWith, type Initializer, zeros } from "../nn/initializers.js";
import { labelsAt } from "../nn/sample-pixels.js";
import { NetworkState, type NetworkStateOptions, Scope } from "../nn/scope.js";
import { encodeModel } from "../onnx/model.js";
import { isTrained, type Trained, type UpdateOptions, updateParameters } from "../optim/index.js";

/** A network for a data set. */
export interface NetworkSpec extends NetworkChoice {
  readonly numClasses: number;
  /** Channels of the image. */
  readonly channels: number;
  readonly stateOptions?: NetworkStateOptions;
}

/** Loss of logits [N, K, H, W] against class indices int32 [N, H, W]: one number. */
export type LossFunction = (logits: Value, target: Value) => Value;

export interface StepSpec {
  readonly network: NetworkSpec;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly loss: LossFunction;
  readonly update: Pick<UpdateOptions, "optimizer" | "groups" | "clipping">;
  /** Decay of the exponential moving average of the weights; without it none is kept. */
  readonly ema?: number;
  readonly target: Target;
  readonly channelBlock: number;
}

/** Name of the moving average of a parameter or buffer. */
export const averageName = (name: string): string => `ema.${name}`;
/** Name of the sum of a parameter's gradients over micro-batches. */
export const gradientName = (name: string): string => `gradient.${name}`;

/** A tensor that lives from step to step: how it is called, how large it is, how it starts. */
export interface ResidentTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: "parameter" | "buffer" | "slot" | "average" | "gradient";
  readonly initializer: Initializer;
}

export interface CompiledStep {
  /** Bytes of the ONNX model: inputs `image`, `target`, `learning rate`, `step` (and `seed`) and all residents; outputs `loss`, `gradient norm` and `next NAME`. */
  readonly model: Uint8Array;
  readonly residents: readonly ResidentTensor[];
  /** Resident tensor that each output replaces. */
  readonly writes: { readonly [output: string]: string };
  readonly usesSeed: boolean;
  /** Whether there is an output `gradient norm`. */
  readonly hasNorm: boolean;
  /** Nodes of the model as ONNX Runtime sees it. */
  readonly nodes: number;
  /** Floating point operations of convolutions and matrix products. */
  readonly flops: number;
}

/** The part of a mask that a smaller map of logits answers for: its centre, as valid convolutions see it. */
function centre(target: Value, logits: Value): Value {
  const [top, left] = [1, 2].map((axis) => ((target.shape[axis] as number) - (logits.shape[axis + 1] as number)) / 2);
  const floor = [Math.floor(top!), Math.floor(left!)];
  if (floor.some((d) => d < 0))
    throw new ShapeError({
      expected: "logits no larger than the mask",
      found: `logits [${logits.shape}] for masks [${target.shape}]`,
    });
  return Slice(
    target,
    [1, 2],
    floor,
    [1, 2].map((axis, i) => floor[i]! + (logits.shape[axis + 1] as number)),
  );
}

/** Loss of the network's logits plus weighted losses of its auxiliary heads and of its own. */
export function totalLoss(
  { logits, samples, aux = [], sideLosses = [] }: NetworkOutputs,
  target: Value,
  loss: LossFunction,
): Value {
  const main = loss(logits, samples ? labelsAt(target, samples) : centre(target, logits));
  const all = aux.reduce(
    (sum, head) => Add(sum, Mul(loss(head.logits, centre(target, head.logits)), head.weight)),
    main,
  );
  return sideLosses.reduce((sum, side) => Add(sum, Mul(side.loss(target), side.weight)), all);
}

interface Built {
  readonly graph: Graph;
  readonly state: NetworkState;
  readonly loss: Value;
  readonly trained: readonly Trained[];
}

/**
 * Forward and backward pass. Frozen parameters and those that the loss does not reach (an unused head) have no gradient and
 * stay as they are.
 */
function buildGradients({ network, batch, height, width, loss, update }: StepSpec): Built {
  const graph = new Graph();
  const image = graph.input("image", "float32", [batch, network.channels, height, width]);
  const target = graph.input("target", "int32", [batch, height, width]);
  const state = new NetworkState(graph, "train", network.stateOptions);
  const outputs = network.architecture.build(new Scope(state), image, network.numClasses, network.options);
  const total = totalLoss(outputs, target, loss);
  verify(graph);
  // Without a gradient asked for, no node of the backward pass is made below what is frozen.
  const parameters = [...state.specs.values()].filter(
    ({ kind, name, shape }) => kind === "parameter" && isTrained(name, shape, update.groups ?? []),
  );
  const found = gradients(
    total,
    parameters.map((spec) => spec.value),
  );
  verify(graph);
  graph.output("loss", total);
  return {
    graph,
    state,
    loss: total,
    trained: parameters.map(({ name, value }, i) => ({ name, parameter: value, gradient: found[i]! })),
  };
}

/** Collects what a graph writes back to the tensors that live from step to step. */
class Writes {
  readonly table: { [output: string]: string } = {};
  constructor(private readonly graph: Graph) {}

  set(name: string, value: Value): void {
    this.graph.output(`next ${name}`, value);
    this.table[`next ${name}`] = name;
  }
}

/** Moves the average of each tensor towards its new value; early on faster, so that it soon forgets the random start. */
function updateAverages(
  graph: Graph,
  decay: number,
  step: Value,
  next: ReadonlyMap<string, Value>,
  writes: Writes,
): ResidentTensor[] {
  const share = Sub(1, Min(Div(Add(step, 1), Add(step, 10)), decay));
  return [...next].map(([name, value]) => {
    const shape = value.shape as number[];
    const average = graph.buffer(averageName(name), shape);
    writes.set(averageName(name), Add(average, Mul(Sub(value, average), share)));
    return { name: averageName(name), shape, kind: "average" as const, initializer: zeros };
  });
}

/** Appends optimizer and averages; gives the tensors they keep. */
function appendUpdate(
  graph: Graph,
  trained: readonly Trained[],
  buffers: ReadonlyMap<string, Value>,
  { update, ema }: StepSpec,
  writes: Writes,
): ResidentTensor[] {
  const learningRate = graph.input("learning rate", "float32", []);
  const step = graph.input("step", "float32", []);
  const { updates, gradientNorm } = updateParameters(graph, trained, { ...update, learningRate, step });
  const slots = updates.flatMap((updated) => updated.slots);
  for (const { name, next } of updates) writes.set(name, next);
  for (const { buffer, next } of slots) writes.set(buffer, next);
  if (gradientNorm) graph.output("gradient norm", gradientNorm);
  const next = new Map([...updates.map(({ name, next: value }): [string, Value] => [name, value]), ...buffers]);
  return [
    ...slots.map(({ buffer, shape, initial }) => ({
      name: buffer,
      shape: shape as number[],
      kind: "slot" as const,
      initializer: filledWith(initial),
    })),
    ...(ema === undefined ? [] : updateAverages(graph, ema, step, next, writes)),
  ];
}

const statesOf = (state: NetworkState): ResidentTensor[] =>
  Array.from(state.specs.values(), ({ name, shape, kind, initializer }) => ({ name, shape, kind, initializer }));

function finish(
  graph: Graph,
  residents: readonly ResidentTensor[],
  writes: Writes,
  usesSeed: boolean,
  { target, channelBlock }: StepSpec,
): CompiledStep {
  verify(graph);
  const model = writeModel(graph, { target, channelBlock, name: "training step" });
  return {
    model: encodeModel(model),
    residents,
    writes: writes.table,
    usesSeed,
    hasNorm: graph.outputs.some(({ name }) => name === "gradient norm"),
    nodes: model.graph.node.length,
    flops: countFlops(graph),
  };
}

/**
 * Compiles one training step: batch in, loss and new parameters out.
 *
 * @throws ShapeError when the network cannot take images of this size.
 */
export function compileStep(spec: StepSpec): CompiledStep {
  const { graph, state, trained } = buildGradients(spec);
  const writes = new Writes(graph);
  const kept = appendUpdate(graph, trained, state.updates, spec, writes);
  for (const [name, value] of state.updates) writes.set(name, value);
  return finish(graph, [...statesOf(state), ...kept], writes, state.usesSeed, spec);
}

/**
 * Compiles a step in two graphs, for batches that do not fit into memory at once: `accumulate` adds the gradients of one
 * micro-batch to `gradient.NAME`, `apply` updates with their mean over `count` micro-batches and clears them.
 */
export function compileAccumulatedStep(
  spec: StepSpec,
  count: number,
): { accumulate: CompiledStep; apply: CompiledStep } {
  const built = buildGradients(spec);
  const reached = built.trained.filter(({ gradient }) => gradient !== null);
  const writes = new Writes(built.graph);
  const sums: ResidentTensor[] = reached.map(({ name, parameter, gradient }) => {
    const shape = parameter.shape as number[];
    writes.set(gradientName(name), Add(built.graph.buffer(gradientName(name), shape), gradient!));
    return { name: gradientName(name), shape, kind: "gradient", initializer: zeros };
  });
  for (const [name, value] of built.state.updates) writes.set(name, value);
  const accumulate = finish(built.graph, [...statesOf(built.state), ...sums], writes, built.state.usesSeed, spec);

  const graph = new Graph();
  const applied = new Writes(graph);
  const trained = reached.map(({ name, parameter }) => {
    const sum = graph.buffer(gradientName(name), parameter.shape);
    // Not `sum * 0`: that may be -0 or NaN, and a run that was resumed, whose sums begin with 0, would go another way.
    applied.set(gradientName(name), Expand(graph.constant(new Float32Array(1), []), sum.shape));
    return { name, parameter: graph.parameter(name, parameter.shape), gradient: Mul(sum, 1 / count) };
  });
  const buffers = new Map(
    Array.from(built.state.updates, ([name, value]) => [name, graph.buffer(name, value.shape)] as const),
  );
  const kept = appendUpdate(graph, trained, buffers, spec, applied);
  return { accumulate, apply: finish(graph, kept, applied, false, spec) };
}
