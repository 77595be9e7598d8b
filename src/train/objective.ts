/** @file The objective of a training step: what is minimised, by which networks, from labelled images alone or with a method for unlabelled ones. */
import { UsageError } from "../errors/index.js";
import { And, Cast, Concat, Equal, type Graph, GreaterOrEqual, Not, type Value } from "../graph/index.js";
import type { NetworkOutputs } from "../models/model.js";
import { dropout2d } from "../nn/dropout.js";
import { type Mode, NetworkState, type NetworkStateOptions, Scope } from "../nn/scope.js";
import { isTrained } from "../optim/index.js";
import type { MethodContext } from "../semi/method.js";
import { totalLoss } from "../semi/total-loss.js";
import { averageName, firstName, type StepSpec, secondPrefix } from "./step.js";

/** A loss, and the networks whose parameters follow it. */
export interface Player {
  readonly loss: Value;
  readonly networks: readonly NetworkState[];
  /** A method's own network: its highest learning rate, where it is not the run's. */
  readonly learningRate?: number;
}

export interface Objective {
  /** The loss of the network that is trained, for the record. */
  readonly loss: Value;
  readonly players: readonly Player[];
  readonly student: NetworkState;
  /** Networks that are trained beside it and left behind at the end. */
  readonly companions: readonly NetworkState[];
  /** The moving average as a network. */
  readonly teacher?: NetworkState;
  /** Table [5, K] of what became of pseudo-labels. */
  readonly pseudo?: Value;
}

/** Whether the groups of an update leave a parameter to be trained; the second network's are as the first one's. */
export const trainedBy =
  (groups: NonNullable<StepSpec["update"]["groups"]>) =>
  (name: string, shape: readonly number[]): boolean =>
    isTrained(firstName(name), shape, groups);

function unserved(spec: StepSpec, why: string): UsageError {
  const { architecture } = spec.network;
  return new UsageError({
    expected: `a network that ${spec.method!.method.name} can train`,
    found: `${architecture.name}, ${why}`,
    next: "Choose another --method or another --model.",
  });
}

/** The networks and inputs of one step; each comes into being when a method asks for it. */
class StepContext implements MethodContext {
  readonly studentState: NetworkState;
  readonly companions = new Map<string, NetworkState>();
  private average: NetworkState | undefined;
  private calls = 0;
  private readonly inputs = new Map<string, Value>();

  constructor(
    readonly graph: Graph,
    private readonly spec: StepSpec,
    readonly image: Value,
    readonly target: Value,
  ) {
    this.studentState = new NetworkState(graph, "train", spec.network.stateOptions);
  }

  get teacherState(): NetworkState | undefined {
    return this.average;
  }

  get numClasses(): number {
    return this.spec.network.numClasses;
  }

  get learningRate(): number {
    return this.spec.method!.learningRate;
  }

  get classWeights(): readonly number[] | null {
    return this.spec.method!.classWeights;
  }

  get fraction(): Value {
    return this.input("fraction", "float32", []);
  }

  get unlabelled(): MethodContext["unlabelled"] {
    const { network, height, width, method } = this.spec;
    const n = method!.unlabelledBatch;
    const images = [n, network.channels, height, width];
    const truth = this.input("unlabelled truth", "int32", [n, height, width]);
    const inside = And(GreaterOrEqual(truth, 0), Not(Equal(truth, method!.ignoreIndex)));
    const views = method!.method.strongViews(method!.options);
    return {
      weak: this.input("unlabelled weak", "float32", images),
      strong: Array.from({ length: views }, (_, i) => this.input(`unlabelled strong ${i}`, "float32", images)),
      valid: Cast(inside, "float32"),
      truth,
    };
  }

  private input(name: string, dtype: "float32" | "int32", shape: readonly number[]): Value {
    const value = this.inputs.get(name) ?? this.graph.input(name, dtype, shape);
    this.inputs.set(name, value);
    return value;
  }

  private build(state: NetworkState, image: Value): NetworkOutputs {
    const { architecture, numClasses, options } = this.spec.network;
    const outputs = architecture.build(new Scope(state), image, numClasses, options);
    if (outputs.samples && image !== this.image)
      throw unserved(this.spec, "which looks at some pixels of an image only while it is trained");
    return outputs;
  }

  student(image: Value): NetworkOutputs {
    return this.build(this.calls++ === 0 ? this.studentState : this.studentState.again("train"), image);
  }

  studentPerturbed(image: Value, dropout: number): NetworkOutputs {
    let found = false;
    const perturb: NetworkStateOptions["perturb"] = (scope, features) => {
      found = true;
      return features.map((map, i) => {
        const at = scope.at("perturbed", i);
        // The image itself is no feature, and a stride that an encoder has no map at is a map without channels.
        const kept = i === 0 || map.shape[1] === 0;
        return scope.run(() => Concat([map, kept ? map : dropout2d(at, map, dropout)], 0));
      });
    };
    this.calls++;
    const outputs = this.build(this.studentState.again("train", { perturb }), image);
    if (!found)
      throw unserved(this.spec, "whose encoder cannot be told from its decoder (featureDropout: 0 does without)");
    return outputs;
  }

  teacher(image: Value): NetworkOutputs {
    const { stateOptions } = this.spec.network;
    const beside = this.studentState;
    if (!this.average)
      this.average = new NetworkState(this.graph, "eval", {
        ...stateOptions,
        prefix: averageName(""),
        untrained: true,
        beside,
      });
    return this.build(this.average, image);
  }

  private companion(name: string, mode: Mode): NetworkState {
    const known = this.companions.get(name);
    if (known) return known.again(mode);
    const { stateOptions } = this.spec.network;
    const state = new NetworkState(this.graph, mode, { ...stateOptions, prefix: name, beside: this.studentState });
    this.companions.set(name, state);
    return state;
  }

  second(image: Value): NetworkOutputs {
    return this.build(this.companion(secondPrefix, "train"), image);
  }

  own(name: string, build: (scope: Scope) => Value): Value {
    return build(new Scope(this.companion(`${name}.`, "train")));
  }

  supervised(outputs: NetworkOutputs): Value {
    const { batch, height, width, loss, weightMap } = this.spec;
    const pixelWeights = weightMap ? this.input("pixel weights", "float32", [batch, height, width]) : undefined;
    return totalLoss(outputs, this.target, loss, pixelWeights);
  }

  boxes(index: number): Value {
    const { height, width, method } = this.spec;
    return this.input(`boxes ${index}`, "float32", [method!.unlabelledBatch, 1, height, width]);
  }

  priority(index: number): Value {
    return this.input(`priority ${index}`, "float32", [this.spec.method!.unlabelledBatch, this.numClasses]);
  }
}

/**
 * Writes networks and losses of a step into a graph.
 *
 * @throws ShapeError when the network cannot take images of this size, UsageError when the method cannot train the network.
 */
export function buildObjective(graph: Graph, spec: StepSpec): Objective {
  const { network, batch, height, width, method } = spec;
  const image = graph.input("image", "float32", [batch, network.channels, height, width]);
  const target = graph.input("target", "int32", [batch, height, width]);
  const context = new StepContext(graph, spec, image, target);
  const student = context.studentState;
  if (!method) {
    const total = context.supervised(context.student(image));
    return { loss: total, players: [{ loss: total, networks: [student] }], student, companions: [] };
  }
  const step = method.method.build(context, method.options);
  const own = Object.entries(step.rivals ?? {}).map(([name, rival]): Player => {
    const state = context.companions.get(`${name}.`)!;
    return { ...rival, networks: [state] };
  });
  const second = context.companions.get(secondPrefix);
  const { teacherState } = context;
  return {
    loss: step.loss,
    players: [{ loss: step.loss, networks: second ? [student, second] : [student] }, ...own],
    student,
    companions: [...context.companions.values()],
    ...(teacherState ? { teacher: teacherState } : {}),
    ...(step.pseudo ? { pseudo: step.pseudo } : {}),
  };
}
