/** @file Where downloaded weights are kept, and the lock that lets one process download a file while others wait. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { homedir, hostname, platform } from "node:os";
import { dirname, join } from "node:path";
import { writeError } from "../util/files.js";

/** The variables of the environment that say where things are; `process.env` has them. */
export type Environment = { readonly [name: string]: string | undefined };

/** The user's folder for what programs can fetch again. */
function userCache(env: Environment): string {
  if (platform() === "win32") return env.LOCALAPPDATA ?? join(homedir(), "AppData", "Local");
  if (platform() === "darwin") return join(homedir(), "Library", "Caches");
  return env.XDG_CACHE_HOME || join(homedir(), ".cache");
}

/** The folder of downloaded weights: `SEGKIT_CACHE`, or `segkit` in the user's cache folder. */
export const cacheFolder = (env: Environment = process.env): string =>
  join(env.SEGKIT_CACHE || join(userCache(env), "segkit"), "weights");

/** The place of a download in the cache: its own name behind a number of its address, as names repeat. */
export function cachePlace(folder: string, url: string): string {
  const name = decodeURIComponent(new URL(url).pathname.split("/").at(-1) || "weights");
  const number = createHash("sha256").update(url).digest("hex").slice(0, 12);
  return join(folder, `${number}-${name.replace(/[^\w.-]+/g, "_").slice(-80)}`);
}

/** Milliseconds between looks at a lock that another process holds, and between its signs of life. */
const [lookInterval, beatInterval] = [200, 5000];
/** A holder that gave no sign of life for so long is gone: its machine may be another one than ours. */
const longestSilence = 60_000;

const ownName = (): string => `${hostname()} ${process.pid}`;

/** Whether the process that holds a lock is gone. */
function isStale(lock: string): boolean {
  try {
    if (Date.now() - statSync(lock).mtimeMs > longestSilence) return true;
    const [host, pid] = readFileSync(lock, "utf8").split(" ");
    if (host !== hostname() || !pid) return false;
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** Makes the lock if there is none. @throws FileError when the folder cannot be written to. */
function tryLock(lock: string): boolean {
  try {
    mkdirSync(dirname(lock), { recursive: true });
    writeFileSync(lock, ownName(), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST" && existsSync(lock)) return false;
    throw writeError(lock, error);
  }
}

/**
 * Runs `work` while no other process does so for the same place. A lock whose holder is gone is taken over.
 *
 * @throws FileError when the folder cannot be written to.
 */
export async function withLock<T>(place: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const lock = `${place}.lock`;
  while (!tryLock(lock)) {
    signal?.throwIfAborted();
    if (isStale(lock)) rmSync(lock, { force: true });
    else await new Promise((resolve) => setTimeout(resolve, lookInterval));
  }
  const beat = setInterval(() => utimesSync(lock, new Date(), new Date()), beatInterval);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(lock, { force: true });
  }
}
