import { describe, expect, it } from "vitest";
import { bundleOf, infoOf, networkOf, twoConvs, waves, weightsOf } from "../../test/tiny-network.js";
import { CheckpointError, RuntimeError } from "../errors/index.js";
import { chooseNetwork } from "../models/registry.js";
import { decodeModel, encodeModel } from "../onnx/model.js";
import { Session } from "../runtime/session.js";
import { float32 } from "../runtime/tensor.js";
import { compileEvaluation } from "../train/compile-evaluation.js";
import type { NetworkSpec } from "../train/step.js";
import { readBundle, writeBundle } from "./bundle.js";
import { atTemperature } from "./confidence.js";
import { windowOf } from "./planes.js";

const unet: NetworkSpec = { ...chooseNetwork("unet", { width: 4, depth: 3 }), channels: 3, numClasses: 3 };

/** A batch of images [N, 3, height, width], each different. */
function batchOf(count: number, height: number, width: number): Float32Array {
  const images = Array.from(
    { length: count },
    (_, i) => windowOf(waves(height, width, 3, i), 0, 0, height, width).data,
  );
  return Float32Array.from(images.flatMap((image) => Array.from(image)));
}

/** Probabilities by a graph built for exactly this batch and size, fed with normalised images. */
async function byStaticGraph(images: Float32Array, shape: readonly [number, number, number, number]) {
  const [batch, , height, width] = shape;
  const model = compileEvaluation({
    network: unet,
    batch,
    height,
    width,
    target: "cpu",
    channelBlock: 0,
    output: "probabilities",
  });
  const session = await Session.create(model, { threads: 1 });
  const normalised = images.map((v) => (v - 120) / 60);
  const { probabilities } = await session.run({
    image: float32(normalised, shape),
    ...Object.fromEntries(weightsOf(unet)),
  });
  await session.release();
  return probabilities!;
}

const calibrated = { calibration: { temperature: 1.7, split: "val", pixels: 9, ece: { before: 0.2, after: 0.1 } } };

describe("a bundle", () => {
  it("leaves out the auxiliary heads of training, and nothing else", () => {
    const network: NetworkSpec = {
      ...chooseNetwork("pspnet", { encoder: "resnet18", auxWeight: 0.4 }),
      channels: 3,
      numClasses: 3,
    };
    const trained = weightsOf(network, 1, 64, "train");
    expect([...trained.keys()].filter((name) => name.startsWith("aux_head.")).length).toBeGreaterThan(0);
    const { initializer } = readBundle(writeBundle(network, trained, infoOf(network))).model.graph;
    expect(initializer.some(({ name }) => name?.startsWith("aux_head."))).toBe(false);
    const extra = new Map([...trained, ["stray.weight", trained.values().next().value!]]);
    expect(() => writeBundle(network, extra, infoOf(network))).toThrow(/1 too many \(stray.weight\)/);
  });

  it.each([
    [1, 64, 64],
    [3, 64, 64],
    [1, 37, 50],
    [2, 129, 31],
  ])("runs in plain ONNX Runtime on a batch of %d of %dx%d and equals the graph built for it", async (n, h, w) => {
    const session = await Session.create(bundleOf(unet), { threads: 1, optimize: "all" });
    expect(session.inputNames).toEqual(["image"]);
    expect(session.outputNames).toEqual(["probabilities", "mask"]);
    const images = batchOf(n, h, w);
    const { probabilities, mask } = await session.run({ image: float32(images, [n, 3, h, w]) });
    await session.release();
    const expected = await byStaticGraph(images, [n, 3, h, w]);
    expect(probabilities!.shape).toEqual([n, 3, h, w]);
    expect(probabilities!.data as Float32Array).toBeAllclose(expected.data as Float32Array, { atol: 1e-5 });
    expect([mask!.dtype, ...mask!.shape]).toEqual(["uint8", n, h, w]);
    const p = probabilities!.data as Float32Array;
    for (let i = 0; i < h * w; i++) {
      const values = [0, 1, 2].map((k) => p[k * h * w + i]!);
      expect(values[mask!.data[i] as number]).toBe(Math.max(...values));
    }
  });

  it("divides logits by its temperature, which softens probabilities and leaves the mask", async () => {
    const images = batchOf(2, 40, 48);
    const outputs = [];
    for (const info of [{}, calibrated]) {
      const session = await Session.create(bundleOf(unet, info), { threads: 1, optimize: "all" });
      outputs.push(await session.run({ image: float32(images, [2, 3, 40, 48]) }));
      await session.release();
    }
    const [plain, softer] = outputs.map(({ probabilities }) => probabilities!.data as Float32Array) as [
      Float32Array,
      Float32Array,
    ];
    const pixels = 40 * 48;
    for (const image of [0, 1]) {
      const at = image * 3 * pixels;
      const expected = atTemperature(plain.slice(at, at + 3 * pixels), 3, 1.7);
      expect(softer.slice(at, at + 3 * pixels)).toBeAllclose(expected, { atol: 1e-5 });
    }
    const squares = (values: Float32Array): number => values.reduce((sum, p) => sum + p * p, 0);
    expect(squares(softer)).toBeLessThan(0.95 * squares(plain));
    expect(outputs[1]!.mask!.data).toEqual(outputs[0]!.mask!.data);
    expect(readBundle(bundleOf(unet, calibrated)).info.calibration).toEqual(calibrated.calibration);
  });

  it("says what it was given", () => {
    const network = networkOf(twoConvs, 4, 5);
    const info = infoOf(network, { bands: ["r", "g", "b", "nir"], provenance: { run: "a", score: 0.5 } });
    expect(readBundle(writeBundle(network, weightsOf(network), info)).info).toEqual(info);
  });

  it("is refused when a weight or the information about it was changed", () => {
    const bytes = bundleOf(networkOf(twoConvs));
    const weight = decodeModel(bytes);
    const first = weight.graph.initializer.find(({ name }) => name === "first.weight")!;
    first.rawData = Uint8Array.from(first.rawData!, (byte, i) => (i === 3 ? byte ^ 1 : byte));
    expect(() => readBundle(encodeModel(weight))).toThrow("its checksum differs");
    const info = decodeModel(bytes);
    info.metadataProps[0]!.value = info.metadataProps[0]!.value.replace("class 1", "road");
    expect(() => readBundle(encodeModel(info))).toThrow(RuntimeError);
    expect(() => readBundle(encodeModel(decodeModel(bytes)))).not.toThrow();
  });

  it("is refused when it is cut short, and when it is another ONNX model", () => {
    const bytes = bundleOf(networkOf(twoConvs));
    expect(() => readBundle(bytes.subarray(0, bytes.length / 2))).toThrow(RuntimeError);
    const other = decodeModel(bytes);
    other.metadataProps = [];
    expect(() => readBundle(encodeModel(other))).toThrow("an ONNX model without Segkit's metadata");
  });

  it("is not written with the weights of another network", () => {
    const network = networkOf(twoConvs, 3, 3);
    const write = (): Uint8Array => writeBundle(network, weightsOf(networkOf(twoConvs, 3, 4)), infoOf(network));
    expect(write).toThrow(CheckpointError);
    expect(write).toThrow("last.weight is float32[4, 6, 3, 3], not float32[3, 6, 3, 3]");
  });
});
