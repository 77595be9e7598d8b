import { describe, expect, it } from "vitest";
import { encodeModel } from "../../onnx/model.js";
import { channelBlock } from "../../runtime/blocked-layout.js";
import { Session } from "../../runtime/session.js";
import { float32 } from "../../runtime/tensor.js";
import { Random } from "../../util/random.js";
import { Conv, ConvKernelGradient, ConvTranspose, Graph, type Target, writeModel } from "../index.js";

/** Batch, channels, height, width, output channels, kernel, pad, stride, dilation: each takes another formulation on the CPU. */
const cases: [string, readonly number[]][] = [
  ["blocked layout, few input channels", [4, 3, 64, 64, 32, 3, 1, 1, 1]],
  ["blocked layout, rows by columns", [4, 32, 40, 36, 16, 3, 1, 1, 1]],
  ["rows by columns in parts of the batch", [3, 32, 128, 128, 48, 3, 1, 1, 1]],
  ["rows by columns with dilation", [2, 8, 40, 36, 8, 3, 2, 1, 2]],
  ["even kernel", [2, 5, 33, 31, 6, 4, 1, 1, 1]],
  ["small maps, batch merged", [4, 24, 8, 8, 16, 3, 1, 1, 1]],
  ["stride 2, few filters: phases", [2, 16, 65, 64, 16, 3, 1, 2, 1]],
  ["stride 3, kernel 7: phases", [2, 3, 64, 67, 8, 7, 3, 3, 1]],
  ["stride 8, kernel 16 on a small map: phases", [2, 3, 56, 64, 4, 16, 0, 8, 1]],
  ["stride 2, many filters: taps", [1, 6, 40, 36, 100, 3, 1, 2, 1]],
  ["patches", [2, 6, 32, 48, 10, 2, 0, 2, 1]],
  ["single taps", [2, 16, 20, 20, 24, 1, 0, 1, 1]],
];

async function run(
  target: Target,
  block: number,
  [n, c, h, w, k, size, pad, stride, dilation]: readonly number[],
): Promise<Float32Array[]> {
  const graph = new Graph();
  const x = graph.input("x", "float32", [n!, c!, h!, w!]);
  const kernel = graph.input("w", "float32", [k!, c!, size!, size!]);
  const options = {
    pads: [pad!, pad!, pad!, pad!],
    strides: [stride!, stride!],
    dilations: [dilation!, dilation!],
  } as const;
  const y = Conv(x, kernel, null, options);
  graph.output("y", y);
  graph.output("dw", ConvKernelGradient(x, y, [size!, size!], options));
  graph.output("dx", ConvTranspose(y, kernel, null, options));
  const random = new Random(7, "formulations");
  const feed = (shape: number[]) =>
    float32(
      Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => random.between(-1, 1)),
      shape,
    );
  const session = await Session.create(encodeModel(writeModel(graph, { target, channelBlock: block })), { threads: 1 });
  const result = await session.run({ x: feed([n!, c!, h!, w!]), w: feed([k!, c!, size!, size!]) });
  await session.release();
  return ["y", "dw", "dx"].map((name) => result[name]!.data as Float32Array);
}

describe("convolution's formulations on the CPU equal the sum over taps", () => {
  for (const [title, shape] of cases)
    it(title, async () => {
      const expected = await run("reference", 0, shape);
      const found = await run("cpu", await channelBlock(), shape);
      for (const [i, values] of expected.entries()) {
        const largest = values.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
        expect(found[i]!).toBeAllclose(values, { rtol: 0, atol: 3e-6 * largest });
      }
    });
});
