/**
 * @file The suite in which architectures learn four images by heart, and what they have learnt outlives them: in a file of
 * weights bit for bit, and in an exported model of free sizes.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Graph } from "../../src/graph/index.js";
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

/**
 * Share of the probabilities that the predictor must agree in. It lets ONNX Runtime fold BatchNorm into convolutions, which rounds
 * differently, by some 1e-6; a graph run as it is written agrees in all. Where two values of a pooling are equal but for that,
 * unpooling takes the other: one window of DeconvNet's second level reaches 617 numbers, 4.5 % of the smaller image's.
 */
const leastAgreement = { unpooling: 0.95, without: 0.999 };

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

/** Probabilities in eval mode of images whose size is known to the graph, on the CPU in its blocked layout or as on any device. */
async function probabilitiesOf(learnt: Learnt, images: Tensor, layout: "blocked" | "plain"): Promise<Tensor> {
  const [batch, , height, width] = images.shape as readonly number[] as [number, number, number, number];
  const { target, channelBlock } = (await onCpu()).device;
  const lowered = layout === "blocked" ? { target, channelBlock } : ({ target: "portable", channelBlock: 0 } as const);
  const size = { batch, height, width };
  const model = compileEvaluation({ network: learnt.network, ...size, ...lowered, output: "probabilities" });
  return runOnce(model, { ...Object.fromEntries(learnt.weights), image: images });
}

/** What a model, run as it is written, gives as probabilities. */
async function runOnce(model: Uint8Array, feeds: { readonly [name: string]: Tensor }): Promise<Tensor> {
  const session = await Session.create(model, { threads: 1 });
  const { probabilities } = await session.run(feeds);
  await session.release();
  return probabilities!;
}

/** Whether the network writes values to the places where poolings found their maxima. */
function unpools({ network, height, width }: Learnt): boolean {
  const graph = new Graph();
  const image = graph.input("image", "float32", [1, network.channels, height, width]);
  const scope = new Scope(new NetworkState(graph, "eval"));
  network.architecture.build(scope, image, network.numClasses, network.options);
  return graph.nodes.some(({ op }) => op === "MaxUnpool");
}

const copyOf = ({ data, shape }: Tensor): Tensor => float32((data as Float32Array).slice(), shape);

/** What each of the named architectures must do. */
export function learningSuite(names: readonly string[]): void {
  describe.each(names)("%s", (name) => {
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
      const { unpooling, without } = leastAgreement;
      for (const images of [float32(batch.images, [4, 3, learnt.height, learnt.width]), other]) {
        const asWritten = await runOnce(bundle, { image: images });
        const plain = await probabilitiesOf(learnt, images, "plain");
        expect(asWritten.shape).toEqual(plain.shape);
        expect(shareWithin(1e-5, asWritten, plain)).toBe(1);
        const found = await predictor.run(
          copyOf(images).data as Float32Array,
          images.shape as [number, number, number, number],
        );
        const expected = await probabilitiesOf(learnt, images, "blocked");
        expect(found.shape).toEqual(expected.shape);
        expect(shareWithin(1e-4, found, expected)).toBeGreaterThan(unpools(learnt) ? unpooling : without);
      }
      await predictor.close();
    });
  });
}
