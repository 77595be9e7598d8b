/**
 * @file Compiling: one graph for a whole training step (forward, loss, backward, update), or two where gradients are accumulated.
 *
 * Names of tensors: a parameter or buffer is called as in the network, the optimizer's momentum of it
 * `optimizer.momentum.NAME`, and what it becomes is the output `next NAME`.
 */
import { gradients } from "../autodiff/index.js";
import { Add, countFlops, Expand, Graph, Mul, type Value, verify, writeModel } from "../graph/index.js";
import { zeros } from "../nn/initializers.js";
import type { NetworkState } from "../nn/scope.js";
import { encodeModel } from "../onnx/model.js";
import type { Trained } from "../optim/index.js";
import { appendUpdate, type TrainedPart, Writes } from "./append-update.js";
import { buildObjective, type Objective, trainedBy } from "./objective.js";
import { type CompiledStep, gradientName, type ResidentTensor, type StepSpec } from "./step.js";

const statesOf = (state: NetworkState): ResidentTensor[] =>
  Array.from(state.specs.values(), ({ name, shape, kind, initializer }) => ({ name, shape, kind, initializer }));

interface Built {
  readonly graph: Graph;
  readonly objective: Objective;
  readonly parts: readonly TrainedPart[];
}

/** Tensors of the networks beside the one that is trained, and of its average where a network reads it. */
function besideStudent({ companions, teacher }: Objective): ResidentTensor[] {
  return [
    ...companions.flatMap((state) => statesOf(state).map((tensor) => ({ ...tensor, kind: "companion" as const }))),
    ...(teacher ? statesOf(teacher).map((tensor) => ({ ...tensor, kind: "average" as const })) : []),
  ];
}

/** New values of the buffers of all networks. */
const bufferUpdates = ({ student, companions }: Objective): [string, Value][] =>
  [student, ...companions].flatMap((state) => [...state.updates]);

/**
 * Forward and backward pass. Frozen parameters and those that the loss does not reach (an unused head) have no gradient and
 * stay as they are.
 */
function buildGradients(spec: StepSpec): Built {
  const graph = new Graph();
  const objective = buildObjective(graph, spec);
  verify(graph);
  const isTrained = trainedBy(spec.update.groups ?? []);
  const parts = objective.players.map(({ loss, networks, learningRate }): TrainedPart => {
    // Without a gradient asked for, no node of the backward pass is made below what is frozen.
    const parameters = networks
      .flatMap((state) => [...state.specs.values()])
      .filter(
        ({ kind, name, shape }) => kind === "parameter" && (learningRate !== undefined || isTrained(name, shape)),
      );
    const found = gradients(
      loss,
      parameters.map(({ value }) => value),
    );
    return {
      trained: parameters.map(({ name, value }, i) => ({ name, parameter: value, gradient: found[i]! })),
      ...(learningRate === undefined ? {} : { rate: learningRate / spec.method!.learningRate }),
    };
  });
  verify(graph);
  graph.output("loss", objective.loss);
  if (objective.pseudo) graph.output("pseudo", objective.pseudo);
  return { graph, objective, parts };
}

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
    hasPseudo: graph.outputs.some(({ name }) => name === "pseudo"),
    inputs: graph.leaves.flatMap(({ source }) => (source.kind === "input" ? [source.name] : [])),
    nodes: model.graph.node.length,
    flops: countFlops(graph),
  };
}

/**
 * Compiles one training step: batch in, loss and new parameters out.
 *
 * @throws ShapeError when the network cannot take images of this size, UsageError when the method cannot train it.
 */
export function compileStep(spec: StepSpec): CompiledStep {
  const { graph, objective, parts } = buildGradients(spec);
  const { student, teacher } = objective;
  const writes = new Writes(graph);
  const kept = appendUpdate(graph, parts, student.updates, spec, writes, teacher);
  for (const [name, value] of bufferUpdates(objective)) writes.set(name, value);
  return finish(graph, [...statesOf(student), ...besideStudent(objective), ...kept], writes, student.usesSeed, spec);
}

/**
 * Compiles a step in two graphs, for batches that do not fit into memory at once: `accumulate` adds the gradients of one
 * micro-batch to `gradient.NAME`, `apply` updates with their mean over `count` micro-batches and clears them.
 */
export function compileAccumulatedStep(
  spec: StepSpec,
  count: number,
): { accumulate: CompiledStep; apply: CompiledStep } {
  const { graph, objective, parts } = buildGradients(spec);
  const { student } = objective;
  const reached = parts.map(({ trained, ...part }) => ({
    ...part,
    trained: trained.filter(({ gradient }) => gradient !== null),
  }));
  const writes = new Writes(graph);
  const sums = reached.flatMap(({ trained }) =>
    trained.map(({ name, parameter, gradient }): ResidentTensor => {
      const shape = parameter.shape as number[];
      writes.set(gradientName(name), Add(graph.buffer(gradientName(name), shape), gradient!));
      return { name: gradientName(name), shape, kind: "gradient", initializer: zeros };
    }),
  );
  for (const [name, value] of bufferUpdates(objective)) writes.set(name, value);
  const residents = [...statesOf(student), ...besideStudent(objective), ...sums];
  const accumulate = finish(graph, residents, writes, student.usesSeed, spec);
  return { accumulate, apply: compileApply(reached, student, spec, count) };
}

/** The second of the two graphs: the update from the sums of gradients. */
function compileApply(
  parts: readonly TrainedPart[],
  student: NetworkState,
  spec: StepSpec,
  count: number,
): CompiledStep {
  const graph = new Graph();
  const applied = new Writes(graph);
  const again = parts.map(({ trained, ...part }) => ({
    ...part,
    trained: trained.map(({ name, parameter }): Trained => {
      const sum = graph.buffer(gradientName(name), parameter.shape);
      // Not `sum * 0`: that may be -0 or NaN, and a run that was resumed, whose sums begin with 0, would go another way.
      applied.set(gradientName(name), Expand(graph.constant(new Float32Array(1), []), sum.shape));
      return { name, parameter: graph.parameter(name, parameter.shape), gradient: Mul(sum, 1 / count) };
    }),
  }));
  const buffers = new Map(
    Array.from(student.updates, ([name, value]) => [name, graph.buffer(name, value.shape)] as const),
  );
  const kept = appendUpdate(graph, again, buffers, spec, applied);
  return finish(graph, kept, applied, false, spec);
}
