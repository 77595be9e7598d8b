/** @file The sessions of a training step: compiled for a device, small tensors packed, loaded into a host. */
import { decodeModel, encodeModel } from "../onnx/model.js";
import type { Device } from "../runtime/devices.js";
import type { SessionHost } from "../runtime/host.js";
import type { PackMember } from "../runtime/index.js";
import { compileAccumulatedStep, compileStep } from "./compile.js";
import { packMembers, packModel, packName } from "./pack.js";
import type { CompiledStep, ResidentTensor, StepSpec } from "./step.js";

export interface Loaded {
  readonly session: number;
  readonly compiled: CompiledStep;
}

export interface LoadedSteps {
  readonly forward: Loaded;
  /** The update on its own, when gradients are accumulated. */
  readonly apply?: Loaded;
  /** The tensors that live from step to step, each once. */
  readonly residents: readonly ResidentTensor[];
}

/** A step, and where its sessions go. */
export interface StepRequest {
  readonly step: Omit<StepSpec, "target" | "channelBlock">;
  /** Micro-batches whose gradients are averaged before an update. */
  readonly accumulate: number;
  readonly device: Device;
  readonly threads: number;
}

async function load(
  host: SessionHost,
  compiled: CompiledStep,
  members: readonly PackMember[],
  { device, threads }: StepRequest,
): Promise<Loaded> {
  const options = { provider: device.provider, threads };
  if (members.length === 0)
    return { session: await host.load({ model: compiled.model, options, writes: compiled.writes }), compiled };
  const { model, writes } = packModel(decodeModel(compiled.model), members, compiled.writes);
  const pack = { name: packName, members };
  return { session: await host.load({ model: encodeModel(model), options, writes, pack }), compiled };
}

/**
 * Compiles a step for a device and loads it.
 *
 * @throws As `compileStep`; RuntimeError when the device refuses the model.
 */
export async function loadSteps(host: SessionHost, request: StepRequest): Promise<LoadedSteps> {
  const { device, accumulate } = request;
  const spec: StepSpec = { ...request.step, target: device.target, channelBlock: device.channelBlock };
  const pair = accumulate > 1 ? compileAccumulatedStep(spec, accumulate) : undefined;
  const forward = pair ? pair.accumulate : compileStep(spec);
  const all = [...forward.residents, ...(pair?.apply.residents ?? [])];
  const residents = [...new Map(all.map((resident) => [resident.name, resident])).values()];
  // Elsewhere an operator may be limited to few inputs.
  const members = device.target === "cpu" ? packMembers(residents) : [];
  return {
    forward: await load(host, forward, members, request),
    ...(pair ? { apply: await load(host, pair.apply, members, request) } : {}),
    residents,
  };
}
