/** @file Devices: which execution provider runs a model, and what `auto` falls back to. */

import { UsageError } from "../errors/index.js";
import type { Target } from "../graph/types.js";
import { encodeModel } from "../onnx/model.js";
import { nearestNames } from "../util/nearest.js";
import { channelBlock } from "./blocked-layout.js";
import { type ExecutionProvider, providerInstalled, Session } from "./session.js";
import { float32 } from "./tensor.js";

export const deviceNames = ["auto", "cpu", "cuda", "webgpu", "dml", "coreml"] as const;
export type DeviceName = (typeof deviceNames)[number];

/** A device that was tried and works. */
export interface Device {
  readonly provider: ExecutionProvider;
  /** What graphs are lowered for on it. */
  readonly target: Target;
  /** Channels in a block of the CPU's blocked layout; 0 on other devices. */
  readonly channelBlock: number;
  /** Why `auto` did not take another one; undefined when the device was named or there is nothing to say. */
  readonly note?: string;
}

/** What `auto` tries before the CPU, by operating system. WebGPU is left out: on machines without a GPU it is emulated and slow. */
const candidates: { readonly [platform: string]: readonly ExecutionProvider[] } = {
  linux: ["cuda"],
  win32: ["cuda", "dml"],
  darwin: ["coreml"],
};

/** Why a provider cannot be used, or undefined: it has to be installed, and add a number to itself. */
async function probe(provider: ExecutionProvider): Promise<string | undefined> {
  // ONNX Runtime writes to standard error when it misses the library; asking first keeps that quiet.
  if (!providerInstalled(provider)) return "its library is not installed";
  const info = (name: string) => ({ name, type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }] } } } });
  const model = encodeModel({
    irVersion: 10,
    producerName: "segkit",
    opsetImport: [{ domain: "", version: 21 }],
    metadataProps: [],
    graph: {
      name: "probe",
      initializer: [],
      input: [info("x")],
      output: [info("y")],
      node: [{ opType: "Add", input: ["x", "x"], output: ["y"] }],
    },
  });
  try {
    const session = await Session.create(model, { provider, threads: 1 });
    await session.run({ x: float32([1], [1]) });
    await session.release();
    return undefined;
  } catch (error) {
    return (error as { found?: string }).found ?? String(error);
  }
}

async function describe(provider: ExecutionProvider, note?: string): Promise<Device> {
  const cpu = provider === "cpu";
  return {
    provider,
    target: cpu ? "cpu" : "portable",
    channelBlock: cpu ? await channelBlock() : 0,
    ...(note ? { note } : {}),
  };
}

/**
 * The device of a name, after trying it; `auto` takes the first of the operating system's accelerators that works, else the CPU with a
 * note that says why.
 *
 * @throws UsageError for an unknown name, or a named device that does not work here.
 */
export async function openDevice(name: string): Promise<Device> {
  if (!(deviceNames as readonly string[]).includes(name))
    throw new UsageError({
      expected: `a device of ${deviceNames.join(", ")}`,
      found: `no device is named ${name}`,
      next: `Did you mean ${nearestNames(name, deviceNames)[0] ?? "auto"}?`,
    });
  if (name === "cpu") return describe("cpu");
  if (name !== "auto") {
    const reason = await probe(name as ExecutionProvider);
    if (reason === undefined) return describe(name as ExecutionProvider);
    throw new UsageError({
      expected: `a working ${name} device`,
      found: `ONNX Runtime cannot use it: ${reason}`,
      next: "Use --device cpu, or install the provider.",
    });
  }
  const refused: string[] = [];
  for (const provider of candidates[process.platform] ?? []) {
    const reason = await probe(provider);
    if (reason === undefined) return describe(provider);
    refused.push(`${provider}: ${reason}`);
  }
  return describe("cpu", refused.length > 0 ? `Using the CPU. ${refused.join("; ")}` : undefined);
}
