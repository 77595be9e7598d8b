/** @file Trials: what the first updates of a plan need and do, measured in a process of their own. */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DataError, RuntimeError, type SegkitError, ShapeError, UsageError } from "../../errors/index.js";
import { workerUrl } from "../../util/worker-url.js";
import type { Plan } from "../plan.js";
import { deathOf, saysMemory } from "./trial-end.js";
import type { TrialAnswer, TrialRequest, TrialStep } from "./trial-messages.js";

export interface Trial {
  readonly steps: readonly TrialStep[];
  /** Memory of the process before it did anything. */
  readonly startBytes: number;
  /** The most memory that it had; 0 where it was ended by `isEnough`. */
  readonly peakBytes: number;
}

/** Why a trial has no result: memory ran out, or the time did. */
export type TrialFailure = "memory" | "time";

export interface TrialOptions {
  readonly updates: number;
  /** Milliseconds after which no update is begun but the first. Default: no end. */
  readonly updatesWithin?: number;
  /** Milliseconds after which the trial is given up. Default: never. */
  readonly givenUpAfter?: number;
  /** Whether the updates so far are enough: the process is then ended where it stands. */
  readonly isEnough?: (steps: readonly TrialStep[]) => boolean;
  readonly signal?: AbortSignal;
}

/** Another run would meet the same error, but for one that ran out of memory: that may be mended by a smaller batch. */
function errorOf({ tag, expected, found, next }: Extract<TrialAnswer, { kind: "failed" }>): SegkitError {
  const text = { expected, found, ...(next === undefined ? {} : { next }) };
  if (tag === "usage") return new UsageError(text);
  if (tag === "data") return new DataError(text);
  if (tag === "shape") return new ShapeError(text);
  return new RuntimeError(text);
}

/** Whether an error says that memory ran out: then something smaller may do. */
const isMemory = ({ tag, found }: { readonly tag: string; readonly found: string }): boolean =>
  tag === "runtime" && saysMemory(found);

/** Characters of standard error that are kept: from its end, where errors stand. */
const stderrKept = 4000;

/** Follows a trial to its end. */
function outcome(child: ChildProcess, { givenUpAfter, isEnough, signal }: TrialOptions): Promise<Trial | TrialFailure> {
  return new Promise((resolve, reject) => {
    const steps: TrialStep[] = [];
    let startBytes = 0;
    let stderr = "";
    const stop = (): void => {
      child.kill("SIGKILL");
      reject(
        new RuntimeError({
          expected: "the plan to be made",
          found: "it was interrupted",
          next: "No run was begun; start again.",
        }),
      );
    };
    /** Ends the process with a result, so that how it ends says nothing. */
    const end = (result: Trial | TrialFailure): void => {
      resolve(result);
      child.kill("SIGKILL");
    };
    if (signal?.aborted) return stop();
    signal?.addEventListener("abort", stop, { once: true });
    const timer = givenUpAfter === undefined ? undefined : setTimeout(() => end("time"), Math.max(0, givenUpAfter));
    child.on("message", (answer: TrialAnswer) => {
      if (answer.kind === "ready") startBytes = answer.bytes;
      else if (answer.kind === "step") {
        const { kind: _, ...step } = answer;
        steps.push(step);
        if (isEnough?.(steps)) end({ steps: [...steps], startBytes, peakBytes: 0 });
      } else if (answer.kind === "end") resolve({ steps, startBytes, peakBytes: answer.peakBytes });
      else if (isMemory(answer)) resolve("memory");
      else reject(errorOf(answer));
    });
    child.on("error", reject);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-stderrKept);
    });
    // After the last of what it wrote; where there is a result, that stands.
    child.on("close", (code, name) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      const death = deathOf({ code, signal: name, stderr });
      if (death) reject(death);
      else resolve("memory");
    });
  });
}

/**
 * Runs the first updates of a plan in a process of its own.
 *
 * @returns why it has no result, where memory or the time that was given ran out
 * @throws What the plan's run would throw: UsageError, DataError, ShapeError, RuntimeError; RuntimeError after the signal.
 */
export async function tryPlan(plan: Plan, options: TrialOptions): Promise<Trial | TrialFailure> {
  const folder = mkdtempSync(join(tmpdir(), "segkit-trial-"));
  const { url, execArgv } = workerUrl("./trial-process", import.meta.url);
  const child = fork(fileURLToPath(url), [], { execArgv, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  try {
    const ended = outcome(child, options);
    const { updates, updatesWithin } = options;
    const request: TrialRequest = { plan, updates, folder, ...(updatesWithin === undefined ? {} : { updatesWithin }) };
    child.send(request);
    return await ended;
  } finally {
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once("exit", resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}
