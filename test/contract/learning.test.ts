/**
 * @file Every architecture learns four images by heart, and what it has learnt outlives it: in a file of weights bit for bit, and
 * in an exported model of free sizes.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Graph } from "../../src/graph/index.js";
import { architectures } from "../../src/models/registry.js";
import { NetworkState, Scope } from "../../src/nn/scope.js";
import { writeBundle } from "../../src/predict/bundle.js";
import { Predictor } from "../../src/predict/predictor.js";
import { Session } from "../../src/runtime/session.js";
import { float32, type Tensor } from "../../src/runtime/tensor.js";
import { compileEvaluation } from "../../src/train/compile-evaluation.js";
import { decodeSafetensors, encodeSafetensors, fitWeights, type NamedTensors } from "../../src/weights/index.js";
import { infoOf, onCpu } from "../tiny-network.js";
import { type Learnt, learn } from "./learning.js";
import { lessonFor } from "./lessons.js";
import { legalSides, open, randomImage } from "./network.js";

/** What the loss must fall below, as a share of the first; dropout of heads keeps some above what they know. */
const shareOfLoss = 0.5;

/** Share of the probabilities that must agree. Not all: where two values of a pooling are nearly equal, an unpooling may take the other. */
const leastAgreement = 0.999;

/** Share of numbers that differ by less than `tolerance`. */
function shareWithin(tolerance: number, found: Tensor, expected: Tensor): number {
  const [a, b] = [found.data as Float32Array, expected.data as Float32Array];
  return a.filter((value, i) => Math.abs(value - b[i]!) < tolerance).length / b.length;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;

/** Weights written to a file and read for the network again. */
function savedAndLoaded({ network, weights }: Learnt): NamedTensors {
  const file = Buffer.concat(encodeSafetensors(weights));
  const { tensors } = decodeSafetensors(file, "the file");
  return fitWeights(tensors, { tensors: weights, numClasses: network.numClasses }, { what: "the file" }).tensors;
}

/** Probabilities in eval mode of images whose size is known to the graph. */
async function probabilitiesOf({ network, weights }: Learnt, images: Float32Array, shape: readonly number[]) {
  const [batch, , height, width] = shape as [number, number, number, number];
  const { device, threads } = await onCpu();
  const { target, channelBlock } = device;
  const output = "probabilities";
  const model = compileEvaluation({ network, batch, height, width, target, channelBlock, output });
  const session = await Session.create(model, { threads });
  const { probabilities } = await session.run({ ...Object.fromEntries(weights), image: float32(images, shape) });
  await session.release();
  return probabilities!;
}

describe.each(architectures.map((architecture) => architecture.name))("%s", (name) => {
  const lesson = lessonFor(name);
  let learnt: Learnt;
  beforeAll(async () => {
    learnt = await learn(name, lesson);
  }, 600_000);
  afterAll(() => {
    // Forty networks in one file: each is let go.
    learnt = undefined as never;
  });

  it(`learns four images by heart: ${100 * lesson.accuracy} % of the pixels in ${lesson.steps} steps`, () => {
    const { losses, accuracy, commonest, unmoved } = learnt;
    expect(commonest).toBeLessThan(0.51);
    expect(mean(losses.slice(-5))).toBeLessThan(shareOfLoss * losses[0]!);
    expect(accuracy).toBeGreaterThan(lesson.accuracy);
    expect(unmoved).toEqual([]);
  });

  it("gives the same logits, bit for bit, from weights that were saved and loaded", async () => {
    const { network, batch, height, width, weights } = learnt;
    const graph = new Graph();
    const image = graph.input("image", "float32", [4, 3, height, width]);
    const scope = new Scope(new NetworkState(graph, "eval"));
    graph.output("logits", network.architecture.build(scope, image, network.numClasses, network.options).logits);
    const session = await open(graph);
    const images = float32(batch.images.slice(), [4, 3, height, width]);
    const logits = async (tensors: NamedTensors) =>
      (await session.run({ ...Object.fromEntries(tensors), image: images })).logits!.data as Float32Array;
    const [expected, found] = [await logits(weights), await logits(savedAndLoaded(learnt))];
    await session.release();
    expect(Buffer.from(found.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
  });

  it("exports with free batch, height and width, and agrees with the trained network at two sizes", async () => {
    const { network, batch, weights } = learnt;
    const asTheyAre = infoOf(network, { normalise: { mean: [0], std: [1], where: "inside the graph" } });
    const bundle = writeBundle(network, weights, asTheyAre);
    const predictor = await Predictor.load(bundle, await onCpu());
    const [h, w] = legalSides(network, [75, 61], [22, 30]);
    const other = randomImage([1, 3, h!.input, w!.input]);
    for (const { data, shape } of [float32(batch.images, [4, 3, learnt.height, learnt.width]), other]) {
      const images = data as Float32Array;
      const expected = await probabilitiesOf(learnt, images.slice(), shape);
      const found = await predictor.run(images.slice(), shape as [number, number, number, number]);
      expect(found.shape).toEqual(expected.shape);
      expect(shareWithin(1e-4, found, expected)).toBeGreaterThan(leastAgreement);
    }
    await predictor.close();
  });
});
