import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { shared } from "../../test/evaluate.js";
import { Graph } from "../graph/index.js";
import { NetworkState, Scope } from "../nn/scope.js";
import { elementCount } from "../runtime/tensor.js";
import type { EncoderOptions } from "./encoder.js";
import { findEncoder } from "./registry.js";

function build(options: EncoderOptions = {}, side = 64) {
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const image = graph.input("image", "float32", [1, 3, side, side]);
  return { graph, state, features: findEncoder("densenet121").build(new Scope(state), image, options) };
}

// torchvision's own counts.
it.each([
  ["densenet121", 7_978_856],
  ["densenet161", 28_681_000],
  ["densenet169", 14_149_480],
  ["densenet201", 20_013_928],
])("the classifier of %s has %i parameters with 1000 classes", (name, count) => {
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const logits = findEncoder(name).classify(new Scope(state), graph.input("image", "float32", [2, 3, 64, 64]), 1000);
  expect(logits.shape).toEqual([2, 1000]);
  const parameters = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
  expect(parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(count);
});

const fixture = shared("parity/torchvision/densenet121.json");

it.skipIf(!fixture.present)("densenet121 has torchvision's names and shapes, without the classifier", () => {
  const { params } = JSON.parse(readFileSync(fixture.path, "utf8")) as { params: { name: string; shape: number[] }[] };
  const expected = params.filter((p) => !p.name.startsWith("classifier.")).map((p) => [p.name, p.shape]);
  const found = Array.from(build().state.specs.values(), (spec) => [spec.name, spec.shape]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
});

describe("maps", () => {
  it("are those in front of a transition's convolution, the first ones rectified", () => {
    const { features } = build();
    const origin = (i: number): string => {
      const { source } = features[i]!;
      return source.kind === "node" ? `${source.node.op} of ${source.node.scope}` : source.kind;
    };
    expect([1, 2, 5].map(origin)).toEqual([
      "Relu of features.norm0",
      "Relu of features.transition1.norm",
      "BatchNormalization of features.norm5",
    ]);
  });

  it("round their sizes down from stride 8 on", () => {
    expect(build({}, 61).features.map(({ shape }) => shape[2])).toEqual([61, 31, 16, 8, 4, 2]);
  });

  it("need 29 pixels at stride 32, 13 at stride 16 and 1 at stride 4", () => {
    const least = (options: EncoderOptions): number => {
      let side = 64;
      const fits = (): boolean => {
        try {
          return (build(options, side).features.at(-1)!.shape[2] as number) > 0;
        } catch {
          return false;
        }
      };
      while (side > 0 && fits()) side--;
      return side + 1;
    };
    expect([{}, { depth: 4 }, { outputStride: 16 } as const, { depth: 2 }].map(least)).toEqual([29, 13, 13, 1]);
  });
});

describe("dilation", () => {
  /** Dilations of the 3x3 convolutions of a block, each once for a run of equal ones. */
  const runs = (options: EncoderOptions, block: number): number[] =>
    build(options)
      .graph.nodes.filter(({ op, scope }) => op === "Conv" && scope.match(`denseblock${block}.*conv2`))
      .map(({ attributes }) => (attributes.dilations as number[])[0]!)
      .filter((d, i, all) => d !== all[i - 1]);

  it("doubles with each transition that does not pool", () => {
    expect([2, 3, 4].map((block) => runs({ outputStride: 16 }, block))).toEqual([[1], [1], [2]]);
    expect([2, 3, 4].map((block) => runs({ outputStride: 8 }, block))).toEqual([[1], [2], [4]]);
  });

  it("begins a layer later on request, and is multiplied by the last block's factors", () => {
    expect([3, 4].map((block) => runs({ outputStride: 8, firstDilation: "previous" }, block))).toEqual([
      [1, 2],
      [2, 4],
    ]);
    expect(runs({ outputStride: 16, multiGrid: [1, 2, 4] }, 4).slice(0, 5)).toEqual([2, 4, 8, 2, 4]);
  });
});
