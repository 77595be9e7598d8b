/**
 * @file The hash of a data set: the same for the same images and masks in the same splits, wherever they lie.
 *
 * Of each file its length and its first and last 32 KiB go in, so thousands of files take seconds. PNG ends with checksums of
 * all that is before, so no change of one is missed; a JPEG that was changed in its middle only, with equal length, would be.
 */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Dataset } from "../data/dataset.js";
import type { Sample } from "../data/sample.js";
import { DataError } from "../errors/index.js";
import { mapConcurrent } from "../util/concurrent.js";

export interface DataHash {
  /** SHA-256 over all splits, in hexadecimal. */
  readonly hash: string;
  /** The same for each split. */
  readonly splits: { readonly [split: string]: string };
  /** SHA-256 of the ids of each split in their order: which images there are, whatever is in their files. */
  readonly lists: { readonly [split: string]: string };
}

const endBytes = 32 * 1024;
const readers = 8;

/** Length and hash of a file's ends, or of all of it when it is no longer than both. */
async function fingerprint(file: string): Promise<string> {
  const handle = await open(file).catch((cause: NodeJS.ErrnoException) => {
    throw new DataError(
      { file, expected: "a file that can be read", found: cause.message, next: "Check the data set." },
      { cause },
    );
  });
  try {
    const { size } = await handle.stat();
    const digest = createHash("sha256");
    const add = async (place: number, length: number): Promise<void> => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, place);
      digest.update(buffer.subarray(0, bytesRead));
    };
    if (size <= 2 * endBytes) await add(0, size);
    else {
      await add(0, endBytes);
      await add(size - endBytes, endBytes);
    }
    return `${size}:${digest.digest("hex")}`;
  } finally {
    await handle.close();
  }
}

const digestOf = (lines: readonly string[]): string => createHash("sha256").update(lines.join("\n")).digest("hex");

/**
 * The hash of all samples, sorted by split and id.
 *
 * @throws DataError naming a file that cannot be read.
 */
export async function dataHash(splits: Dataset["splits"]): Promise<DataHash> {
  // One annotation file may hold the labels of every image: each file is read once.
  const known = new Map<string, Promise<string>>();
  const once = (file: string): Promise<string> => {
    if (!known.has(file)) known.set(file, fingerprint(file));
    return known.get(file)!;
  };
  const line = async ({ id, image, mask }: Sample): Promise<string> =>
    JSON.stringify([id, await once(image), mask === undefined ? null : await once(mask)]);
  const hashes: { [split: string]: string } = {};
  const lists: { [split: string]: string } = {};
  for (const [split, samples] of Object.entries(splits).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hashes[split] = digestOf((await mapConcurrent(samples, readers, line)).sort());
    lists[split] = digestOf(samples.map(({ id }) => JSON.stringify(id)));
  }
  return { hash: digestOf(Object.entries(hashes).map(([split, hash]) => `${split}:${hash}`)), splits: hashes, lists };
}
