/** @file Where a run is made: the machine, and the commit of the folder it is started in. */
import { spawnSync } from "node:child_process";
import { arch, cpus, hostname, platform, totalmem } from "node:os";
import { z } from "zod";

export const machineSchema = z.object({
  host: z.string(),
  /** Such as `linux x64`. */
  system: z.string(),
  cpu: z.string(),
  cores: z.int(),
  /** Memory in GiB. */
  memory: z.number(),
  /** Version of Node.js. */
  node: z.string(),
});
export type Machine = z.output<typeof machineSchema>;

export const commitSchema = z.object({
  hash: z.string(),
  /** Whether tracked files differed from it; null where that took too long to find out. */
  changed: z.boolean().nullable(),
});
export type Commit = z.output<typeof commitSchema>;

export function thisMachine(): Machine {
  const processors = cpus();
  return {
    host: hostname(),
    system: `${platform()} ${arch()}`,
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memory: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    node: process.versions.node,
  };
}

/** Milliseconds after which git is not waited for: a record must not hold up training. */
const patience = 3000;

function git(folder: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync("git", args, { cwd: folder, encoding: "utf8", timeout: patience });
  return status === 0 ? stdout.trim() : undefined;
}

/** The commit that a folder stands at; null outside of git, before the first commit, and without the program git. */
export function commitOf(folder: string): Commit | null {
  const hash = git(folder, "rev-parse", "--verify", "HEAD");
  if (hash === undefined) return null;
  const status = git(folder, "status", "--porcelain", "--untracked-files=no");
  return { hash, changed: status === undefined ? null : status !== "" };
}
