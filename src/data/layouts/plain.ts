/** @file Plain `images/` and `masks/`, not split. */
import { join } from "node:path";
import { folderNamed, imageFolderNames, listImages, maskFolderNames } from "../listing.js";
import { pairFiles } from "../pairs.js";
import { emptySplits, type Found, type Layout, type Place } from "./layout.js";

async function read({ path, folders }: Place): Promise<Found | undefined> {
  const images = folderNamed(folders, imageFolderNames);
  const masks = folderNamed(folders, maskFolderNames);
  if (!images || !masks) return undefined;
  const labels = await listImages(join(path, masks));
  // A folder `annotations` may hold JSON instead of masks; that is for the layouts of such files.
  if (labels.length === 0 && /^annotations?$/i.test(masks)) return undefined;
  const pairs = pairFiles("all", await listImages(join(path, images)), labels);
  const splits = { all: pairs.entries };
  return { splits, issues: [...pairs.issues, ...emptySplits(splits, join(path, images))], folder: path };
}

export const plain: Layout = { name: "plain", shape: "images/ and masks/", read };
