import { describe, expect, it } from "vitest";
import { evaluate } from "../../test/evaluate.js";
import { RuntimeError } from "../errors/index.js";
import { decodeModel, encodeModel } from "../onnx/model.js";
import { Session } from "../runtime/session.js";
import { float32 } from "../runtime/tensor.js";
import {
  Add,
  add,
  ceilDiv,
  type Dim,
  floorDiv,
  Graph,
  max,
  min,
  mod,
  mul,
  Pad,
  Reshape,
  Slice,
  sub,
  symbol,
  writeModel,
} from "./index.js";

describe("a written model", () => {
  it("survives encoding and decoding", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [symbol("batch"), 2]);
    const w = graph.parameter("w", [2]);
    graph.output("y", Add(x, w));
    const model = writeModel(graph, {
      target: "portable",
      initializers: new Map([["w", Float32Array.of(1, 2)]]),
      metadata: { key: "value" },
    });
    const decoded = decodeModel(encodeModel(model));
    expect(decoded.metadataProps).toEqual([{ key: "key", value: "value" }]);
    expect(decoded.graph.initializer.map(({ name, dims }) => ({ name, dims }))).toEqual([{ name: "w", dims: [2] }]);
    expect(decoded.graph.input[0]!.type!.tensorType!.shape!.dim).toEqual([{ dimParam: "batch" }, { dimValue: 2 }]);
    expect(decoded.opsetImport).toEqual([
      { domain: "", version: 21 },
      { domain: "com.microsoft", version: 1 },
    ]);
  });

  it("is refused when its bytes are cut off", () => {
    const graph = new Graph();
    graph.output("y", Add(graph.input("x", "float32", [2]), 1));
    const bytes = encodeModel(writeModel(graph, { target: "cpu" }));
    expect(() => decodeModel(bytes.subarray(0, bytes.length - 7))).toThrow(RuntimeError);
  });

  it("copies leaves, constants and repeated values that are outputs", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2]);
    const y = Add(x, 1);
    graph.output("same", x);
    graph.output("one", graph.scalar(1));
    graph.output("first", y);
    graph.output("second", y);
    const result = await evaluate(graph, { x: float32([3, 4], [2]) });
    expect(Array.from(result.same!.data as Float32Array)).toEqual([3, 4]);
    expect(result.one!.data[0]).toBe(1);
    expect(result.first!.data).toEqual(result.second!.data);
  });

  it("lets names of users and its own stand side by side", async () => {
    const graph = new Graph();
    const x = graph.input("v1", "float32", [1]);
    graph.output("c0", Reshape(Add(x, 1), [1, 1]));
    graph.output("s0", Add(x, 2));
    expect((await evaluate(graph, { v1: float32([5], [1]) })).s0!.data[0]).toBe(7);
  });
});

describe("symbolic sizes", () => {
  const cases: [string, (h: Dim) => Dim, (h: number) => number][] = [
    ["h + 3", (h) => add(h, 3), (h) => h + 3],
    ["h - 2", (h) => sub(h, 2), (h) => h - 2],
    ["2 h", (h) => mul(h, 2), (h) => 2 * h],
    ["h // 2", (h) => floorDiv(h, 2), (h) => Math.floor(h / 2)],
    ["h % 4", (h) => mod(h, 4), (h) => h % 4],
    ["the multiple of 4 above h", (h) => mul(ceilDiv(h, 4), 4), (h) => Math.ceil(h / 4) * 4],
    ["max(h, 6)", (h) => max(h, 6), (h) => Math.max(h, 6)],
    ["min(h, 6)", (h) => min(h, 6), (h) => Math.min(h, 6)],
  ];
  for (const [title, symbolic, known] of cases)
    it(`${title} is what the runtime computes`, async () => {
      const graph = new Graph();
      const h = symbol("height");
      const x = graph.input("x", "float32", [h, 1]);
      // The size in question is how many zeros are put behind the rows.
      graph.output("y", Pad(x, [0, 0], [symbolic(h), 0]));
      const session = await Session.create(encodeModel(writeModel(graph, { target: "portable" })), { threads: 1 });
      for (const height of [3, 5, 8]) {
        const { y } = await session.run({ x: float32(new Float32Array(height).fill(1), [height, 1]) });
        expect(y!.shape[0]).toBe(height + known(height));
      }
      await session.release();
    });

  it("cut a padded map back to its size", async () => {
    const graph = new Graph();
    const [h, w] = [symbol("height"), symbol("width")];
    const x = graph.input("x", "float32", [1, 1, h, w]);
    const padded = Pad(x, [0, 0, 0, 0], [0, 0, sub(mul(ceilDiv(h, 4), 4), h), 0], "edge");
    graph.output("y", Slice(padded, [2], [0], [h]));
    const data = Float32Array.from({ length: 15 }, (_, i) => i);
    const session = await Session.create(encodeModel(writeModel(graph, { target: "portable" })), { threads: 1 });
    const { y } = await session.run({ x: float32(data, [1, 1, 5, 3]) });
    expect(y!.shape).toEqual([1, 1, 5, 3]);
    expect(y!.data).toEqual(data);
    await session.release();
  });
});
