/** @file Measuring: one case in a process of its own, medians, the machine's matrix-product ceiling, and peers in turn. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** What a process that runs a case prints as its last line. */
export interface Sample {
  /** Milliseconds of each repetition, after a warm-up. */
  readonly times: readonly number[];
  /** Floating point operations of one repetition. */
  readonly flops: number;
  readonly peakMB: number;
  /** Milliseconds until the session was ready, and nodes of its model. */
  readonly readyMs?: number;
  readonly nodes?: number;
}

/** One line of the result; the form of `--json`. */
export interface BenchCase {
  readonly name: string;
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly gflops: number;
  /** Share of the machine's matrix-product speed, measured in the same run. */
  readonly ceilingShare: number;
  readonly peakMB: number;
  readonly readyMs?: number;
  readonly nodes?: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs a script of this folder in a fresh process; its last line of output is a Sample. */
export function sampleOf(script: string, ...args: (string | number)[]): Sample {
  const file = fileURLToPath(new URL(`./${script}.js`, import.meta.url));
  const output = execFileSync(process.execPath, [file, ...args.map(String)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(output.trim().split("\n").at(-1)!) as Sample;
}

export function benchCase(name: string, samples: readonly Sample[], ceiling: number): BenchCase {
  const times = samples.flatMap((sample) => sample.times);
  const medianMs = median(samples.map((sample) => median(sample.times)));
  const gflops = samples[0]!.flops / medianMs / 1e6;
  return {
    name,
    medianMs,
    minMs: Math.min(...times),
    maxMs: Math.max(...times),
    gflops,
    ceilingShare: gflops / ceiling,
    peakMB: Math.max(...samples.map((sample) => sample.peakMB)),
    ...(samples[0]!.readyMs !== undefined
      ? { readyMs: median(samples.map(({ readyMs }) => readyMs!)), nodes: samples[0]!.nodes! }
      : {}),
  };
}

/** A path in the folder of data and peers that lies beside the project; npm starts scripts in the project. */
export const shared = (path: string): string => resolve(process.cwd(), "../shared", path);

/** What a peer script printed, or undefined where it cannot run (no shared folder, no PyTorch). */
export function peer(script: string, ...args: (string | number)[]): string | undefined {
  const file = shared(`peers/${script}`);
  if (!existsSync(file)) return undefined;
  const result = spawnSync("/usr/bin/python3", [file, ...args.map(String)], { encoding: "utf8" });
  return result.status === 0 ? result.stdout : undefined;
}

/** The number behind a label in a peer's output. */
export function numberAfter(text: string, label: string): number {
  const match = new RegExp(`${label}[^0-9]*([0-9.]+)`).exec(text);
  if (!match) throw new Error(`the peer's output has no "${label}": ${text}`);
  return Number(match[1]);
}

/** Times a function `count` times after `warmup` unmeasured ones. */
export async function timed(count: number, warmup: number, run: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = -warmup; i < count; i++) {
    const started = performance.now();
    await run();
    if (i >= 0) times.push(performance.now() - started);
  }
  return times;
}

/** Prints a sample as the last line, for `sampleOf`. */
export function printSample(
  times: readonly number[],
  flops: number,
  more: Pick<Sample, "readyMs" | "nodes"> = {},
): void {
  const peakMB = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(`${JSON.stringify({ times, flops, peakMB, ...more } satisfies Sample)}\n`);
}
