/** @file The loader's worker thread: one job in, one batch out, until it is told to close. */
import { parentPort, workerData } from "node:worker_threads";
import sharp from "sharp";
import type { BatchJob, BatchMakerOptions } from "./batch-maker.js";
import { batchMaker } from "./batch-maker.js";

/** What a worker is told: make a batch, or end. */
export type WorkerOrder = BatchJob | "close";

const port = parentPort!;
// Each worker is one thread of work: libvips' own threads would take the cores that the training step computes on.
// Its cache of operations holds pictures that are never asked for again.
sharp.concurrency(1);
sharp.cache(false);
const make = batchMaker(workerData as BatchMakerOptions);

port.on("message", async (order: WorkerOrder) => {
  // Without the port nothing keeps the thread alive, and it ends by itself: safer than to be torn down amid a decoding.
  if (order === "close") return port.close();
  const result = await make(order);
  const { images, views, masks, pixelWeights } = "made" in result ? result.made : {};
  const transfer = [images, ...(views ?? []), masks, pixelWeights].flatMap((data) => data?.buffer ?? []);
  port.postMessage(result, transfer as ArrayBuffer[]);
});
