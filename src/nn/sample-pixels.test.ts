import { describe, expect, it } from "vitest";
import { evaluate } from "../../test/evaluate.js";
import { gradients } from "../autodiff/index.js";
import { Graph, ReduceSum } from "../graph/index.js";
import { float32, int32 } from "../runtime/tensor.js";
import { Random } from "../util/random.js";
import { resizeTo } from "./resize.js";
import { labelsAt, mapAt, type Size, samplePixels } from "./sample-pixels.js";
import { NetworkState, Scope } from "./scope.js";

/** Places in `batch` images, of a seed. */
async function places(batch: number, size: Size, count: number, seed = 1): Promise<number[][]> {
  const graph = new Graph();
  const scope = new Scope(new NetworkState(graph, "train"), "samples");
  graph.output("places", samplePixels(scope, batch, size, count));
  const data = (await evaluate(graph, scope.state.usesSeed ? { seed: int32([seed], [1]) } : {})).places!;
  const all = Array.from(data.data as Int32Array);
  return Array.from({ length: batch }, (_, i) => all.slice(i * data.shape[1]!, (i + 1) * data.shape[1]!));
}

describe("samplePixels", () => {
  it("gives different pixels of the image, in each image others, and the same for the same seed", async () => {
    const [first, second] = await places(2, [60, 50], 2400);
    for (const one of [first!, second!]) {
      expect(new Set(one).size).toBe(2400);
      expect(Math.min(...one)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...one)).toBeLessThan(3000);
    }
    expect(first).not.toEqual(second);
    expect((await places(2, [60, 50], 2400))[0]).toEqual(first);
    expect((await places(2, [60, 50], 2400, 2))[0]).not.toEqual(first);
  });

  it("gives every pixel equally often", async () => {
    const counts = new Array<number>(20).fill(0);
    for (const one of await places(240, [4, 5], 4)) for (const place of one) counts[place]!++;
    // 240 draws of 4 out of 20: 48 each, with a deviation of sqrt(240 * 0.2 * 0.8) = 6.2.
    expect(Math.min(...counts)).toBeGreaterThan(48 - 4 * 6.2);
    expect(Math.max(...counts)).toBeLessThan(48 + 4 * 6.2);
  });

  it("gives all pixels, once, where as many or more are asked for", async () => {
    const all = Array.from({ length: 12 }, (_, i) => i);
    expect(await places(2, [3, 4], 12)).toEqual([all, all]);
    expect(await places(1, [3, 4], 100)).toEqual([all]);
  });
});

describe("values at places", () => {
  const shape = [2, 3, 4, 5];
  const size: Size = [9, 13];
  const random = new Random(1, "map");
  const map = float32(
    Float32Array.from({ length: 120 }, () => random.between(-1, 1)),
    shape,
  );

  it("of a map are those of the map stretched to the image's size", async () => {
    const graph = new Graph();
    const scope = new Scope(new NetworkState(graph, "train"));
    const x = graph.input("map", "float32", shape);
    graph.output("sampled", mapAt(scope, x, samplePixels(scope, 2, size, 9 * 13), size));
    graph.output("stretched", resizeTo(scope, x, size, { mode: "bilinear" }));
    const { sampled, stretched } = await evaluate(graph, { map });
    expect(sampled!.shape).toEqual([2, 3, 1, 117]);
    expect(sampled!.data as Float32Array).toBeAllclose(stretched!.data as Float32Array, { rtol: 0, atol: 1e-6 });
  });

  it("of labels are those of the pixels", async () => {
    const graph = new Graph();
    const labels = graph.input("labels", "int32", [2, 2, 3]);
    graph.output("picked", labelsAt(labels, graph.constant(Int32Array.of(0, 5, 2, 3), [2, 2])));
    const { picked } = await evaluate(graph, {
      labels: int32([10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 24, 25], [2, 2, 3]),
    });
    expect([picked!.shape, Array.from(picked!.data as Int32Array)]).toEqual([
      [2, 1, 2],
      [10, 15, 22, 23],
    ]);
  });

  it("give a map in the image's size a gradient at these places only", async () => {
    const graph = new Graph();
    const scope = new Scope(new NetworkState(graph, "train"));
    const x = graph.input("x", "float32", [1, 2, 3, 4]);
    const picked = mapAt(scope, x, graph.constant(Int32Array.of(1, 6, 11), [1, 3]), [3, 4]);
    graph.output("dx", gradients(ReduceSum(picked), [x])[0]!);
    const { dx } = await evaluate(graph, { x: float32(new Float32Array(24), [1, 2, 3, 4]) });
    const expected = Array.from({ length: 24 }, (_, i) => Number([1, 6, 11].includes(i % 12)));
    expect(Array.from(dx!.data as Float32Array)).toEqual(expected);
  });
});
