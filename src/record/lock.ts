/** @file A lock between processes: a folder that exists while one of them holds it. */
import { mkdirSync, renameSync, rmdirSync, rmSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { FileError } from "../errors/index.js";
import { writeError } from "../util/files.js";

/** Milliseconds: between two tries, and until a lock counts as left behind by a process that was killed. */
const pause = 20;
const stale = 10_000;
/** Milliseconds that a process waits at most. */
const patience = 30_000;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "";

/** Takes a lock away that nobody has touched for long. Renamed first, so that of several processes one takes it away. */
function breakStale(folder: string): void {
  try {
    if (Date.now() - statSync(folder).mtimeMs < stale) return;
    const away = `${folder}.${process.pid}`;
    renameSync(folder, away);
    rmdirSync(away);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

/**
 * Does `work` while no other process does work under the same lock. The work must take less than seconds.
 *
 * @param folder the lock; its parent must exist
 * @throws FileError when the folder cannot be made, or another process holds the lock for half a minute.
 */
export async function locked<T>(folder: string, work: () => T): Promise<T> {
  const started = Date.now();
  for (;;) {
    try {
      mkdirSync(folder);
      break;
    } catch (error) {
      // Windows says EPERM for a folder that is just being removed.
      if (codeOf(error) !== "EEXIST" && !(codeOf(error) === "EPERM" && process.platform === "win32"))
        throw writeError(folder, error);
    }
    if (Date.now() - started > patience)
      throw new FileError({
        file: folder,
        expected: "other processes to be done with the record of runs",
        found: "still there after half a minute",
        next: "Remove it if no other Segkit is running.",
      });
    breakStale(folder);
    await sleep(pause);
  }
  try {
    return work();
  } finally {
    // Gone already where another process took it for left behind.
    rmSync(folder, { recursive: true, force: true });
  }
}
