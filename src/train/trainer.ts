/**
 * @file Trainer: a compiled step in a session host, with the weights kept there between steps.
 *
 * `step` takes a batch and gives a loss; the state of training goes out and in as named tensors.
 */
import { CheckpointError } from "../errors/index.js";
import { initialize } from "../nn/initializers.js";
import { SessionHost } from "../runtime/host.js";
import { float32, int32, type Tensor } from "../runtime/tensor.js";
import { hash32 } from "../util/random.js";
import type { NamedTensors } from "../weights/tensor.js";
import { compileEvaluation } from "./compile-evaluation.js";
import { type Loaded, type LoadedSteps, loadSteps, type StepRequest } from "./loaded-steps.js";
import { addPseudo, type PseudoSum, pseudoRows } from "./pseudo-record.js";
import { averageName, type ResidentTensor } from "./step.js";

export interface TrainerOptions extends StepRequest {
  readonly seed: number;
  /** Tensors of the network that start with these values instead of random ones. */
  readonly start?: NamedTensors;
}

/** Images [N, C, H, W] and class indices [N, H, W] of one micro-batch. */
export interface TrainingBatch {
  readonly images: Float32Array;
  readonly masks: Int32Array;
  /** More inputs of the step, by name: what a method for unlabelled images needs. Those that the step does not have are left out. */
  readonly more?: { readonly [input: string]: Tensor };
}

export interface StepResult {
  /** Mean over the micro-batches. */
  readonly loss: number;
  /** Norm of all gradients before clipping, where clipping by norm is on. */
  readonly gradientNorm?: number;
  /** Table [5, K] of the step's pseudo-labels, summed over the micro-batches: see `countPseudoLabels`. */
  readonly pseudo?: PseudoSum;
  /** Milliseconds inside ONNX Runtime. */
  readonly milliseconds: number;
}

export interface EvaluationResult {
  /** Class indices [N, H, W]; smaller than the masks where the network's output is the middle of its input. */
  readonly prediction: Tensor;
  readonly loss: number;
}

/** Validation images of many sizes need a session each; this many stay loaded. */
const evaluatorsKept = 8;

export type TensorMap = ReadonlyMap<string, Tensor>;

export class Trainer {
  private readonly host: SessionHost;
  private readonly options: TrainerOptions;
  private readonly forward: Loaded;
  /** The update on its own, when gradients are accumulated. */
  private readonly apply: Loaded | undefined;
  private readonly residents: readonly ResidentTensor[];
  private readonly evaluators = new Map<string, number>();

  private constructor(host: SessionHost, options: TrainerOptions, { forward, apply, residents }: LoadedSteps) {
    this.host = host;
    this.options = options;
    this.forward = forward;
    this.apply = apply;
    this.residents = residents;
  }

  /** Compiles and loads the step, and puts starting values (seeded) into the host. */
  static async create(options: TrainerOptions): Promise<Trainer> {
    const host = new SessionHost();
    try {
      const trainer = new Trainer(host, options, await loadSteps(host, options));
      await trainer.initialize();
      return trainer;
    } catch (error) {
      await host.stop();
      throw error;
    }
  }

  /** Floating point operations of a micro-batch: convolutions and matrix products, forward and backward. */
  get flops(): number {
    return this.forward.compiled.flops;
  }

  /** Nodes of the training graph as ONNX Runtime sees it. */
  get nodes(): number {
    return this.forward.compiled.nodes;
  }

  /** Parameters and buffers of the network, in the order of its layers. */
  get networkTensors(): readonly ResidentTensor[] {
    return this.residents.filter(({ kind }) => kind === "parameter" || kind === "buffer");
  }

  private async initialize(): Promise<void> {
    const values = initialize(this.residents, this.options.seed);
    // Copies: those given may be parts of a file's bytes, all of which would go with each.
    for (const [name, { data }] of this.options.start ?? []) values.set(name, (data as Float32Array).slice());
    // Averages start where the weights start.
    for (const { name, kind } of this.residents)
      if (kind === "parameter" || kind === "buffer")
        if (values.has(averageName(name))) values.set(averageName(name), values.get(name)!.slice());
    await this.host.put(
      Object.fromEntries(this.residents.map(({ name, shape }) => [name, float32(values.get(name)!, shape)])),
    );
  }

  /**
   * One update from `accumulate` micro-batches. The batches' buffers are handed over and cannot be used afterwards.
   *
   * @param number the step, counted from 0; dropout draws from it and the seed
   * @param fraction share of the run that is behind, 0 to 1, for methods that change on the way
   */
  async step(
    batches: readonly TrainingBatch[],
    number: number,
    learningRate: number,
    fraction = 0,
  ): Promise<StepResult> {
    const { network, batch, height, width } = this.options.step;
    const { compiled, session } = this.forward;
    const rate = { "learning rate": float32([learningRate], []), step: float32([number + 1], []) };
    let loss = 0;
    let milliseconds = 0;
    let norm: Tensor | undefined;
    let pseudo: PseudoSum | null = null;
    const last = this.apply ?? this.forward;
    const fetchNorm = last.compiled.hasNorm ? ["gradient norm"] : [];
    const fetch = ["loss", ...(compiled.hasPseudo ? ["pseudo"] : []), ...(this.apply ? [] : fetchNorm)];
    for (const [i, { images, masks, more = {} }] of batches.entries()) {
      const seed = hash32(hash32(this.options.seed) ^ hash32(number * this.options.accumulate + i + 1));
      const offered: { readonly [name: string]: Tensor } = {
        ...more,
        ...rate,
        image: float32(images, [batch, network.channels, height, width]),
        target: int32(masks, [batch, height, width]),
        seed: int32([seed | 0], [1]),
        fraction: float32([fraction], []),
      };
      const feeds = Object.fromEntries(compiled.inputs.map((name) => [name, offered[name]!]));
      const result = await this.host.run(session, feeds, fetch);
      loss += (result.tensors.loss!.data[0] as number) / batches.length;
      milliseconds += result.milliseconds;
      norm = result.tensors["gradient norm"];
      const table = result.tensors.pseudo;
      if (table) pseudo = addPseudo(pseudo, pseudoRows(table.data as Float32Array));
    }
    if (this.apply) {
      const result = await this.host.run(this.apply.session, rate, fetchNorm);
      milliseconds += result.milliseconds;
      norm = result.tensors["gradient norm"];
    }
    return {
      loss,
      milliseconds,
      ...(norm ? { gradientNorm: norm.data[0] as number } : {}),
      ...(pseudo ? { pseudo } : {}),
    };
  }

  /**
   * Class indices [N, H, W] of images [N, C, H, W] in eval mode, by the weights or (`average`) their moving average, and the loss
   * against their masks. The batch's buffers are handed over.
   */
  async evaluate(
    { images, masks }: TrainingBatch,
    [batch, height, width]: readonly [number, number, number],
    average: boolean,
  ): Promise<EvaluationResult> {
    const session = await this.evaluator([batch, height, width], average);
    const feeds = {
      image: float32(images, [batch, this.options.step.network.channels, height, width]),
      target: int32(masks, [batch, height, width]),
    };
    const { tensors } = await this.host.run(session, feeds, ["prediction", "loss"]);
    return { prediction: tensors.prediction!, loss: tensors.loss!.data[0] as number };
  }

  /** The session for a size: loaded before, or loaded now in place of the one that was not used for longest. */
  private async evaluator(size: readonly [number, number, number], average: boolean): Promise<number> {
    const key = `${size} ${average}`;
    const session = this.evaluators.get(key) ?? (await this.loadEvaluator(size, average));
    this.evaluators.delete(key);
    this.evaluators.set(key, session);
    if (this.evaluators.size > evaluatorsKept) {
      const [oldest, unused] = this.evaluators.entries().next().value!;
      this.evaluators.delete(oldest);
      await this.host.release(unused);
    }
    return session;
  }

  private loadEvaluator([batch, height, width]: readonly [number, number, number], average: boolean): Promise<number> {
    const { device, threads, step } = this.options;
    const { target, channelBlock } = device;
    const { network, loss } = step;
    const sizes = { batch, height, width };
    const model = compileEvaluation({ network, ...sizes, target, channelBlock, output: "prediction", loss });
    const reads = average ? this.averagesOf(this.networkTensors) : {};
    return this.host.load({ model, options: { provider: device.provider, threads }, reads });
  }

  /** The average to read in place of each tensor that has one; what is not trained has none. */
  private averagesOf(tensors: readonly ResidentTensor[]): { [name: string]: string } {
    const averages = new Set(this.residents.filter(({ kind }) => kind === "average").map(({ name }) => name));
    const pairs = tensors.map(({ name }) => [name, averageName(name)] as const);
    return Object.fromEntries(pairs.filter(([, average]) => averages.has(average)));
  }

  /** Everything that the next step depends on: weights, optimizer state, averages. */
  async state(): Promise<TensorMap> {
    const tensors = await this.host.get(this.residents.map(({ name }) => name));
    return new Map(this.residents.map(({ name }) => [name, tensors[name]!]));
  }

  /**
   * Puts tensors in place of those in the host; sums of gradients, which are zero between updates, stay.
   *
   * @throws CheckpointError naming the first tensor that is missing, that this network does not have, or that has another shape.
   */
  async restore(tensors: TensorMap): Promise<void> {
    const known = new Map(this.residents.map((resident) => [resident.name, resident]));
    for (const [name, { shape }] of tensors) {
      const resident = known.get(name);
      if (!resident || resident.shape.join() !== shape.join())
        throw new CheckpointError({
          expected: resident ? `${name} of shape [${resident.shape}]` : "tensors of this network and optimizer",
          found: resident ? `the checkpoint has [${shape}]` : `the checkpoint has ${name}, which this network does not`,
          next: "Resume with the run's own plan, or start a new run.",
        });
    }
    const missing = this.residents.find(({ name, kind }) => kind !== "gradient" && !tensors.has(name));
    if (missing)
      throw new CheckpointError({
        expected: "all tensors of this network and optimizer",
        found: `the checkpoint lacks ${missing.name}`,
        next: "Resume with the run's own plan, or start a new run.",
      });
    await this.host.put(Object.fromEntries(tensors));
  }

  /** Kinds of the resident tensors by name, for sorting them into files. */
  kinds(): ReadonlyMap<string, ResidentTensor["kind"]> {
    return new Map(this.residents.map(({ name, kind }) => [name, kind]));
  }

  /** Lets the running step end and frees everything. */
  async stop(): Promise<void> {
    await this.host.stop();
  }
}
