/** @file What every encoder must do; a new variant is tested by being listed, a new family needs a row in the table below. */
import { describe, expect, it } from "vitest";
import { gradients } from "../src/autodiff/index.js";
import type { EncoderOptions } from "../src/encoders/encoder.js";
import { encoderNames, findEncoder } from "../src/encoders/registry.js";
import {
  Add,
  evaluateDim,
  Graph,
  Mul,
  ReduceMean,
  type Shape,
  symbol,
  type Target,
  type Value,
  verify,
} from "../src/graph/index.js";
import { type Mode, NetworkState, Scope } from "../src/nn/scope.js";
import { int32, type Tensor } from "../src/runtime/tensor.js";
import { allFinite, biasesWithoutEffect, largest, open, randomImage, run, startingValues } from "./contract/network.js";

interface Family {
  readonly variants: RegExp;
  /** The variants that are also run: the lightest, and others where blocks differ. All others are only built. */
  readonly run: readonly string[];
  /** Height and width in which the deepest map still has a few pixels: statistics of two values have no gradient. */
  readonly size?: readonly [number, number];
}

const families: { readonly [name: string]: Family } = {
  resnet: { variants: /^res(net|next)\d+/, run: ["resnet18", "resnet50-deep-stem", "resnext50_32x4d"] },
  vgg: { variants: /^vgg\d+/, run: ["vgg11", "vgg11_bn"] },
  alexnet: { variants: /^alexnet$/, run: ["alexnet"], size: [97, 131] },
  googlenet: { variants: /^googlenet$/, run: ["googlenet"] },
  inception: { variants: /^inception_v3$/, run: ["inception_v3"], size: [139, 163] },
  densenet: { variants: /^densenet\d+$/, run: ["densenet121"] },
  xception: { variants: /^xception$/, run: ["xception"] },
  alignedXception: { variants: /^xception\d+$/, run: ["xception41"] },
  mit: { variants: /^mit_b\d$/, run: ["mit_b0"] },
  mobilenetV2: { variants: /^mobilenet_v2$/, run: ["mobilenet_v2"] },
  mobilenetV3: { variants: /^mobilenet_v3_(small|large)$/, run: ["mobilenet_v3_small", "mobilenet_v3_large"] },
  efficientnet: { variants: /^efficientnet[_-]b\d$/, run: ["efficientnet_b0", "efficientnet-b0"] },
};

const familiesOf = (name: string): string[] =>
  Object.keys(families).filter((key) => families[key]!.variants.test(name));

interface Built {
  readonly graph: Graph;
  readonly state: NetworkState;
  /** Maps behind the image, without those of no channels. */
  readonly maps: readonly Value[];
}

function build(name: string, shape: Shape, mode: Mode = "eval", options: EncoderOptions = {}): Built {
  const graph = new Graph();
  const state = new NetworkState(graph, mode);
  const image = graph.input("image", "float32", shape);
  const features = findEncoder(name).build(new Scope(state), image, options);
  return { graph, state, maps: features.slice(1).filter((map) => map.shape[1] !== 0) };
}

const freeSizes = (channels: number): Shape => [symbol("batch"), channels, symbol("height"), symbol("width")];

/** The same graph with its maps as outputs. */
function withOutputs(built: Built): Built {
  for (const [i, map] of built.maps.entries()) built.graph.output(`map ${i}`, map);
  return built;
}

const gradientOf = (parameter: string): string => `gradient of ${parameter}`;

it("every encoder belongs to one family of the table, and every row to an encoder", () => {
  expect(encoderNames.filter((name) => familiesOf(name).length !== 1)).toEqual([]);
  expect(Object.values(families).flatMap((family) => family.run)).toSatisfy((names: string[]) =>
    names.every((name) => encoderNames.includes(name)),
  );
  expect(new Set(encoderNames.flatMap(familiesOf))).toEqual(new Set(Object.keys(families)));
});

it.each(encoderNames)("%s: symbolic sizes become the known ones, for 1, 4 and 13 channels and each stride", (name) => {
  const { outputStrides = [8, 16, 32] } = findEncoder(name);
  const cases = [
    ...[1, 13].map((channels) => ({ channels, options: {} })),
    ...outputStrides.map((outputStride) => ({ channels: 4, options: { outputStride } })),
  ];
  for (const { channels, options } of cases) {
    const symbolic = withOutputs(build(name, freeSizes(channels), "eval", options));
    verify(symbolic.graph);
    for (const [batch, height, width] of [
      [1, 97, 131],
      [2, 160, 128],
    ] as const) {
      const sizes: { [name: string]: number } = { batch, height, width };
      const found = symbolic.maps.map(({ shape }) => shape.map((dim) => evaluateDim(dim, (size) => sizes[size]!)));
      const known = build(name, [batch, channels, height, width], "eval", options);
      expect(found).toEqual(known.maps.map(({ shape }) => shape));
    }
  }
});

describe.each(
  Object.values(families).flatMap(({ run: names, size = [64, 96] }) => names.map((name) => [name, size] as const)),
)("%s", (name, [height, width]) => {
  const weights = startingValues();
  const { outputStrides = [8, 16, 32] } = findEncoder(name);

  /** Compares the maps of a graph with free sizes to those of graphs for two sizes. */
  async function compare(target: Extract<Target, "cpu" | "portable">, channels: number, options: EncoderOptions) {
    const session = await open(withOutputs(build(name, freeSizes(channels), "eval", options)).graph, target);
    for (const shape of [
      [1, channels, height + 33, width + 35],
      [2, channels, height, width],
    ]) {
      const known = withOutputs(build(name, shape, "eval", options));
      const feeds = { ...weights(known.state), image: randomImage(shape) };
      const expected = await run(known.graph, feeds);
      const found = await session.run(feeds);
      for (const [map, value] of Object.entries(expected)) {
        expect(largest(value), map).toBeGreaterThan(0);
        expect(found[map]!.shape).toEqual(value.shape);
        const atol = 1e-5 * largest(value);
        expect(found[map]!.data as Float32Array, map).toBeAllclose(value.data as Float32Array, { rtol: 0, atol });
      }
    }
    await session.release();
  }

  it.each([
    ["cpu", 1],
    ["portable", 13],
  ] as const)("gives the same maps with symbolic sizes as with known ones, on %s for %i channels", (target, channels) =>
    compare(target, channels, {}),
  );

  it("does so at its finest output stride too, for 4 channels", () =>
    compare("cpu", 4, { outputStride: Math.min(...outputStrides) as 8 }));

  it("gives every parameter a gradient that is finite and not zero", async () => {
    const shape = [2, 3, height, width];
    const { graph, state, maps } = build(name, shape, "train");
    const loss = maps.map((map) => ReduceMean(Mul(map, map))).reduce((a, b) => Add(a, b));
    const parameters = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
    const slopes = gradients(
      loss,
      parameters.map(({ value }) => value),
    );
    for (const [i, { name: parameter }] of parameters.entries()) {
      expect(slopes[i], parameter).not.toBeNull();
      graph.output(gradientOf(parameter), slopes[i]!);
    }
    const withoutEffect = biasesWithoutEffect(graph);
    const feeds: { [name: string]: Tensor } = { ...weights(state), image: randomImage(shape), seed: int32([1], [1]) };
    for (const [parameter, slope] of Object.entries(await run(graph, feeds))) {
      expect(allFinite(slope), parameter).toBe(true);
      if (!withoutEffect.has(parameter)) expect(largest(slope), parameter).toBeGreaterThan(0);
    }
  });
});
