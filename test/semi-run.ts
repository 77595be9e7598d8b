/** @file Semi-supervised runs of a tiny network in seconds, and what two equal ones have in common. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readState } from "../src/train/semi-state.js";
import { type SemiEvent, type SemiOptions, semi } from "../src/verbs/semi/index.js";
import { sha256 } from "../src/weights/bytes.js";
import { resultOf } from "./run-folder.js";
import { trainingSize } from "./training-set.js";

/** All that a tiny training needs; 6 steps an epoch at most, one thread, so that it repeats bit for bit. */
export const tiny = {
  labels: { keep: 1, of: 4, seed: 1 },
  model: "unet",
  set: { width: 4, depth: 2 },
  size: trainingSize,
  lr: 0.01,
  ema: 0.9,
  batch: 2,
  checkpointEvery: 4,
  device: "cpu",
  threads: 1,
  workers: 0,
  doctor: false,
} as const satisfies SemiOptions;

/** All events of a training, up to the one after which `stop` is true, whereupon the signal is given. */
export async function eventsOf(
  options: SemiOptions,
  stop: (event: SemiEvent) => boolean = () => false,
): Promise<SemiEvent[]> {
  const controller = new AbortController();
  const events: SemiEvent[] = [];
  for await (const event of semi({ ...options, signal: controller.signal })) {
    events.push(event);
    if (stop(event)) controller.abort();
  }
  return events;
}

const bytesBelow = (folder: string): { [file: string]: string } =>
  existsSync(folder)
    ? Object.fromEntries(
        readdirSync(folder, { recursive: true, encoding: "utf8" })
          .filter((name) => name.endsWith(".png"))
          .sort()
          .map((name) => [name, sha256([readFileSync(join(folder, name))])]),
      )
    : {};

/** A run in rounds: every round's tensors, metrics and labels bit for bit, its result, and its state without seconds. */
export function semiResult(runDir: string) {
  const { rounds, request: _, ...state } = readState(runDir);
  return {
    state,
    rounds: rounds.map(({ seconds: _seconds, ...round }) => ({
      ...round,
      ...resultOf(join(runDir, "rounds", String(round.round))),
      files: bytesBelow(join(runDir, "rounds", String(round.round), "labels")),
    })),
    result: resultOf(runDir),
  };
}
