/** @file Whether a run goes on with the images and masks that it began with, as the hashes in run.json tell. */
import { DataError } from "../errors/index.js";
import type { DataHash } from "./data-hash.js";
import { sessionsBefore } from "./run-file.js";

/** What a run learns from, or is chosen by. The test split is neither, and hidden masks are for study. */
const decisive = ["train", "val", "unlabelled"];

/**
 * A run goes on as if it had never stopped only on the data that it began with. A run that has kept none of its sessions is believed.
 *
 * @param path the data set, for the error
 * @throws DataError naming the splits that are not the same.
 */
export function requireSameData(runDir: string, { splits }: DataHash, path: string): void {
  const then = sessionsBefore(runDir).at(-1)?.data.splits;
  if (!then) return;
  const changed = decisive.filter((split) => then[split] !== splits[split]);
  if (changed.length === 0) return;
  throw new DataError({
    file: path,
    expected: "the images and masks that the run began with",
    found: `other ones in ${changed.join(" and ")}`,
    next: "Bring back what was there (images that were added, taken away or changed count alike), or start a new run.",
  });
}
