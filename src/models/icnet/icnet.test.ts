import { describe, expect, it } from "vitest";
import { Graph, shapeText } from "../../graph/index.js";
import { type Mode, NetworkState, Scope } from "../../nn/scope.js";
import { elementCount } from "../../runtime/tensor.js";
import { chooseNetwork } from "../registry.js";

function build(options: { [name: string]: unknown }, image: readonly number[], mode: Mode = "eval") {
  const choice = chooseNetwork("icnet", options);
  const graph = new Graph();
  const state = new NetworkState(graph, mode);
  const input = graph.input("image", "float32", image);
  const outputs = choice.architecture.build(new Scope(state), input, 5, choice.options);
  const parameters = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
  return { graph, outputs, count: parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0) };
}

/** Height and width of what a layer gives. */
const sizeOf = (graph: Graph, path: string): string =>
  shapeText(graph.nodes.find(({ scope }) => scope === path)!.outputs[0]!.shape.slice(2));

it("has the reference's parameters but for the four layers of its pyramid that it never runs", () => {
  // For 5 classes the reference has 7,750,735; each idle layer is a 1x1 convolution from 1024 to 256 and its norm.
  expect(build({}, [2, 3, 65, 65], "train").count).toBe(7_750_735 - 4 * (1024 * 256 + 2 * 256));
});

describe("auxiliary heads", () => {
  it("stand behind the second and the last branch, in the size of the image, while training only", () => {
    const aux = build({ width: 2 }, [2, 3, 65, 97], "train").outputs.aux!;
    expect(aux.map(({ weight, logits }) => [weight, logits.shape])).toEqual([
      [0.4, [2, 5, 65, 97]],
      [0.16, [2, 5, 65, 97]],
    ]);
    expect(build({ width: 2 }, [2, 3, 65, 97]).outputs.aux).toBeUndefined();
  });

  it("of no weight are left out", () => {
    const { outputs } = build({ width: 2, auxWeights: [0, 1] }, [2, 3, 65, 65], "train");
    expect(outputs.aux!.map(({ weight }) => weight)).toEqual([1]);
  });
});

describe("sizes", () => {
  it("the branches meet at strides 16 and 8 of any image", () => {
    const { graph, outputs } = build({ width: 2 }, [1, 3, 64, 131]);
    // 64: 32, 16, 8, 4, 2; 131: 66, 33, 17, 9, 5.
    expect(sizeOf(graph, "conv5_4_k1.cbr_unit.0")).toBe("[2,5]");
    expect(sizeOf(graph, "cff_sub24.high_proj_conv_bn.cb_unit.0")).toBe("[4,9]");
    expect(sizeOf(graph, "cff_sub24.low_dilated_conv_bn.cb_unit.0")).toBe("[4,9]");
    expect(sizeOf(graph, "cff_sub12.high_proj_conv_bn.cb_unit.0")).toBe("[8,17]");
    expect(sizeOf(graph, "cff_sub12.low_dilated_conv_bn.cb_unit.0")).toBe("[8,17]");
    expect(sizeOf(graph, "classification")).toBe("[16,33]");
    expect(outputs.logits.shape).toEqual([1, 5, 64, 131]);
  });

  it("images of one pixel are enough", () => {
    expect(build({ width: 2 }, [1, 3, 1, 5]).outputs.logits.shape).toEqual([1, 5, 1, 5]);
  });

  it("meetps' windows refuse predictions from less than 1025x2049 pixels, and give 6, 3, 2 and 1 there", () => {
    expect(() => build({ pyramid: "meetps" }, [1, 3, 1025, 1025])).toThrow("at least 1025x2049 pixels");
    const { graph } = build({ pyramid: "meetps", width: 1 }, [1, 3, 1025, 2049]);
    const stretched = graph.nodes.filter(({ op, scope }) => op === "Resize" && scope.startsWith("pyramid_pooling"));
    expect(stretched.map(({ inputs }) => shapeText(inputs[0]!.shape.slice(2)))).toEqual([
      "[6,6]",
      "[3,3]",
      "[2,2]",
      "[1,1]",
    ]);
  });
});
