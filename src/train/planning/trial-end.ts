/** @file How the process of a trial ended when it did not say so itself: for want of memory, or by a fault of its own. */
import { RuntimeError } from "../../errors/index.js";

/** How a process ended: `code` of an exit, or the signal that ended it. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** What it wrote to standard error, or the end of it. */
  readonly stderr: string;
}

/** Whether a text says that memory ran out: as ONNX Runtime, C++, V8 and the C library put it. */
export const saysMemory = (text: string): boolean =>
  /out.?of.?memory|bad.alloc|alloc(?:ation)?.fail|failed to allocate|cannot allocate memory|not enough memory|ENOMEM/i.test(
    text,
  );

/** Lines and characters of standard error that an error quotes. */
const [quotedLines, quotedLength] = [3, 300];

const quote = (stderr: string): string =>
  stderr.trim().split("\n").slice(-quotedLines).join(" | ").slice(-quotedLength);

/**
 * What a process that ended without a word died of.
 *
 * @returns undefined where memory ran out: a system that has none left kills with SIGKILL, and a process that gets none says so
 */
export function deathOf({ code, signal, stderr }: ProcessEnd): RuntimeError | undefined {
  if (signal === "SIGKILL" || saysMemory(stderr)) return undefined;
  const said = quote(stderr);
  return new RuntimeError({
    expected: "a trial of the plan that tells its result",
    found: `its process ended with ${signal ?? `exit code ${code}`}${said === "" ? "" : ` (${said})`}`,
    next: "Start again; if it happens again, train without --plan auto, where the same fault shows in full.",
  });
}
