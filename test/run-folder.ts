/** @file What tests compare of run folders: all tensors bit for bit, the place, the metrics without clock times. */
import { type CheckpointKind, loadCheckpoint } from "../src/train/checkpoint.js";
import { readMetrics } from "../src/train/record/metrics-log.js";
import { metricsFile } from "../src/train/recording.js";
import { sha256 } from "../src/weights/bytes.js";
import type { NamedTensor } from "../src/weights/tensor.js";

const bytesOf = ({ data }: NamedTensor): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

const hashes = (tensors: ReadonlyMap<string, NamedTensor>): { [name: string]: string } =>
  Object.fromEntries(
    [...tensors].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, tensor]) => [name, sha256([bytesOf(tensor)])]),
  );

/** A checkpoint with a hash in place of each tensor, and its state without seconds. */
export function fingerprint(runDir: string, kind: CheckpointKind) {
  const { weights, optimizer, ema, companions, state } = loadCheckpoint(runDir, kind);
  const { seconds: _, ...place } = state;
  const beside = companions.size > 0 ? { companions: hashes(companions) } : {};
  return { weights: hashes(weights), optimizer: hashes(optimizer), ema: hashes(ema), ...beside, place };
}

/** The lines of metrics.jsonl without seconds. */
export const metricsOf = (runDir: string) =>
  readMetrics(metricsFile(runDir)).map(({ seconds: _, ...record }) => record);

/** All that two equal runs have in common. */
export const resultOf = (runDir: string) => ({
  last: fingerprint(runDir, "last"),
  best: fingerprint(runDir, "best"),
  metrics: metricsOf(runDir),
});
