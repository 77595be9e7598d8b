import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../../test/build-network.js";
import { evaluate } from "../../../test/evaluate.js";
import { Graph } from "../../graph/index.js";
import { pixelsOf, receptiveFields } from "../../graph/receptive-field.js";
import { initialize } from "../../nn/initializers.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import { shiftAndStitch } from "../../nn/shift-and-stitch.js";
import { float32, int32, type Tensor } from "../../runtime/tensor.js";
import { Random } from "../../util/random.js";
import { layouts, type PatchSide, patchNetwork, strideOf } from "./network.js";

const sides = Object.keys(layouts).map(Number) as PatchSide[];
const random = (shape: readonly number[]): Tensor => {
  const stream = new Random(1, "patch-cnn", ...shape);
  return float32(
    Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => stream.between(-1, 1)),
    shape,
  );
};
const weights = ({ specs }: NetworkState): { [name: string]: Tensor } =>
  Object.fromEntries(
    Array.from(initialize(specs.values(), 1), ([name, data]) => [name, float32(data, specs.get(name)!.shape)]),
  );

describe.each(sides)("a patch of %i", (patch) => {
  it("leaves one answer, of which it is the receptive field", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [1, 3, patch, patch]);
    const options = { width: 2, fcChannels: 3, numClasses: 2, form: "strided" } as const;
    const y = patchNetwork(new Scope(new NetworkState(graph, "eval")), x, layouts[patch], options);
    expect(y.shape).toEqual([1, 2, 1, 1]);
    const [axis] = receptiveFields(x).get(y)!.axes;
    expect([pixelsOf(axis), axis.stride]).toEqual([patch, strideOf(layouts[patch])]);
  });

  it("is all that a pixel of the whole image sees, and the pixel stands in its middle", () => {
    const { image, outputs } = buildNetwork("patch-cnn", { patch, width: 2, fcChannels: 2 }, [1, 3, 128, 128], 2);
    const half = (patch - 1) / 2;
    expect(receptiveFields(image).get(outputs.logits)!.axes[0]).toEqual({ stride: 1, low: -half, high: half });
  });
});

it("has 48 channels and 200 units: 144,026 parameters for patches of 65 and 2 classes", () => {
  // conv1 48*3*16 + 48, conv2 48*48*16 + 48, conv3 48*48*25 + 48, conv4 as conv2, fc 48*200 + 200, score 200*2 + 2
  const { parameters } = buildNetwork("patch-cnn", {}, [1, 3, 64, 64], 2);
  expect(parameters).toBe(2352 + 36_912 + 57_648 + 36_912 + 9800 + 402);
});

describe("every pixel of an image", () => {
  it("has by shift-and-stitch the answers that it has without strides, by dilated filters", async () => {
    const [layout, stream] = [layouts[33], random([2, 3, 60, 49])];
    const graph = new Graph();
    const scope = new Scope(new NetworkState(graph, "eval"));
    const x = graph.input("x", "float32", stream.shape);
    const options = { width: 4, fcChannels: 6, numClasses: 3 };
    graph.output("dilated", patchNetwork(scope, x, layout, { ...options, form: "dilated" }));
    const strided = {
      field: 33,
      stride: strideOf(layout),
      run: (batch: typeof x) => patchNetwork(scope, batch, layout, { ...options, form: "strided" }),
    };
    graph.output("stitched", shiftAndStitch(scope, x, strided));
    const { dilated, stitched } = await evaluate(graph, { ...weights(scope.state), x: stream });
    expect(dilated!.shape).toEqual([2, 3, 28, 17]);
    expect(stitched!.shape).toEqual(dilated!.shape);
    expect(stitched!.data as Float32Array).toBeAllclose(dilated!.data as Float32Array, { rtol: 1e-4, atol: 1e-6 });
  });

  it("has in training the logits of the patch around it", async () => {
    const image = random([2, 3, 40, 35]);
    const options = { patch: 33, width: 4, fcChannels: 6, samples: 30 };
    const train = buildNetwork("patch-cnn", options, image.shape, 3, "train");
    train.graph.output("logits", train.outputs.logits);
    train.graph.output("places", train.outputs.samples!);
    const whole = buildNetwork("patch-cnn", { ...options, training: "whole-image" }, image.shape, 3, "train");
    whole.graph.output("logits", whole.outputs.logits);
    expect(whole.outputs.samples).toBeUndefined();
    const values = weights(train.state);
    const sampled = await evaluate(train.graph, { ...values, image, seed: int32([1], [1]) });
    const dense = (await evaluate(whole.graph, { ...values, image })).logits!;
    expect([sampled.logits!.shape, dense.shape]).toEqual([
      [2, 3, 1, 30],
      [2, 3, 40, 35],
    ]);
    const places = sampled.places!.data as Int32Array;
    const expected = Float32Array.from({ length: 2 * 3 * 30 }, (_, i) => {
      const [map, place] = [Math.floor(i / 30), places[Math.floor(i / 90) * 30 + (i % 30)]!];
      return dense.data[map * 40 * 35 + place] as number;
    });
    expect(sampled.logits!.data as Float32Array).toBeAllclose(expected, { rtol: 1e-4, atol: 1e-6 });
  });
});
