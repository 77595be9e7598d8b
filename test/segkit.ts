/** @file The command line program as it is built, in a process of its own, for tests that watch or kill it. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The program's file, which `build.mjs` brought up to date. */
export const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/** How a process ended. */
export interface Ended {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `segkit` with arguments; `onLine` sees each line of standard output as it comes. */
export function segkit(
  args: readonly string[],
  onLine: (line: string, child: ChildProcess) => void = () => {},
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  let stderr = "";
  createInterface({ input: child.stdout! }).on("line", (line) => {
    lines.push(line);
    onLine(line, child);
  });
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject).on("close", (code, signal) => {
      resolve({ code, signal, stdout: lines.join("\n"), stderr });
    });
  });
  return { child, ended };
}
