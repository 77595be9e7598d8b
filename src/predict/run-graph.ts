/** @file The run's own evaluation graph: static sizes, weights beside it, as validation during training runs it. */
import type { Device } from "../runtime/devices.js";
import { SessionHost } from "../runtime/host.js";
import { float32 } from "../runtime/tensor.js";
import { compileEvaluation } from "../train/compile-evaluation.js";
import type { NetworkSpec } from "../train/step.js";
import type { NamedTensors } from "../weights/tensor.js";
import type { Planes } from "./planes.js";

export class RunGraph {
  private readonly sessions = new Map<string, Promise<number>>();

  private constructor(
    private readonly host: SessionHost,
    private readonly network: NetworkSpec,
    private readonly device: Device,
    private readonly threads: number,
  ) {}

  /** Puts the weights into a session host; graphs are built when their size is met. */
  static async open(
    network: NetworkSpec,
    weights: NamedTensors,
    { device, threads }: { readonly device: Device; readonly threads: number },
  ): Promise<RunGraph> {
    const host = new SessionHost();
    await host.put(Object.fromEntries(weights));
    return new RunGraph(host, network, device, threads);
  }

  /** Probabilities of one normalised image. @throws ShapeError when the network cannot take its size. */
  async look({ data, channels, height, width }: Planes): Promise<Planes> {
    const session = await this.sessionFor(height, width);
    const { tensors } = await this.host.run(session, { image: float32(data, [1, channels, height, width]) }, [
      "probabilities",
    ]);
    const { shape, data: out } = tensors.probabilities!;
    const [, K, h, w] = shape as [number, number, number, number];
    return { data: out as Float32Array, channels: K, height: h, width: w };
  }

  async close(): Promise<void> {
    await this.host.stop();
  }

  private sessionFor(height: number, width: number): Promise<number> {
    const key = `${height} ${width}`;
    const session = this.sessions.get(key) ?? this.load(height, width);
    this.sessions.set(key, session);
    return session;
  }

  private load(height: number, width: number): Promise<number> {
    const { network, threads } = this;
    const { provider, target, channelBlock } = this.device;
    const model = compileEvaluation({
      network,
      batch: 1,
      height,
      width,
      target,
      channelBlock,
      output: "probabilities",
    });
    return this.host.load({ model, options: { provider, threads } });
  }
}
