import { describe, expect, it } from "vitest";
import { Graph } from "../../graph/index.js";
import type { Node } from "../../graph/types.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import { elementCount } from "../../runtime/tensor.js";
import { chooseNetwork } from "../registry.js";

function build(options: { [name: string]: unknown }, image: readonly number[] = [1, 3, 32, 32], numClasses = 19) {
  const choice = chooseNetwork("frrn", options);
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const input = graph.input("image", "float32", image);
  const { logits } = choice.architecture.build(new Scope(state), input, numClasses, choice.options);
  const parameters = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
  return { graph, logits, count: parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0) };
}

describe("numbers of parameters for 19 classes", () => {
  it("meetps' form has the published 16,559,075 (A) and 23,567,971 (B)", () => {
    expect(build({ variant: "A", form: "meetps" }).count).toBe(16_559_075);
    expect(build({ variant: "B", form: "meetps" }).count).toBe(23_567_971);
  });

  it("the paper's form has the 17.7 million (A) and 24.8 million (B) of the paper", () => {
    expect((build({ variant: "A" }).count / 1e6).toFixed(1)).toBe("17.7");
    expect((build({ variant: "B" }).count / 1e6).toFixed(1)).toBe("24.8");
  });

  it("the paper's form has as many as its layers add up to", () => {
    const w = 3;
    const lanes = 5;
    // A 3x3 convolution with a norm; FRRU of a multiple k of the width, which reads c channels and the lanes.
    const conv = (from: number, to: number): number => 9 * from * to + 2 * to;
    const frru = (c: number, k: number): number => conv(c + lanes, k * w) + conv(k * w, k * w) + k * w * lanes + lanes;
    const stage = (c: number, k: number, units: number): number => frru(c, k) + (units - 1) * frru(k * w, k);
    const ru = 2 * conv(w, w);
    const down = stage(w, 2, 3) + stage(2 * w, 4, 4) + stage(4 * w, 8, 2) + stage(8 * w, 8, 2);
    const up = stage(8 * w, 4, 2) + stage(4 * w, 4, 2) + stage(4 * w, 2, 2);
    const first = 75 * w + 2 * w + 3 * ru + w * lanes + 2 * lanes;
    const joined = 2 * w + lanes;
    const last = conv(joined, w) + conv(w, w) + joined * w + 2 * ru + w * 7 + 7;
    expect(build({ width: w, lanes }, [1, 3, 16, 16], 7).count).toBe(first + down + up + last);
  });
});

describe("which stream a unit reads", () => {
  /** The layer that made the map of the pooling stream that a unit joins. */
  const source = (form: string, unit: string): string => {
    const { graph } = build({ form, width: 2, lanes: 2 });
    const concat = graph.nodes.find(({ op, scope }) => op === "Concat" && scope === unit) as Node;
    const { source } = concat.inputs[0]!;
    return source.kind === "node" ? `${source.node.op} of ${source.node.scope}` : source.kind;
  };

  it("in the paper's form the second unit of a stage reads what the first has made", () => {
    expect(source("paper", "encoding_frru_3_4_2_0")).toBe("MaxPool of ");
    expect(source("paper", "encoding_frru_3_4_2_1")).toBe("Relu of encoding_frru_3_4_2_0.conv2.cbr_unit.2");
  });

  it("in meetps' form it reads the stage's input", () => {
    expect(source("meetps", "encoding_frru_3_4_2_1")).toBe("MaxPool of ");
  });
});

it("keeps the size of any image, and refuses groups that do not divide the width", () => {
  expect(build({ variant: "B", width: 2, lanes: 2 }, [1, 3, 33, 47], 2).logits.shape).toEqual([1, 2, 33, 47]);
  expect(build({ norm: "groupnorm", groups: 2, width: 4 }, [1, 3, 1, 5], 2).logits.shape).toEqual([1, 2, 1, 5]);
  expect(() => build({ norm: "groupnorm", width: 20 })).toThrow("groups that divides the width");
});
