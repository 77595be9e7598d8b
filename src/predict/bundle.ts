/**
 * @file The model bundle: one `.onnx` file that holds the network, its weights, the normalisation, and (as metadata) all that is
 * needed to use it: classes, colours, channels, how images are brought to the network, and where the model comes from.
 *
 * Input `image` float32 [batch, C, height, width] in the image's own units (0..255 for 8-bit files); outputs `probabilities`
 * [batch, K, height, width] and `mask` uint8 [batch, height, width]. Batch, height and width are free. Any ONNX Runtime runs it.
 * Where a temperature was fitted the probabilities are calibrated; the mask is the same with and without, but for ensembles, whose
 * models are averaged at their own temperatures.
 */
import { z } from "zod";
import { RuntimeError } from "../errors/index.js";
import { ArgMax, Cast, Div, Graph, Softmax, Sub, symbol, type Value, verify, writeModel } from "../graph/index.js";
import { NetworkState, Scope } from "../nn/scope.js";
import { decodeModel, encodeModel, type OnnxModel } from "../onnx/model.js";
import type { NetworkSpec } from "../train/step.js";
import { sha256 } from "../weights/bytes.js";
import { requireTensors } from "../weights/compare.js";
import type { NamedTensors, TensorSpec } from "../weights/tensor.js";

const size = { height: z.int().min(1), width: z.int().min(1) };

const calibrationInfoSchema = z.object({
  temperature: z.number().positive(),
  /** What it was fitted on. */
  split: z.string(),
  pixels: z.int().min(1),
  /** Expected calibration error there, without and with it. */
  ece: z.object({ before: z.number(), after: z.number() }),
});

const bundleInfoSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  classes: z.array(z.object({ name: z.string(), colour: z.tuple([z.number(), z.number(), z.number()]) })).min(1),
  /** Value of "no class here" in masks. */
  ignoreIndex: z.number(),
  channels: z.int().min(1),
  /** Names of the channels. */
  bands: z.array(z.string()).optional(),
  /** How an image comes to the network: brought to `height` x `width` (`resize`), or cut into tiles of that size (`tiles`). */
  input: z.object({ rule: z.enum(["resize", "tiles"]), ...size, overlap: z.number().min(0).lt(1) }),
  normalise: z.object({ mean: z.array(z.number()), std: z.array(z.number()), where: z.literal("inside the graph") }),
  /** For networks whose output is the middle of their input: the input's size, and by how much the output is smaller on each side. */
  middle: z.object({ ...size, margin: z.int().min(1) }).optional(),
  /** How the confidences were calibrated: logits are divided by `temperature`. Absent: as the network was trained. */
  calibration: calibrationInfoSchema.optional(),
  /** Of an ensemble with any calibrated model: the temperature of each, which is inside the graph; null where none was fitted. */
  temperatures: z.array(z.number().positive().nullable()).optional(),
  /** Where the model comes from: run, data, commit, score. */
  provenance: z.record(z.string(), z.unknown()),
});

/** What a bundle says about itself. */
export type BundleInfo = z.output<typeof bundleInfoSchema>;

/** Name of the number that logits are divided by inside the graph. */
const temperatureName = "segkit.temperature";

const infoKey = "segkit";
/** SHA-256 of the information and the weights, so that a bundle whose provenance is no longer true is noticed. */
const hashKey = "segkit.sha256";

function hashOf(info: string, { graph }: OnnxModel): string {
  const text = new TextEncoder();
  const tensors = graph.initializer
    .filter(({ rawData }) => rawData !== undefined)
    .sort((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : 1));
  return sha256([
    text.encode(info),
    ...tensors.flatMap(({ name, dims, rawData }) => [text.encode(`\n${name} [${dims}] `), rawData!]),
  ]);
}

/** One number for each channel, as a constant that broadcasts over [N, C, H, W]. */
const perChannel = (graph: Graph, values: readonly number[], channels: number): Value =>
  graph.constant(
    Float32Array.from({ length: channels }, (_, c) => values[c % values.length]!),
    [1, channels, 1, 1],
  );

/** Tensors that only the training graph has: heads whose loss helps the network to learn, and which predict nothing. */
function auxiliaryNames(network: NetworkSpec, { input }: BundleInfo, predicting: NetworkState): Set<string> {
  const graph = new Graph();
  const state = new NetworkState(graph, "train");
  const image = graph.input("image", "float32", [2, network.channels, input.height, input.width]);
  network.architecture.build(new Scope(state), image, network.numClasses, network.options);
  return new Set([...state.specs.keys()].filter((name) => !predicting.specs.has(name)));
}

/**
 * A network with its weights as the bytes of a bundle; auxiliary heads are left out.
 *
 * @param weights parameters and buffers under the network's own names
 * @throws CheckpointError when they are those of another network.
 */
export function writeBundle(network: NetworkSpec, weights: NamedTensors, info: BundleInfo): Uint8Array {
  const graph = new Graph();
  const image = graph.input("image", "float32", [symbol("batch"), network.channels, symbol("height"), symbol("width")]);
  const { mean, std } = info.normalise;
  const normalised = Div(
    Sub(image, perChannel(graph, mean, network.channels)),
    perChannel(graph, std, network.channels),
  );
  const state = new NetworkState(graph, "eval");
  const { logits } = network.architecture.build(new Scope(state), normalised, network.numClasses, network.options);
  const temperature = info.calibration?.temperature;
  const tempered = temperature === undefined ? logits : Div(logits, graph.buffer(temperatureName, []));
  graph.output("probabilities", Softmax(tempered, 1));
  graph.output("mask", Cast(ArgMax(logits, 1), network.numClasses <= 256 ? "uint8" : "int32"));
  verify(graph);
  const specs = Array.from(state.specs, ([name, { shape }]): [string, TensorSpec] => [
    name,
    { dtype: "float32", shape },
  ]);
  const auxiliary = auxiliaryNames(network, info, state);
  requireTensors(new Map(specs), new Map([...weights].filter(([name]) => !auxiliary.has(name))), "the checkpoint");
  const model = writeModel(graph, {
    target: "portable",
    initializers: new Map([
      ...specs.map(([name]) => [name, weights.get(name)!.data] as const),
      ...(temperature === undefined ? [] : [[temperatureName, Float32Array.of(temperature)] as const]),
    ]),
    name: info.name,
  });
  return sealBundle(model, info);
}

/** The bytes of a bundle: a model with inputs and outputs as above, what is to be known of it, and their checksum. */
export function sealBundle(model: OnnxModel, info: BundleInfo): Uint8Array {
  const text = JSON.stringify(info);
  const metadataProps = [
    ...model.metadataProps,
    { key: infoKey, value: text },
    { key: hashKey, value: hashOf(text, model) },
  ];
  return encodeModel({ ...model, metadataProps });
}

export interface Bundle {
  readonly info: BundleInfo;
  readonly model: OnnxModel;
}

/**
 * What a bundle holds and says about itself.
 *
 * @throws RuntimeError when the bytes are no bundle of Segkit, damaged, or changed since they were written.
 */
export function readBundle(bytes: Uint8Array): Bundle {
  const model = decodeModel(bytes);
  const value = (wanted: string): string | undefined => model.metadataProps.find(({ key }) => key === wanted)?.value;
  const text = value(infoKey);
  if (text === undefined)
    throw new RuntimeError({
      expected: "a model bundle written by segkit export",
      found: "an ONNX model without Segkit's metadata",
      next: "Export the run again with segkit export.",
    });
  const result = bundleInfoSchema.safeParse(parseJson(text));
  if (!result.success)
    throw new RuntimeError({
      expected: "metadata of version 1",
      found: result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "),
      next: "Export the run again with this version.",
    });
  if (value(hashKey) !== hashOf(text, model))
    throw new RuntimeError({
      expected: "weights and metadata as they were exported",
      found: "the model was changed since, or is damaged: its checksum differs",
      next: "Export the run again, or copy the file again.",
    });
  return { info: result.data, model };
}

/**
 * The bytes of a bundle's model as if its temperature were 1.
 *
 * Segkit divides by it after tiles and views were averaged and maps brought to size, which as a monotone function of each pixel's
 * probabilities never changes a mask; inside the graph, before those means, it would.
 */
export function modelAtTemperatureOne({ model }: Bundle): Uint8Array {
  const initializer = model.graph.initializer.map((tensor) =>
    tensor.name === temperatureName ? { ...tensor, rawData: new Uint8Array(Float32Array.of(1).buffer) } : tensor,
  );
  return encodeModel({ ...model, graph: { ...model.graph, initializer } });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
