/** @file Files with the same bytes: sizes first, and a checksum only where sizes agree, so that thousands of images take moments. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { mapConcurrent } from "../../util/concurrent.js";

const readers = 8;

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/** Bytes of each file; files that are not there have none, and reading them is somebody else's error. */
async function sizes(files: readonly string[]): Promise<Map<string, number>> {
  const entries = await mapConcurrent(files, readers, async (file) => {
    const kind = await stat(file).catch(() => undefined);
    return kind?.isFile() ? ([file, kind.size] as const) : undefined;
  });
  return new Map(entries.filter((entry) => entry !== undefined));
}

/**
 * For each of `files` whose bytes some of `others` have too: those others, in their order.
 *
 * @throws the system's error when a file cannot be read.
 */
export async function sameContent(
  files: readonly string[],
  others: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const [sizeOf, sizeOfOther] = await Promise.all([sizes(files), sizes(others)]);
  const bySize = new Map<number, string[]>();
  for (const [other, size] of sizeOfOther) {
    const same = bySize.get(size);
    if (same) same.push(other);
    else bySize.set(size, [other]);
  }
  const candidates = [...sizeOf].filter(([, size]) => bySize.has(size));
  const involved = new Set(candidates.flatMap(([file, size]) => [file, ...bySize.get(size)!]));
  const hashes = new Map(
    await mapConcurrent([...involved], readers, async (file) => [file, await sha256(file)] as const),
  );
  const found = new Map<string, readonly string[]>();
  for (const [file, size] of candidates) {
    const same = bySize.get(size)!.filter((other) => hashes.get(other) === hashes.get(file));
    if (same.length > 0) found.set(file, same);
  }
  return found;
}
