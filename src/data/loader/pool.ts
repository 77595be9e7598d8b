/** @file The threads that make batches: jobs go to whichever is free, one at a time each. */
import { Worker } from "node:worker_threads";
// Loaded here although only workers use it: libvips must be in the process before the first thread is, and stay after the last.
import "sharp";
import { RuntimeError } from "../../errors/index.js";
import { workerUrl } from "../../util/worker-url.js";
import { type BatchJob, type BatchMakerOptions, type BatchResult, batchMaker } from "./batch-maker.js";
import type { WorkerOrder } from "./worker.js";

/** Who makes batches. */
export interface BatchMakers {
  /** Undefined when `signal` was raised before the job's turn came. */
  make(job: BatchJob, signal: AbortSignal): Promise<BatchResult | undefined>;
  /** Ends the threads; jobs under way are finished first. */
  close(): Promise<void>;
}

interface Order {
  readonly job: BatchJob;
  readonly signal: AbortSignal;
  readonly resolve: (result: BatchResult | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** Makes batches in the calling thread, when they are asked for. */
export function inlineMaker(options: BatchMakerOptions): BatchMakers {
  const make = batchMaker(options);
  return {
    make: async (job, signal) => (signal.aborted ? undefined : make(job)),
    close: async () => {},
  };
}

/** Makes batches in `count` worker threads, which start with the first job. Idle threads do not keep the process alive. */
export class WorkerPool implements BatchMakers {
  private readonly busy = new Map<Worker, Order | undefined>();
  private readonly waiting: Order[] = [];
  private failure: Error | undefined;
  private closed = false;

  constructor(
    private readonly options: BatchMakerOptions,
    private readonly count: number,
  ) {
    // Wrong transforms are reported here rather than by a thread that dies.
    batchMaker(options);
  }

  async make(job: BatchJob, signal: AbortSignal): Promise<BatchResult | undefined> {
    if (this.closed) return undefined;
    return new Promise((resolve, reject) => {
      this.waiting.push({ job, signal, resolve, reject });
      if (this.busy.size < this.count && !this.failure) this.start();
      this.dispatch();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const order of this.waiting.splice(0)) order.resolve(undefined);
    const ended = [...this.busy.keys()].map((worker) => {
      worker.ref();
      const exit = new Promise((resolve) => worker.once("exit", resolve));
      worker.postMessage("close" satisfies WorkerOrder);
      return exit;
    });
    await Promise.all(ended);
  }

  private start(): void {
    const { url, execArgv } = workerUrl("./worker", import.meta.url);
    const worker = new Worker(url, { execArgv, workerData: this.options });
    this.busy.set(worker, undefined);
    worker.unref();
    worker.on("message", (result: BatchResult) => {
      const order = this.busy.get(worker);
      this.busy.set(worker, undefined);
      worker.unref();
      order?.resolve(result);
      this.dispatch();
    });
    worker.on("error", (cause) => this.fail(cause));
    worker.on("exit", () => {
      const order = this.busy.get(worker);
      this.busy.delete(worker);
      if (!order) return;
      if (this.closed) return order.resolve(undefined);
      this.fail(new Error("the thread ended amid a batch"));
      order.reject(this.failure!);
    });
  }

  /** Gives waiting jobs to idle threads. */
  private dispatch(): void {
    if (this.failure) {
      for (const order of this.waiting.splice(0)) order.reject(this.failure);
      return;
    }
    for (const [worker, current] of this.busy) {
      if (current) continue;
      let next = this.waiting.shift();
      while (next?.signal.aborted) {
        next.resolve(undefined);
        next = this.waiting.shift();
      }
      if (!next) return;
      this.busy.set(worker, next);
      worker.ref();
      worker.postMessage(next.job satisfies WorkerOrder);
    }
  }

  private fail(cause: Error): void {
    this.failure ??= new RuntimeError(
      {
        found: `a thread that loads data failed: ${cause.message}`,
        expected: "threads that run until the loader is closed",
        next: "Run again with 0 workers to see where it fails.",
      },
      { cause },
    );
    this.dispatch();
  }
}
