import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../../test/build-network.js";
import { evaluate } from "../../../test/evaluate.js";
import { Graph } from "../../graph/index.js";
import { initialize } from "../../nn/initializers.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import { float32, type Tensor } from "../../runtime/tensor.js";
import { Random } from "../../util/random.js";
import { type ContextName, contextModule, contextNames, contexts, identityKernel } from "./context.js";

const uniform = (shape: readonly number[], low: number, high: number): Tensor => {
  const random = new Random(1, "dilatednet", ...shape);
  return float32(
    Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => random.between(low, high)),
    shape,
  );
};

/** A fresh context module's answer. */
async function context(name: ContextName, scores: Tensor, noise: number): Promise<Float32Array> {
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const input = graph.input("scores", "float32", scores.shape);
  graph.output("scores after", contextModule(new Scope(state), input, name, scores.shape[1]!, noise));
  const weights = Array.from(initialize(state.specs.values(), 1), ([key, data]) => [
    key,
    float32(data, state.specs.get(key)!.shape),
  ]);
  const results = await evaluate(graph, { ...Object.fromEntries(weights), scores });
  return results["scores after"]!.data as Float32Array;
}

describe("context module", () => {
  it.each(contextNames.filter((name) => name !== "none"))(
    "%s begins as the identity on scores above 0",
    async (name) => {
      const scores = uniform([1, 3, 9, 11], 0, 2);
      expect(await context(name, scores, 0)).toBeAllclose(scores.data as Float32Array, { rtol: 0, atol: 1e-6 });
      // The noise is what training begins with: it must be there when asked for.
      const noisy = await context(name, scores, 0.01);
      expect(Math.max(...noisy.map((v, i) => Math.abs(v - (scores.data[i] as number))))).toBeGreaterThan(1e-3);
    },
  );

  it.each([
    ["basic", 67],
    ["large", 67],
    ["dilation10", 67 + 2 * (32 + 64)],
  ] as const)("%s sees %i places along an axis, as many as its dilations reach", (name, side) => {
    // Table 1 of the paper: 3, 5, 9, 17, 33, 65, 67.
    expect(contexts[name].reduce((sum, [dilation]) => sum + 2 * dilation, 1)).toBe(side);
  });

  it("identity kernels join the channels of a group by their mean", () => {
    // Two groups of two inputs and one output each.
    expect(identityKernel(2, 0)([2, 4, 1, 1], new Random(1))).toBeAllclose(
      Float32Array.of(0.5, 0.5, 0, 0, 0, 0, 0.5, 0.5),
      { rtol: 0, atol: 0 },
    );
  });
});

describe("front end", () => {
  it("has as many parameters as the published networks", () => {
    // VGG16's convolutions, fc6 512*4096*49 + 4096, fc7 4096^2 + 4096, final 4096*11 + 11; context 7 x (11*11*9 + 11) + 11*11 + 11
    const { parameters, state } = buildNetwork("dilatednet", {}, [1, 3, 32, 32], 11);
    expect(parameters).toBe(14_714_688 + 102_764_544 + 16_781_312 + 45_067 + 7 * 1100 + 132);
    // The fixed enlarging kernel is no parameter.
    expect(state.specs.get("ctx_upsample.weight")).toMatchObject({ kind: "buffer", shape: [11, 1, 16, 16] });
  });

  it("sees an image of 528 pixels mirrored to 900, at 66 places, as in the published network for VOC", () => {
    const { graph } = buildNetwork("dilatednet", { width: 1, fcChannels: 1 }, [1, 3, 528, 528], 2);
    const shapes = graph.nodes.map(({ outputs: [y] }) => y!.shape.slice(2).join());
    expect(shapes[0]).toBe("900,900");
    const final = graph.nodes.find(({ scope }) => scope === "final")!;
    expect(final.outputs[0]!.shape).toEqual([1, 2, 66, 66]);
  });

  it("is the same far from the border whatever lies around the image", async () => {
    const image = uniform([1, 3, 448, 448], -1, 1);
    const answer = async (border: string): Promise<Float32Array> => {
      const given = { width: 2, fcChannels: 4, context: "none", border, upsampling: "resize" };
      const { graph, state } = buildNetwork("dilatednet", given, image.shape, 2);
      graph.output("scores", graph.nodes.find(({ scope }) => scope === "final")!.outputs[0]!);
      const weights = Array.from(initialize(state.specs.values(), 1), ([key, data]) => [
        key,
        float32(data, state.specs.get(key)!.shape),
      ]);
      return (await evaluate(graph, { ...Object.fromEntries(weights), image })).scores!.data as Float32Array;
    };
    const [mirrored, zeros] = [await answer("mirror"), await answer("zeros")];
    // Of 56 x 56 scores those from row and column 24 to 31 see nothing beyond the image (186 / 8 = 23.25).
    const inner = (scores: Float32Array) =>
      Float32Array.from({ length: 64 }, (_, i) => scores[(24 + Math.floor(i / 8)) * 56 + 24 + (i % 8)]!);
    expect(inner(mirrored)).toBeAllclose(inner(zeros), { rtol: 1e-4, atol: 1e-9 });
    expect(mirrored[0]).not.toBeCloseTo(zeros[0]!, 9);
  });
});

describe("enlarging", () => {
  it("by the fixed kernel is bilinear interpolation away from the border", async () => {
    const graph = (upsampling: string) =>
      buildNetwork(
        "dilatednet",
        { width: 1, fcChannels: 1, border: "zeros", context: "none", upsampling },
        [1, 3, 64, 64],
        2,
      );
    const image = uniform([1, 3, 64, 64], -1, 1);
    const logits = async (upsampling: string): Promise<Float32Array> => {
      const { graph: built, state, outputs } = graph(upsampling);
      built.output("logits", outputs.logits);
      const weights = Array.from(state.specs.values(), ({ name, shape, initializer }) => {
        const bilinear = name === "ctx_upsample.weight";
        const data = bilinear ? initializer(shape, new Random(1)) : uniform(shape, -0.5, 1).data;
        return [name, float32(data as Float32Array, shape)] as const;
      });
      return (await evaluate(built, { ...Object.fromEntries(weights), image })).logits!.data as Float32Array;
    };
    const [kernel, resized] = [await logits("fixed"), await logits("resize")];
    const inner = (map: Float32Array) =>
      Float32Array.from({ length: 56 * 56 }, (_, i) => map[(4 + Math.floor(i / 56)) * 64 + 4 + (i % 56)]!);
    expect(Math.max(...inner(kernel))).toBeGreaterThan(Math.min(...inner(kernel)));
    expect(inner(kernel)).toBeAllclose(inner(resized), { rtol: 1e-5, atol: 1e-6 });
  });
});
