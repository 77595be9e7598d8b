/** @file Finds out how many channels ONNX Runtime's blocked layout (NCHWc) packs together on this machine. */
import { encodeModel } from "../onnx/model.js";
import { Session } from "./session.js";
import { float32 } from "./tensor.js";

const channels = 16;

let found: Promise<number> | undefined;

/** Channels in a block on this machine's CPU: 16, 8, or 0 where ONNX Runtime has no blocked layout. Asked once a process. */
export function channelBlock(): Promise<number> {
  found ??= probe();
  return found;
}

/** Reorders a map of 16 channels and two pixels, whose values name their channel, and looks at where the second pixel begins. */
async function probe(): Promise<number> {
  const shape = { dim: [1, channels, 1, 2].map((dimValue) => ({ dimValue })) };
  const info = (name: string) => ({ name, type: { tensorType: { elemType: 1, shape } } });
  const model = encodeModel({
    irVersion: 10,
    producerName: "segkit",
    opsetImport: [
      { domain: "", version: 21 },
      { domain: "com.microsoft.nchwc", version: 1 },
    ],
    metadataProps: [],
    graph: {
      name: "probe",
      initializer: [],
      input: [info("x")],
      output: [info("y")],
      node: [{ opType: "ReorderInput", domain: "com.microsoft.nchwc", input: ["x"], output: ["y"] }],
    },
  });
  try {
    const session = await Session.create(model, { threads: 1 });
    const { y } = await session.run({
      x: float32(
        Array.from({ length: 2 * channels }, (_, i) => i % 2),
        [1, channels, 1, 2],
      ),
    });
    await session.release();
    const block = Array.from(y!.data as Float32Array).indexOf(1);
    return block === 8 || block === 16 ? block : 0;
  } catch {
    return 0;
  }
}
