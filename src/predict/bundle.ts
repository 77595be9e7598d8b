/**
 * @file The model bundle: one `.onnx` file that holds the network, its weights, the normalisation, and (as metadata) all that is
 * needed to use it: classes, colours, channels, how images are brought to the network, and where the model comes from.
 *
 * Input `image` float32 [batch, C, height, width] in the image's own units (0..255 for 8-bit files); outputs `probabilities`
 * [batch, K, height, width] and `mask` uint8 [batch, height, width]. Batch, height and width are free. Any ONNX Runtime runs it.
 */
import { z } from "zod";
import { RuntimeError } from "../errors/index.js";
import { ArgMax, Cast, Div, Graph, Softmax, Sub, symbol, type Value, verify, writeModel } from "../graph/index.js";
import { NetworkState, Scope } from "../nn/scope.js";
import { decodeModel, encodeModel, type OnnxModel } from "../onnx/model.js";
import type { Tensor } from "../runtime/tensor.js";
import type { NetworkSpec } from "../train/compile.js";

const bundleInfoSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  classes: z.array(z.object({ name: z.string(), colour: z.tuple([z.number(), z.number(), z.number()]) })),
  ignoreIndex: z.number(),
  channels: z.number(),
  bands: z.array(z.string()).optional(),
  /** How an image comes to the network: brought to `height` x `width` (`resize`), or cut into tiles of that size (`tiles`). */
  input: z.object({ rule: z.enum(["resize", "tiles"]), height: z.number(), width: z.number(), overlap: z.number() }),
  normalise: z.object({ mean: z.array(z.number()), std: z.array(z.number()), where: z.literal("inside the graph") }),
  /** Whether the output is as large as the input; else it is the centre of it, `margin` pixels smaller on each side. */
  keepsSize: z.boolean(),
  margin: z.number(),
  /** Where the model comes from: run, data, commit, score. */
  provenance: z.record(z.string(), z.unknown()),
});

/** What a bundle says about itself. */
export type BundleInfo = z.output<typeof bundleInfoSchema>;

const metadataKey = "segkit";

/** One number for each channel, as a constant that broadcasts over [N, C, H, W]. */
const perChannel = (graph: Graph, values: readonly number[], channels: number): Value =>
  graph.constant(
    Float32Array.from({ length: channels }, (_, c) => values[c % values.length]!),
    [1, channels, 1, 1],
  );

/** A network with its weights as the bytes of a bundle. */
export function writeBundle(network: NetworkSpec, weights: ReadonlyMap<string, Tensor>, info: BundleInfo): Uint8Array {
  const graph = new Graph();
  const image = graph.input("image", "float32", [symbol("batch"), network.channels, symbol("height"), symbol("width")]);
  const { mean, std } = info.normalise;
  const normalised = Div(
    Sub(image, perChannel(graph, mean, network.channels)),
    perChannel(graph, std, network.channels),
  );
  const state = new NetworkState(graph, "eval");
  const { logits } = network.architecture.build(new Scope(state), normalised, network.numClasses, network.options);
  graph.output("probabilities", Softmax(logits, 1));
  graph.output("mask", Cast(ArgMax(logits, 1), network.numClasses <= 256 ? "uint8" : "int32"));
  verify(graph);
  const initializers = new Map(
    Array.from(state.specs.keys(), (name) => {
      const tensor = weights.get(name);
      if (!tensor)
        throw new RuntimeError({
          expected: `weights for ${name}`,
          found: "none",
          next: "Use a checkpoint of this network.",
        });
      return [name, tensor.data] as const;
    }),
  );
  return encodeModel(
    writeModel(graph, {
      target: "portable",
      initializers,
      name: info.name,
      metadata: { [metadataKey]: JSON.stringify(info) },
    }),
  );
}

/** What a bundle's metadata says. @throws RuntimeError when the model is no bundle of Segkit. */
export function readBundleInfo(bytes: Uint8Array): BundleInfo {
  return bundleInfoOf(decodeModel(bytes));
}

export function bundleInfoOf(model: OnnxModel): BundleInfo {
  const text = model.metadataProps?.find(({ key }) => key === metadataKey)?.value;
  if (text === undefined)
    throw new RuntimeError({
      expected: "a model bundle written by segkit export",
      found: "an ONNX model without Segkit's metadata",
      next: "Export the run again with segkit export.",
    });
  const result = bundleInfoSchema.safeParse(JSON.parse(text));
  if (!result.success)
    throw new RuntimeError({
      expected: "metadata of version 1",
      found: result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "),
      next: "Export the run again with this version.",
    });
  return result.data;
}
