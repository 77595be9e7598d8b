/** @file Whether a run goes on with the images and masks that it began with, as the hashes in run.json tell. */
import { DataError } from "../errors/index.js";
import type { DataHash } from "./data-hash.js";
import { sessionsBefore } from "./run-file.js";

/** What a run learns from, or is chosen by. The test split is neither, and hidden masks are for study. */
const decisive = ["train", "val", "unlabelled"];

const differing = (then: DataHash["splits"] | undefined, now: DataHash["splits"]): string[] =>
  then ? decisive.filter((split) => then[split] !== now[split]) : [];

/**
 * A run goes on as if it had never stopped only with the images that it began with: another list of them gives other batches, and
 * labels that were made by number would be those of other images. A run that has kept none of its sessions is believed.
 *
 * @param path the data set, for the error
 * @returns the splits whose images are the same by name, but not what is in their files: a broken one may have been mended
 * @throws DataError naming the splits whose images are not the same.
 */
export function requireSameImages(runDir: string, { splits, lists }: DataHash, path: string): string[] {
  const then = sessionsBefore(runDir).at(-1)?.data;
  const others = differing(then?.lists, lists);
  if (others.length > 0)
    throw new DataError({
      file: path,
      expected: "the images that the run began with",
      found: `other ones in ${others.join(" and ")}`,
      next: "Bring back those that were taken away and take away those that came, or start a new run.",
    });
  return differing(then?.splits, splits);
}
