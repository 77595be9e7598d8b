/**
 * @file SessionHost: sessions in a thread of their own. A run blocks its thread, so progress bars, signals and servers stay
 * alive only when it is another one; and a thread inside a run must never be terminated (the process would abort), so
 * stopping is a message that is answered after the step.
 */
import { Worker } from "node:worker_threads";
import { RuntimeError } from "../errors/index.js";
import { workerUrl } from "../util/worker-url.js";
import type { Answer, Envelope, LoadRequest, Reply, Request, TensorTable } from "./host-messages.js";

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** Buffers that are worth handing over instead of copying; only those that hold nothing but one tensor. */
function handedOver(tensors: TensorTable): ArrayBuffer[] {
  const large = Object.values(tensors).filter(
    ({ data }) => data.byteLength > 65536 && data.byteLength === data.buffer.byteLength,
  );
  return [...new Set(large.map(({ data }) => data.buffer as ArrayBuffer))];
}

export class SessionHost {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 0;
  private stopped = false;

  constructor() {
    const { url, execArgv } = workerUrl("./host-worker", import.meta.url);
    this.worker = new Worker(url, { execArgv });
    this.worker.on("message", ({ id, body }: Envelope<Answer>) => {
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      if (body.ok) waiting?.resolve(body.reply);
      else waiting?.reject(new RuntimeError(body));
    });
    this.worker.on("error", (error) => this.fail(error));
    this.worker.on("exit", () =>
      this.fail(new RuntimeError({ expected: "a running session host", found: "it has stopped" })),
    );
  }

  /** Loads a model; gives the number that `run` takes. */
  async load(request: Omit<LoadRequest, "kind">): Promise<number> {
    return ((await this.ask({ kind: "load", ...request })) as { session: number }).session;
  }

  /**
   * Runs a model on `feeds` and the kept tensors; gives the outputs named in `fetch` and the milliseconds of the run. Large feeds are
   * handed over: their buffers cannot be used afterwards.
   */
  async run(
    session: number,
    feeds: TensorTable,
    fetch: readonly string[],
  ): Promise<{ tensors: TensorTable; milliseconds: number }> {
    const reply = await this.ask({ kind: "run", session, feeds, fetch }, handedOver(feeds));
    return reply as { tensors: TensorTable; milliseconds: number };
  }

  /** Keeps tensors in the host under their names. Large ones are handed over: their buffers cannot be used afterwards. */
  async put(tensors: TensorTable): Promise<void> {
    await this.ask({ kind: "put", tensors }, handedOver(tensors));
  }

  /** Copies of kept tensors. */
  async get(names: readonly string[]): Promise<TensorTable> {
    return ((await this.ask({ kind: "get", names })) as { tensors: TensorTable }).tensors;
  }

  async release(session: number): Promise<void> {
    await this.ask({ kind: "release", session });
  }

  /** Lets the running step end, releases all sessions and ends the thread. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    const ended = new Promise((resolve) => this.worker.once("exit", resolve));
    await this.ask({ kind: "stop" });
    await ended;
  }

  private ask(body: Request, transfer: readonly ArrayBuffer[] = []): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const id = this.nextId++;
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, body } satisfies Envelope<Request>, transfer);
    });
  }

  private fail(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
