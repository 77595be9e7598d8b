/** @file Writes into run.json when a run begins and how it ends. */
import type { TrainingEvent } from "../train/progress.js";
import { packageVersion } from "../util/version.js";
import type { DataHash } from "./data-hash.js";
import { commitOf, thisMachine } from "./machine.js";
import { type Session, sessionsBefore, writeSessions } from "./run-file.js";

/**
 * Passes the events of a run on, and keeps in run.json where, when and on what data it was trained.
 *
 * @throws FileError
 */
export async function* remembered(
  runDir: string,
  { data, fromStep }: { readonly data: DataHash; readonly fromStep: number },
  events: AsyncIterable<TrainingEvent>,
): AsyncGenerator<TrainingEvent, void, void> {
  const before = sessionsBefore(runDir);
  const begun: Session = {
    started: new Date().toISOString(),
    ended: null,
    reason: null,
    fromStep,
    toStep: null,
    seconds: null,
    process: process.pid,
    segkit: packageVersion,
    machine: thisMachine(),
    commit: commitOf(process.cwd()),
    data,
  };
  const end = (more: Partial<Session>): void => {
    const peakMemory = process.resourceUsage().maxRSS * 1024;
    writeSessions(runDir, [...before, { ...begun, ended: new Date().toISOString(), peakMemory, ...more }]);
  };
  writeSessions(runDir, [...before, begun]);
  let isOver = false;
  try {
    for await (const event of events) {
      if (event.kind === "end") {
        isOver = true;
        end({ reason: event.reason, toStep: event.step, seconds: event.seconds });
      }
      yield event;
    }
  } catch (error) {
    if (!isOver) {
      isOver = true;
      try {
        end({ reason: "failed", error: error instanceof Error ? error.message : String(error) });
      } catch {
        // A full disk fails both; the first failure is the one to tell.
      }
    }
    throw error;
  } finally {
    // The caller left the loop.
    if (!isOver) end({ reason: "stopped" });
  }
}
