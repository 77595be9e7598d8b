/** @file The network that a benchmark's process runs, from its arguments: THREADS NAME BATCH SIZE CLASSES OPTIONS (JSON). */
import { chooseNetwork, type NetworkChoice } from "../src/models/registry.js";
import { Random } from "../src/util/random.js";

export interface BenchNetwork extends NetworkChoice {
  readonly threads: number;
  readonly batch: number;
  readonly size: number;
  readonly numClasses: number;
}

export function networkOfArguments(): BenchNetwork {
  const [threads, name, batch, size, classes, options] = process.argv.slice(2);
  return {
    ...chooseNetwork(name!, JSON.parse(options ?? "{}")),
    threads: Number(threads),
    batch: Number(batch),
    size: Number(size),
    numClasses: Number(classes),
  };
}

/** Seeded random images [batch, 3, size, size]. */
export function imagesFor({ batch, size }: BenchNetwork): Float32Array {
  const random = new Random(1, "image");
  return Float32Array.from({ length: batch * 3 * size * size }, () => random.between(-1, 1));
}
