/** @file A session: one ONNX model loaded into ONNX Runtime. The only file that calls ONNX Runtime's native binding. */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ort from "onnxruntime-node";
import { RuntimeError } from "../errors/index.js";
import type { ConstantData, DType } from "../graph/types.js";
import type { Tensor } from "./tensor.js";

export type ExecutionProvider = "cpu" | "cuda" | "webgpu" | "dml" | "coreml";

export interface SessionOptions {
  readonly provider?: ExecutionProvider;
  /** Threads inside one operator; default 0 lets ONNX Runtime take the physical cores. */
  readonly threads?: number;
  /**
   * `none` runs the graph as written: right for training graphs, where ONNX Runtime's optimizer costs seconds and gains
   * nothing. `all` folds BatchNorm into convolutions and changes layouts: right for inference with weights inside.
   */
  readonly optimize?: "none" | "all";
  /** Prefix of the profile file that ONNX Runtime writes when the session ends. */
  readonly profile?: string;
}

/** Whether the library of a provider that is not part of ONNX Runtime itself lies beside it. */
export function providerInstalled(provider: ExecutionProvider): boolean {
  if (provider !== "cuda") return true;
  const folder = join(dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json")), "bin");
  return readdirSync(folder, { recursive: true }).some((file) =>
    /onnxruntime_providers_cuda\.(so|dll)$/.test(String(file)),
  );
}

export type Tensors = { readonly [name: string]: Tensor };

/** A loaded model. `run` blocks its thread until the result is there. */
export class Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  private readonly inner: ort.InferenceSession;

  private constructor(inner: ort.InferenceSession) {
    this.inner = inner;
    this.inputNames = inner.inputNames;
    this.outputNames = inner.outputNames;
  }

  /**
   * Loads the bytes of an ONNX model.
   *
   * @throws RuntimeError when ONNX Runtime refuses the model or the device is not there.
   */
  static async create(
    model: Uint8Array,
    { provider = "cpu", threads = 0, optimize = "none", profile }: SessionOptions = {},
  ): Promise<Session> {
    try {
      const inner = await ort.InferenceSession.create(model, {
        executionProviders: [provider],
        graphOptimizationLevel: optimize === "all" ? "all" : "disabled",
        // Patterns keep a peak-sized arena alive: 30 % more memory for no speed (docs/explanation/runtime.md).
        enableMemPattern: false,
        executionMode: "sequential",
        interOpNumThreads: 1,
        ...(threads > 0 ? { intraOpNumThreads: threads } : {}),
        // Idle sessions that spin slow every other session of the process down two- to fourfold.
        extra: { session: { intra_op: { allow_spinning: "0" } } },
        logSeverityLevel: 3,
        ...(profile ? { enableProfiling: true, profileFilePrefix: profile } : {}),
      });
      return new Session(inner);
    } catch (error) {
      throw new RuntimeError(
        {
          expected: `a model that ONNX Runtime can run on ${provider}`,
          found: firstLine(error),
          next: provider === "cpu" ? "Please report this model." : "Use --device cpu, or install the provider.",
        },
        { cause: error },
      );
    }
  }

  /** Runs the model once: a tensor for each input name in, a tensor for each output name out. */
  async run(feeds: Tensors): Promise<{ [name: string]: Tensor }> {
    const inputs: { [name: string]: ort.Tensor } = {};
    for (const name of this.inputNames) {
      const tensor = feeds[name];
      if (!tensor)
        throw new RuntimeError({ expected: `tensors for ${this.inputNames.join(", ")}`, found: `nothing for ${name}` });
      inputs[name] = new ort.Tensor(tensor.dtype as "float32", tensor.data as Float32Array, tensor.shape);
    }
    try {
      const outputs = await this.inner.run(inputs);
      return Object.fromEntries(
        Object.entries(outputs).map(([name, t]) => [
          name,
          { dtype: t.type as DType, shape: t.dims, data: t.data as ConstantData },
        ]),
      );
    } catch (error) {
      throw new RuntimeError(
        {
          expected: "a run without errors",
          found: firstLine(error),
          next: "If memory ran out, use a smaller batch or size.",
        },
        { cause: error },
      );
    }
  }

  /** Ends profiling and writes the profile. */
  endProfiling(): void {
    this.inner.endProfiling();
  }

  async release(): Promise<void> {
    await this.inner.release();
  }
}

const firstLine = (error: unknown): string => String((error as Error)?.message ?? error).split("\n")[0]!;
