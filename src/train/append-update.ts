/** @file The end of a training step: optimizers, averages, and what is written back to the tensors that live from step to step. */
import { Add, Div, type Graph, Min, Mul, type Shape, Sub, type Value } from "../graph/index.js";
import { constant as filledWith, zeros } from "../nn/initializers.js";
import type { NetworkState } from "../nn/scope.js";
import { bundlesOf, join, separate } from "../optim/bundle.js";
import { matchesParameter } from "../optim/groups.js";
import { buildOptimizer, type ParameterGroup, type Trained, updateParameters } from "../optim/index.js";
import { averageName, firstName, type ResidentTensor, type StepSpec, secondPrefix } from "./step.js";

/** Parameters with their gradients, and the rate at which they learn as a share of the run's. */
export interface TrainedPart {
  readonly trained: readonly Trained[];
  /** Undefined for the run's own optimizer and rate. */
  readonly rate?: number;
}

/** Collects what a graph writes back to the tensors that live from step to step. */
export class Writes {
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
  { teacher, bundle }: { readonly teacher?: NetworkState | undefined; readonly bundle: boolean },
): ResidentTensor[] {
  const share = Sub(1, Min(Div(Add(step, 1), Add(step, 10)), decay));
  const averages = [...next].map(([name, value]) => {
    const shape = value.shape as number[];
    const average = teacher?.specs.get(averageName(name))?.value ?? graph.buffer(averageName(name), shape);
    return { name: averageName(name), shape, value, average };
  });
  const bundles = bundle
    ? bundlesOf(averages, ({ shape, value }) => ({ shape, key: value.dtype }))
    : averages.map((one) => [one]);
  for (const members of bundles) {
    const average = join(members.map((one) => one.average));
    const moved = Add(average, Mul(Sub(join(members.map(({ value }) => value)), average), share));
    const parts = separate(
      moved,
      members.map(({ shape }) => shape),
    );
    for (const [i, { name }] of members.entries()) writes.set(name, parts[i]!);
  }
  return averages.map(({ name, shape }) => ({ name, shape, kind: "average" as const, initializer: zeros }));
}

/** What trains a method's own networks, whatever trains the run's: Adam, as the papers on discriminators do. */
const rivalOptimizer = buildOptimizer({ name: "adam", beta1: 0.9, beta2: 0.99 });

/** Groups of parameters that know the second network's by the names of the first one's. */
const groupsFor = (groups: readonly ParameterGroup[]): ParameterGroup[] =>
  groups.map(({ match, ...settings }) => ({
    ...settings,
    ...(match === undefined
      ? {}
      : {
          match: (name: string, shape: Shape) => matchesParameter(match, firstName(name), shape),
        }),
  }));

/** Appends optimizers and averages; gives the tensors they keep. `buffers` are the student's that change. */
export function appendUpdate(
  graph: Graph,
  parts: readonly TrainedPart[],
  buffers: ReadonlyMap<string, Value>,
  { update, ema, method, target }: StepSpec,
  writes: Writes,
  teacher?: NetworkState,
): ResidentTensor[] {
  const learningRate = graph.input("learning rate", "float32", []);
  const step = graph.input("step", "float32", []);
  const options = method ? { ...update, groups: groupsFor(update.groups ?? []) } : update;
  // Elsewhere an operator may be limited to few inputs.
  const bundle = target === "cpu";
  const next = new Map<string, Value>();
  const slots = parts.flatMap(({ trained, rate }) => {
    const { updates, gradientNorm } =
      rate === undefined
        ? updateParameters(graph, trained, { ...options, learningRate, step, bundle })
        : updateParameters(graph, trained, {
            optimizer: rivalOptimizer,
            learningRate: Mul(learningRate, rate),
            step,
            bundle,
          });
    const kept = updates.flatMap((updated) => updated.slots);
    for (const { name, next: value } of updates) writes.set(name, value);
    for (const { buffer, next: value } of kept) writes.set(buffer, value);
    if (gradientNorm) graph.output("gradient norm", gradientNorm);
    if (rate === undefined)
      for (const { name, next: value } of updates) if (!name.startsWith(secondPrefix)) next.set(name, value);
    return kept;
  });
  for (const [name, value] of buffers) next.set(name, value);
  return [
    ...slots.map(({ buffer, shape, initial }) => ({
      name: buffer,
      shape: shape as number[],
      kind: "slot" as const,
      initializer: filledWith(initial),
    })),
    ...(ema === undefined ? [] : updateAverages(graph, ema, step, next, writes, { teacher, bundle })),
  ];
}
