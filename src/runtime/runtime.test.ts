import { afterAll, describe, expect, it } from "vitest";
import { RuntimeError, UsageError } from "../errors/index.js";
import { Add, Graph, Mul, writeModel } from "../graph/index.js";
import { encodeModel } from "../onnx/model.js";
import { openDevice } from "./devices.js";
import { SessionHost } from "./host.js";
import { Session } from "./session.js";
import { float32 } from "./tensor.js";

/** `total' = total + rate * x`: a counter that stays in the host. */
function counter(): Uint8Array {
  const graph = new Graph();
  const x = graph.input("x", "float32", [2]);
  const total = graph.buffer("total", [2]);
  graph.output("next total", Add(total, Mul(x, graph.input("rate", "float32", []))));
  graph.output("twice", Mul(x, 2));
  return encodeModel(writeModel(graph, { target: "cpu" }));
}

describe("a session", () => {
  it("refuses bytes that are no model, in words", async () => {
    await expect(Session.create(Uint8Array.of(1, 2, 3))).rejects.toThrow(RuntimeError);
  });

  it("names the input that was not given", async () => {
    const session = await Session.create(counter(), { threads: 1 });
    await expect(session.run({ x: float32([1, 2], [2]) })).rejects.toThrow(/nothing for (rate|total)/);
    await session.release();
  });
});

describe("a session host", () => {
  const host = new SessionHost();
  afterAll(() => host.stop());

  it("keeps tensors between runs and replaces them by outputs", async () => {
    await host.put({ total: float32([0, 10], [2]) });
    const session = await host.load({ model: counter(), options: { threads: 1 }, writes: { "next total": "total" } });
    for (let i = 0; i < 3; i++) {
      const { tensors } = await host.run(session, { x: float32([1, 2], [2]), rate: float32([0.5], []) }, ["twice"]);
      expect(Array.from(tensors.twice!.data as Float32Array)).toEqual([2, 4]);
    }
    expect(Array.from((await host.get(["total"])).total!.data as Float32Array)).toEqual([1.5, 13]);
  });

  it("lets a model read a kept tensor under another name", async () => {
    await host.put({ average: float32([100, 100], [2]), total: float32([0, 0], [2]) });
    const session = await host.load({ model: counter(), options: { threads: 1 }, reads: { total: "average" } });
    const { tensors } = await host.run(session, { x: float32([1, 1], [2]), rate: float32([1], []) }, ["next total"]);
    expect(Array.from(tensors["next total"]!.data as Float32Array)).toEqual([101, 101]);
  });

  it("reports errors of its thread as errors of ours and goes on", async () => {
    await expect(host.load({ model: Uint8Array.of(9), options: {} })).rejects.toThrow(RuntimeError);
    expect(Object.keys(await host.get(["total"]))).toEqual(["total"]);
  });

  it("stops once, and again without complaint", async () => {
    const other = new SessionHost();
    await other.stop();
    await expect(other.stop()).resolves.toBeUndefined();
  });
});

describe("devices", () => {
  it("suggest the nearest name", async () => {
    await expect(openDevice("gpu")).rejects.toThrow(UsageError);
    await expect(openDevice("cdua")).rejects.toThrow(/Did you mean cuda/);
  });

  it("give the CPU with its own lowering", async () => {
    expect(await openDevice("cpu")).toMatchObject({ provider: "cpu", target: "cpu" });
  });

  it("fall back to the CPU by themselves, and say why when an accelerator was tried", async () => {
    const device = await openDevice("auto");
    if (device.provider === "cpu" && process.platform === "linux")
      expect(device.note).toMatch(/^Using the CPU\. cuda: /);
    else expect(device.target).toBe(device.provider === "cpu" ? "cpu" : "portable");
  });
});
