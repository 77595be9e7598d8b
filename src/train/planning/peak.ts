/** @file The most memory that this process has had at once. */
import { readFileSync } from "node:fs";

/** Bytes of the line `VmHWM:  123456 kB` of /proc/PID/status; undefined where there is none. */
export function peakOfStatus(status: string): number | undefined {
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(status) ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/**
 * Bytes of memory at the peak. On Linux not by `maxRSS`: that goes over from a process to what it starts, so a small child of a
 * large parent would seem to be as large.
 */
export function peakBytes(): number {
  const status = process.platform === "linux" ? readFileSync("/proc/self/status", "utf8") : "";
  return peakOfStatus(status) ?? process.resourceUsage().maxRSS * 1024;
}
