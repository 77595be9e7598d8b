import { describe, expect, it } from "vitest";
import { withoutIdleReshapes } from "./idle-reshapes.js";
import { attributeTypes, dataTypes, type OnnxGraph, type OnnxNode } from "./model.js";

const whole = (name: string, ...values: number[]): OnnxGraph["initializer"][number] => ({
  name,
  dims: [values.length],
  dataType: dataTypes.int64,
  rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
});

const info = (name: string, ...dims: number[]): OnnxGraph["input"][number] => ({
  name,
  type: { tensorType: { elemType: dataTypes.float32, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
});

const node = (opType: string, input: string, output: string): OnnxNode => ({
  opType,
  input: input.split(" "),
  output: output.split(" "),
  ...(opType === "Concat" || opType === "Split"
    ? { attribute: [{ name: "axis", type: attributeTypes.int, i: 0 }] }
    : {}),
});

/** Inputs: `pack` [10], `map` [2, 3], `rate` []; outputs named `out…`. */
const graphOf = (...nodes: OnnxNode[]): OnnxGraph => ({
  name: "test",
  input: [info("pack", 10), info("map", 2, 3), info("rate")],
  initializer: [whole("[6]", 6), whole("[2,3]", 2, 3), whole("[4,6]", 4, 6), whole("[0,3]", 0, 3), whole("[10]", 10)],
  node: nodes,
  output: [...new Set(nodes.flatMap(({ output }) => output.filter((name) => name.startsWith("out"))))].map((name) =>
    info(name),
  ),
});

const left = (...nodes: OnnxNode[]): string[] =>
  withoutIdleReshapes(graphOf(...nodes)).node.map(
    ({ opType, input, output }) => `${opType} ${input.join(" ")} > ${output.join(" ")}`,
  );

describe("withoutIdleReshapes", () => {
  it("takes pieces of a flat tensor as they are where they are shaped and made flat again", () => {
    const nodes = left(
      node("Split", "pack [4,6]", "a b"),
      node("Reshape", "b [2,3]", "kernel"),
      node("Reshape", "kernel [6]", "flat"),
      node("Concat", "flat a", "out"),
    );
    expect(nodes).toEqual(["Split pack [4,6] > a b", "Concat b a > out"]);
  });

  it("keeps the shape where another operator reads it, and makes it from the first of several", () => {
    const nodes = left(
      node("Reshape", "map [6]", "flat"),
      node("Reshape", "flat [2,3]", "again"),
      node("Neg", "again", "out"),
      node("Neg", "flat", "out2"),
    );
    expect(nodes).toEqual([
      "Reshape map [6] > flat",
      "Reshape map [2,3] > again",
      "Neg again > out",
      "Neg flat > out2",
    ]);
  });

  it("follows flat tensors through arithmetic with scalars, joining and splitting", () => {
    const nodes = left(
      node("Split", "pack [4,6]", "a b"),
      node("Concat", "b a", "joined"),
      node("Mul", "joined rate", "moved"),
      node("Split", "moved [4,6]", "c d"),
      node("Reshape", "d [6]", "e"),
      node("Concat", "c e", "out"),
    );
    expect(nodes.filter((text) => text.startsWith("Reshape"))).toEqual([]);
    expect(nodes.at(-1)).toBe("Concat c d > out");
  });

  it("leaves what may change something: shapes that are not known, sides of 0, results", () => {
    const nodes = [
      "Reshape map [6] > flat",
      "Add flat map > wide",
      "Reshape wide [6] > narrow",
      "Reshape map [0,3] > copied",
      "Reshape pack [10] > out3",
      "Concat copied map > out",
      "Neg narrow > out2",
    ];
    expect(
      left(
        node("Reshape", "map [6]", "flat"),
        node("Add", "flat map", "wide"),
        node("Reshape", "wide [6]", "narrow"),
        node("Reshape", "map [0,3]", "copied"),
        node("Reshape", "pack [10]", "out3"),
        node("Concat", "copied map", "out"),
        node("Neg", "narrow", "out2"),
      ),
    ).toEqual(nodes);
  });
});
