import { describe, expect, it } from "vitest";
import { evaluate } from "../../test/evaluate.js";
import { Graph, shapeText, symbol, type Value } from "../graph/index.js";
import { float32, type Tensor } from "../runtime/tensor.js";
import { mirrorAround, type Padded, padToAtLeast, padToMultiple } from "./padding.js";
import { NetworkState, Scope } from "./scope.js";

const image = float32([1, 2, 3, 4, 5, 6], [1, 1, 2, 3]);

async function run(pad: (scope: Scope, x: Value) => Padded, symbolic = false): Promise<{ [name: string]: Tensor }> {
  const graph = new Graph();
  const size = symbolic ? [symbol("height"), symbol("width")] : [2, 3];
  const x = graph.input("x", "float32", [1, 1, ...size]);
  const { padded, crop } = pad(new Scope(new NetworkState(graph, "eval")), x);
  graph.output("padded", padded);
  graph.output("cropped", crop(padded));
  return evaluate(graph, { x: image });
}

describe.each([false, true])("with symbolic sizes: %s", (symbolic) => {
  it("padToMultiple repeats the last row and column", async () => {
    const { padded, cropped } = await run((scope, x) => padToMultiple(scope, x, 4), symbolic);
    expect(padded!.shape).toEqual([1, 1, 4, 4]);
    expect(Array.from(padded!.data as Float32Array)).toEqual([1, 2, 3, 3, 4, 5, 6, 6, 4, 5, 6, 6, 4, 5, 6, 6]);
    expect(Array.from(cropped!.data as Float32Array)).toEqual(Array.from(image.data as Float32Array));
  });

  it("padToMultiple adds zeros when asked to", async () => {
    const { padded } = await run((scope, x) => padToMultiple(scope, x, 4, "zero"), symbolic);
    expect(Array.from(padded!.data as Float32Array)).toEqual([1, 2, 3, 0, 4, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("padToAtLeast leaves a side alone that is long enough", async () => {
    const { padded, cropped } = await run((scope, x) => padToAtLeast(scope, x, 3), symbolic);
    expect(padded!.shape).toEqual([1, 1, 3, 3]);
    expect(cropped!.shape).toEqual([1, 1, 2, 3]);
  });
});

it("a map that fits already is not touched", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [1, 1, 8, 16]);
  const { padded, crop } = padToMultiple(new Scope(new NetworkState(graph, "eval")), x, 8);
  expect(padded).toBe(x);
  expect(crop(x)).toBe(x);
});

it("symbolic sizes stay readable through padding and halving", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [1, 1, symbol("height"), symbol("width")]);
  const { padded, crop } = padToMultiple(new Scope(new NetworkState(graph, "eval")), x, 32);
  expect(shapeText(padded.shape)).toBe("[1,1,(height+31)//32*32,(width+31)//32*32]");
  expect(shapeText(crop(padded).shape)).toBe("[1,1,height,width]");
});

describe("mirrorAround", () => {
  const answer = async (side: number, amount: number, symbolic: boolean): Promise<number[]> => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [1, 1, side, symbolic ? symbol("width") : side]);
    graph.output("y", mirrorAround(new Scope(new NetworkState(graph, "eval")), x, amount));
    const columns = Array.from({ length: side * side }, (_, i) => i % side);
    const { y } = await evaluate(graph, { x: float32(columns, [1, 1, side, side]) });
    expect(y!.shape).toEqual([1, 1, side + 2 * amount, side + 2 * amount]);
    return Array.from((y!.data as Float32Array).subarray(0, side + 2 * amount));
  };

  it.each([
    [40, 5],
    [32, 31],
    [32, 186],
    [33, 70],
    [200, 186],
  ])("swings between the outer pixels of %i by %i, as often as needed", async (side, amount) => {
    const period = 2 * (side - 1);
    const expected = Array.from({ length: side + 2 * amount }, (_, i) => {
      const place = (((i - amount) % period) + period) % period;
      return Math.min(place, period - place);
    });
    expect(await answer(side, amount, false)).toEqual(expected);
    expect(await answer(side, amount, true)).toEqual(expected);
  });

  it("refuses images that are too small", () => {
    const x = new Graph().input("x", "float32", [1, 1, 31, 40]);
    const scope = new Scope(new NetworkState(x.graph as Graph, "eval"));
    expect(() => mirrorAround(scope, x, 5)).toThrow(/\[1,1,31,40\]; expected an image of at least 32x32/);
  });
});
