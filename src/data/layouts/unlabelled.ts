/** @file A folder of images alone: for semi-supervised training and prediction, only on request. */
import { listImages } from "../listing.js";
import { withoutMasks } from "../pairs.js";
import { emptySplits, type Found, type Layout, type Place } from "./layout.js";

async function read({ path, isFile }: Place): Promise<Found | undefined> {
  if (isFile) return undefined;
  const splits = { unlabelled: withoutMasks(await listImages(path)) };
  return { splits, issues: emptySplits(splits, path), folder: path };
}

export const unlabelled: Layout = { name: "unlabelled", shape: "a folder of images without masks", read };
