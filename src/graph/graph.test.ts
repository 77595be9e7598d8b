import { describe, expect, it } from "vitest";
import { GraphError, ShapeError } from "../errors/index.js";
import {
  Add,
  Concat,
  Conv,
  countFlops,
  Exp,
  Graph,
  lower,
  MatMul,
  Mul,
  printGraph,
  ReduceSum,
  Relu,
  Reshape,
  symbol,
  Transpose,
  verify,
} from "./index.js";

const small = () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [2, 3, 8, 8]);
  const w = graph.parameter("conv.weight", [4, 3, 3, 3]);
  const y = graph.inScope("conv", () => Relu(Conv(x, w, null, { pads: [1, 1, 1, 1] })));
  graph.output("y", Mul(y, 2));
  return graph;
};

describe("a graph", () => {
  it("prints as text, with the scope of layers", () => {
    expect(printGraph(small())).toMatchInlineSnapshot(`
      "input x: float32[2,3,8,8]
      parameter conv.weight: float32[4,3,3,3]
      # conv
      %0 = Conv(x, conv.weight) {strides=[1,1] pads=[1,1,1,1] dilations=[1,1] group=1} : float32[2,4,8,8]
      %1 = Relu(%0) : float32[2,4,8,8]
      # 
      %2 = Mul(%1, 2) : float32[2,4,8,8]
      output y = %2"
    `);
  });

  it("names the layer, the operator and the shapes in a shape error", () => {
    const graph = new Graph();
    const a = graph.input("a", "float32", [1, 2, 4, 4]);
    const b = graph.input("b", "float32", [1, 2, 5, 4]);
    const join = () => graph.inScope("decoder.up1", () => Concat([a, b], 1));
    expect(join).toThrow(ShapeError);
    expect(join).toThrow(/decoder\.up1: Concat\(float32\[1,2,4,4\], float32\[1,2,5,4\]\).*Pad or resize/);
  });

  it("refuses a second leaf or output of one name", () => {
    const graph = small();
    expect(() => graph.input("x", "float32", [1])).toThrow(GraphError);
    expect(() => graph.output("y", graph.leaves[0]!)).toThrow(/one value for each output name/);
  });

  it("refuses values of two graphs", () => {
    expect(() => Add(new Graph().input("a", "float32", [1]), new Graph().input("b", "float32", [1]))).toThrow(
      /values of two graphs/,
    );
  });

  it("shares equal constants, but not 0 and -0", () => {
    const graph = new Graph();
    expect(graph.scalar(0)).toBe(graph.scalar(0));
    expect(graph.scalar(0)).not.toBe(graph.scalar(-0));
    expect(graph.scalar(1)).not.toBe(graph.scalar(1, "int32"));
  });
});

describe("verify", () => {
  it("accepts what the verbs build", () => {
    expect(() => verify(small())).not.toThrow();
  });

  it("shows a node that is used before it is made, with its layer", () => {
    const graph = small();
    graph.nodes.reverse();
    expect(() => verify(graph)).toThrow(/before it is made/);
  });

  it("shows a node whose declared shape is not what its operator gives", () => {
    const graph = small();
    const [first] = graph.nodes;
    (first!.outputs[0] as { shape: readonly number[] }).shape = [2, 4, 7, 8];
    expect(() => verify(graph)).toThrow(/conv: .*Conv\(x, conv\.weight\).*declares float32\[2,4,7,8\]/);
  });
});

describe("lowering", () => {
  it("leaves out what no output needs, and makes equal nodes one", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [4]);
    Exp(x);
    graph.output("y", Add(Exp(x), Exp(x)));
    expect(lower(graph, "cpu").nodes.map((node) => node.op)).toEqual(["Exp", "Add"]);
  });

  it("writes products with a transposed factor as FusedMatMul on the CPU and as Transpose elsewhere", () => {
    const graph = new Graph();
    graph.output(
      "y",
      MatMul(graph.input("a", "float32", [2, 3]), graph.input("b", "float32", [4, 3]), { transB: true }),
    );
    expect(lower(graph, "cpu").nodes.map((node) => node.op)).toEqual(["MatMul"]);
    expect(lower(graph, "portable").nodes.map((node) => node.op)).toEqual(["Transpose", "MatMul"]);
  });

  it("keeps names and order of leaves and outputs", () => {
    const lowered = lower(small(), "portable");
    expect(lowered.leaves.map((leaf) => "name" in leaf.source && leaf.source.name)).toEqual(["x", "conv.weight"]);
    expect(lowered.outputs.map(({ name }) => name)).toEqual(["y"]);
  });
});

describe("sizes", () => {
  it("stay symbolic through shape rules", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [symbol("batch"), 3, symbol("height"), 8]);
    expect(printGraph(graph)).toContain("float32[batch,3,height,8]");
    const y = Conv(x, graph.parameter("w", [4, 3, 3, 3]), null, { strides: [2, 2], pads: [1, 1, 1, 1] });
    graph.output("y", y);
    expect(printGraph(graph)).toMatch(/: float32\[batch,4,.*height.*,4\]/);
  });

  it("count the arithmetic of convolutions and products", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2, 3, 8, 8]);
    const y = Conv(x, graph.parameter("w", [4, 3, 3, 3]), null, { pads: [1, 1, 1, 1] });
    graph.output("y", ReduceSum(MatMul(Reshape(y, [8, 64]), Transpose(Reshape(y, [8, 64]), [1, 0]))));
    expect(countFlops(graph)).toBe(2 * (2 * 4 * 64 * 27) + 2 * (8 * 8 * 64));
  });
});
