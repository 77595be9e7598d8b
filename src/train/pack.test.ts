import { afterAll, describe, expect, it } from "vitest";
import { Add, Graph, Mul, writeModel } from "../graph/index.js";
import { zeros } from "../nn/initializers.js";
import { encodeModel } from "../onnx/model.js";
import { float32, SessionHost } from "../runtime/index.js";
import { packMembers, packModel, packName } from "./pack.js";
import type { ResidentTensor } from "./step.js";

const resident = (name: string, shape: readonly number[]): ResidentTensor => ({
  name,
  shape,
  kind: "parameter",
  initializer: zeros,
});

/** Two small tensors that change, one that does not, and one that is too large to be packed. */
const residents = [
  resident("scale", []),
  resident("kernel", [2, 3]),
  resident("frozen", [3]),
  resident("wide", [200, 100]),
];

/** `kernel' = kernel * scale + frozen`, `scale' = scale + 1`, `wide' = wide + scale`, and `sum = kernel'` besides. */
function model() {
  const graph = new Graph();
  const [scale, kernel, frozen, wide] = residents.map(({ name, shape }) => graph.buffer(name, shape));
  const moved = Add(Mul(kernel!, scale!), frozen!);
  graph.output("next kernel", moved);
  graph.output("next scale", Add(scale!, 1));
  graph.output("next wide", Add(wide!, scale!));
  graph.output("sum", Mul(moved, graph.input("factor", "float32", [])));
  return writeModel(graph, { target: "cpu" });
}
const writes = { "next kernel": "kernel", "next scale": "scale", "next wide": "wide" };

describe("packing", () => {
  const host = new SessionHost();
  afterAll(() => host.stop());

  it("lays small tensors end to end and leaves large ones", () => {
    expect(packMembers(residents)).toEqual([
      { name: "scale", shape: [], offset: 0 },
      { name: "kernel", shape: [2, 3], offset: 1 },
      { name: "frozen", shape: [3], offset: 7 },
    ]);
  });

  it("makes one input and one output of them", () => {
    const packed = packModel(model(), packMembers(residents), writes);
    expect(packed.model.graph.input.map(({ name }) => name).sort()).toEqual(["factor", packName, "wide"]);
    expect(packed.model.graph.output.map(({ name }) => name).sort()).toEqual(["next packed", "next wide", "sum"]);
    expect(packed.writes).toEqual({ "next wide": "wide", "next packed": packName });
  });

  it("leaves a model alone that has fewer than two", () => {
    const whole = model();
    expect(packModel(whole, [], writes)).toEqual({ model: whole, writes });
  });

  it("changes no number: values are put, changed by runs, read by other models and got under their own names", async () => {
    const members = packMembers(residents);
    const packed = packModel(model(), members, writes);
    const options = { threads: 1 };
    const pack = { name: packName, members };
    const step = await host.load({ model: encodeModel(packed.model), options, writes: packed.writes, pack });
    const reader = await host.load({ model: encodeModel(model()), options });
    await host.put({
      scale: float32([2], []),
      kernel: float32([1, 2, 3, 4, 5, 6], [2, 3]),
      frozen: float32([10, 20, 30], [3]),
      wide: float32(new Float32Array(20_000).fill(7), [200, 100]),
    });
    const factor = float32([1], []);
    const first = (await host.run(step, { factor }, ["sum"])).tensors.sum!;
    expect(Array.from(first.data as Float32Array)).toEqual([12, 24, 36, 18, 30, 42]);
    // Read by a model that knows of no pack: scale is 3 now.
    const read = (await host.run(reader, { factor }, ["next scale", "sum"])).tensors;
    expect(Array.from(read["next scale"]!.data as Float32Array)).toEqual([4]);
    expect(Array.from(read.sum!.data as Float32Array)).toEqual([46, 92, 138, 64, 110, 156]);
    await host.run(step, { factor }, []);
    const found = await host.get(["scale", "kernel", "frozen", "wide"]);
    expect(Object.values(found).map(({ shape }) => shape)).toEqual([[], [2, 3], [3], [200, 100]]);
    expect(Array.from(found.scale!.data as Float32Array)).toEqual([4]);
    expect(Array.from(found.kernel!.data as Float32Array)).toEqual([46, 92, 138, 64, 110, 156]);
    expect(Array.from(found.frozen!.data as Float32Array)).toEqual([10, 20, 30]);
    expect((found.wide!.data as Float32Array)[19_999]).toBe(7 + 2 + 3);
  });
});
