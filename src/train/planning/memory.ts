/** @file Amounts of memory as people write them, and how much of a machine's a run may take unless told otherwise. */
import { freemem } from "node:os";
import { UsageError } from "../../errors/index.js";

const units: { readonly [unit: string]: number } = {
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Bytes of a text such as `4GB`, `512 MiB`. @throws UsageError when it is no amount. */
export function parseMemory(text: string): number {
  const [, count, unit] = /^\s*(\d+(?:\.\d+)?)\s*([kmg]i?b)\s*$/i.exec(text) ?? [];
  const bytes = Number(count) * (units[unit?.toLowerCase() ?? ""] ?? Number.NaN);
  if (bytes > 0) return bytes;
  throw new UsageError({ expected: "an amount of memory such as 4GB or 800MB", found: text });
}

/** Bytes as `3.2 GB` or `640 MB`. */
export const memoryText = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;

/** Share of the free memory that a run may take. */
const freeShare = 0.6;

/** The most memory that a run's process may take, and where that number comes from. */
export interface MemoryLimit {
  readonly bytes: number;
  /** E.g. `4.0 GB`, or `9.1 GB (60 % of the free memory)`. */
  readonly text: string;
}

/** The limit that was given, or a share of what is free; containers may have less than their machine. */
export function memoryLimit(given: string | undefined, free = process.availableMemory?.() ?? freemem()): MemoryLimit {
  if (given !== undefined) {
    const bytes = parseMemory(given);
    return { bytes, text: memoryText(bytes) };
  }
  const bytes = freeShare * free;
  return { bytes, text: `${memoryText(bytes)} (${100 * freeShare} % of the free memory)` };
}
