/** @file Small networks with seeded weights for tests of prediction, and the bundles they make. */
import { z } from "zod";
import { Graph } from "../src/graph/index.js";
import type { Architecture } from "../src/models/model.js";
import { relu } from "../src/nn/blocks.js";
import { conv2d } from "../src/nn/conv.js";
import { type Initializer, initialize, torchDefault } from "../src/nn/initializers.js";
import { maxPool2d } from "../src/nn/pool.js";
import { resizeLike } from "../src/nn/resize.js";
import { type Mode, NetworkState, Scope } from "../src/nn/scope.js";
import { type BundleInfo, writeBundle } from "../src/predict/bundle.js";
import type { Raster } from "../src/raster/raster.js";
import { openDevice } from "../src/runtime/devices.js";
import { float32 } from "../src/runtime/tensor.js";
import type { NetworkSpec } from "../src/train/step.js";
import type { NamedTensor } from "../src/weights/tensor.js";

const describeIt = {
  title: "for tests",
  paper: "https://example.org",
  year: 2015,
  options: z.strictObject({}),
  keepsSize: true,
};

/** Two 3x3 convolutions: a pixel of the output sees 2 pixels around it. */
export const twoConvs: Architecture = {
  ...describeIt,
  name: "two-convs",
  build: (scope, image, numClasses) => {
    const x = conv2d(scope.at("first"), image, { outChannels: 6, kernel: 3, padding: "same" });
    return {
      logits: conv2d(scope.at("last"), relu(scope, x), { outChannels: numClasses, kernel: 3, padding: "same" }),
    };
  },
};

/** The same between a pooling by 2 and a stretching back: what it gives depends on where the image begins. */
export const pooled: Architecture = {
  ...describeIt,
  name: "pooled",
  build: (scope, image, numClasses) => {
    const low = maxPool2d(scope, image, { kernel: 2 });
    const { logits } = twoConvs.build(scope.at("low"), low, numClasses, {});
    return { logits: resizeLike(scope, logits, image, { mode: "nearest" }) };
  },
};

/** A kernel that looks the same in all eight views. */
const symmetricKernel: Initializer = (shape, random) => {
  const data = new Float32Array(shape.reduce((p, d) => p * d, 1));
  for (let at = 0; at < data.length; at += 9) {
    const [centre, side, corner] = [random.normal(), random.normal(), random.normal()];
    data.set([corner, side, corner, side, centre, side, corner, side, corner], at);
  }
  return data;
};

/** One 3x3 convolution that commutes with flips and quarter turns. */
export const symmetric: Architecture = {
  ...describeIt,
  name: "symmetric",
  build: (scope, image, numClasses) => ({
    logits: conv2d(scope.at("only"), image, {
      outChannels: numClasses,
      kernel: 3,
      padding: "same",
      initializer: symmetricKernel,
    }),
  }),
};

/** The network with numbers of channels and classes. */
export const networkOf = (architecture: Architecture, channels = 3, numClasses = 3, options = {}): NetworkSpec => ({
  architecture,
  options,
  channels,
  numClasses,
});

/** Seeded weights of a network. Those of convolutions are PyTorch's default, scaled so that probabilities are not all alike. */
export function weightsOf(network: NetworkSpec, seed = 1, side = 64, mode: Mode = "eval"): Map<string, NamedTensor> {
  const graph = new Graph();
  const state = new NetworkState(graph, mode);
  const image = graph.input("image", "float32", [2, network.channels, side, side]);
  network.architecture.build(new Scope(state), image, network.numClasses, network.options);
  const specs = Array.from(state.specs.values(), (spec) =>
    spec.name.endsWith("bias") ? { ...spec, initializer: torchDefault } : spec,
  );
  const values = initialize(specs, seed);
  return new Map(specs.map(({ name, shape }) => [name, float32(values.get(name)!, shape)]));
}

/** What a bundle of the network says, with whatever is to differ from images as they are at once. */
export const infoOf = (network: NetworkSpec, more: Partial<BundleInfo> = {}): BundleInfo => ({
  version: 1,
  name: network.architecture.name,
  classes: Array.from({ length: network.numClasses }, (_, i) => ({ name: `class ${i}`, colour: [40 * i, 90, 10 * i] })),
  ignoreIndex: 255,
  channels: network.channels,
  input: { rule: "tiles", height: 4096, width: 4096, overlap: 0.5 },
  normalise: { mean: [120], std: [60], where: "inside the graph" },
  provenance: {},
  ...more,
});

/** A bundle of the network with seeded weights. */
export const bundleOf = (network: NetworkSpec, more: Partial<BundleInfo> = {}, seed = 1): Uint8Array =>
  writeBundle(network, weightsOf(network, seed), infoOf(network, more));

/** An image of smooth waves and some noise, 0..255; distinct seeds give distinct images. */
export function waves(height: number, width: number, channels = 3, seed = 1): Raster {
  const data = new Uint8Array(height * width * channels);
  for (let i = 0; i < data.length; i++) {
    const [pixel, c] = [Math.floor(i / channels), i % channels];
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    const wave = Math.sin((y * (c + 1)) / 7 + seed) + Math.cos((x * (c + 2)) / 9 - seed);
    data[i] = Math.round(127 + 50 * wave + ((i * 7919 + seed * 104729) % 23));
  }
  return { data, height, width, channels };
}

export const onCpu = async () => ({ device: await openDevice("cpu"), threads: 1 });
