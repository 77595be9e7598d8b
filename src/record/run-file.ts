/** @file run.json of a run folder: what the plan does not say, one entry for each time the run was started or resumed. */
import { existsSync, readFileSync } from "node:fs";
import { uptime } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError } from "../errors/index.js";
import { writeFileAtomic } from "../util/files.js";
import { commitSchema, machineSchema, thisMachine } from "./machine.js";

const sessionSchema = z.object({
  /** Times in ISO 8601. */
  started: z.string(),
  /** Null while it runs, and after a kill. */
  ended: z.string().nullable(),
  /** Why it ended: as training says, or `failed`. */
  reason: z.string().nullable(),
  /** The message of what made it fail. */
  error: z.string().optional(),
  /** Steps done when it began and when it ended. */
  fromStep: z.int(),
  toStep: z.int().nullable(),
  /** Seconds of training when it ended, over all sessions. */
  seconds: z.number().nullable(),
  /** Largest memory of the process up to its end, in bytes. */
  peakMemory: z.int().optional(),
  process: z.int(),
  segkit: z.string(),
  machine: machineSchema,
  /** Of the working directory. */
  commit: commitSchema.nullable(),
  data: z.object({
    hash: z.string(),
    splits: z.record(z.string(), z.string()),
    lists: z.record(z.string(), z.string()).optional(),
  }),
});
export type Session = z.output<typeof sessionSchema>;

const fileSchema = z.object({ version: z.literal(1), sessions: z.array(sessionSchema) });

export const runFile = (runDir: string): string => join(runDir, "run.json");

/** The sessions of a run; none where the run has no such file. @throws CheckpointError when the file is damaged. */
export function readSessions(runDir: string): Session[] {
  const file = runFile(runDir);
  if (!existsSync(file)) return [];
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, "utf8"))).sessions;
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause).split("\n")[0]! : (cause as Error).message;
    throw new CheckpointError(
      { expected: "the sessions of a run", found: `${file} is damaged (${reason})`, next: "Restore or delete it." },
      { cause },
    );
  }
}

/** The sessions of a run as far as they can be read: a damaged file is no reason not to train. */
export function sessionsBefore(runDir: string): Session[] {
  try {
    return readSessions(runDir);
  } catch {
    return [];
  }
}

/** @throws FileError */
export function writeSessions(runDir: string, sessions: readonly Session[]): void {
  writeFileAtomic(runFile(runDir), `${JSON.stringify({ version: 1, sessions }, null, 2)}\n`);
}

/** How a run stands: as training said at its end, or one of the words that nobody writes down. */
export type RunStatus = "running" | "interrupted" | "unknown" | (string & {});

function isAlive({ process: id, started }: Session): boolean {
  // Process numbers begin anew when a machine does.
  if (Date.parse(started) < Date.now() - uptime() * 1000) return false;
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether a session is or was one of this machine, whose processes can be seen. */
export const isHere = ({ machine }: Session): boolean => machine.host === thisMachine().host;

/** Reasons that end a run whatever was still to come. */
const breaks = ["failed", "stopped"];

/**
 * The status of a run by its sessions: `running` where its process lives (or cannot be seen, being on another machine),
 * `interrupted` where it was killed.
 *
 * @param hasReport what tells of runs without sessions whether they came to their end
 * @param isPartial whether rounds or folds are still to come: then the end of a training is none of the run
 */
export function statusOf(sessions: readonly Session[], hasReport: boolean, isPartial = false): RunStatus {
  const last = sessions.at(-1);
  if (!last) return hasReport && !isPartial ? "finished" : "unknown";
  if (last.reason !== null && (!isPartial || breaks.includes(last.reason))) return last.reason;
  return !isHere(last) || isAlive(last) ? "running" : "interrupted";
}
