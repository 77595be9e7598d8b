import { describe, expect, it } from "vitest";
import { encodeModel } from "../../onnx/model.js";
import { channelBlock } from "../../runtime/blocked-layout.js";
import { Session } from "../../runtime/session.js";
import { float32 } from "../../runtime/tensor.js";
import { Random } from "../../util/random.js";
import { Conv, ConvKernelGradient, ConvTranspose, Graph, type Target, writeModel } from "../index.js";

/**
 * Batch, channels, height, width, output channels, kernel, pad, stride, dilation, and where they are not 1 and 0 groups and
 * how much more is padded at the end: each takes another formulation on the CPU.
 */
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
  ["live taps: half of the corners dead", [2, 6, 11, 14, 8, 3, 8, 1, 8]],
  ["live taps: only the middle one alive", [2, 6, 9, 10, 8, 3, 12, 1, 12]],
  ["live taps: uneven reach", [2, 5, 20, 9, 4, 3, 7, 1, 8]],
  ["patches", [2, 6, 32, 48, 10, 2, 0, 2, 1]],
  ["single taps", [2, 16, 20, 20, 24, 1, 0, 1, 1]],
  ["depthwise, whole blocks", [3, 32, 17, 19, 32, 3, 1, 1, 1, 32]],
  ["depthwise, a block in part", [2, 12, 20, 21, 12, 5, 2, 1, 1, 12]],
  ["depthwise with dilation", [1, 24, 24, 22, 24, 5, 4, 1, 2, 24]],
  ["depthwise with stride, padded at the end, rows left unread", [2, 16, 20, 23, 16, 3, 0, 2, 1, 16, 1]],
  ["depthwise, channels that no block takes", [2, 6, 9, 10, 6, 3, 1, 1, 1, 6]],
  ["groups of several channels", [2, 8, 9, 10, 12, 3, 1, 1, 1, 4]],
];

async function run(
  target: Target,
  block: number,
  [n, c, h, w, k, size, pad, stride, dilation, group = 1, more = 0]: readonly number[],
): Promise<Float32Array[]> {
  const graph = new Graph();
  const x = graph.input("x", "float32", [n!, c!, h!, w!]);
  const kernelShape = [k!, c! / group, size!, size!];
  const kernel = graph.input("w", "float32", kernelShape);
  const options = {
    group,
    pads: [pad!, pad!, pad! + more, pad! + more],
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
  const result = await session.run({ x: feed([n!, c!, h!, w!]), w: feed(kernelShape) });
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
