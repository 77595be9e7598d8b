/** @file `{train,val,test}/{images,masks}`, or `{images,masks}/{train,val,test}`. */
import { join } from "node:path";
import {
  folderNamed,
  imageFolderNames,
  type ListedFile,
  listFolder,
  listImages,
  maskFolderNames,
  splitNamed,
} from "../listing.js";
import { type Entry, type LayoutIssue, pairFiles, withoutMasks } from "../pairs.js";
import { emptySplits, type Found, type Layout, type Place } from "./layout.js";

interface SplitFolders {
  readonly split: string;
  readonly images: string;
  /** Absent when the split has no folder of masks. */
  readonly masks?: string;
}

async function splitsOutside({ path, folders }: Place): Promise<SplitFolders[]> {
  const found: SplitFolders[] = [];
  for (const folder of folders) {
    const split = splitNamed(folder);
    if (!split) continue;
    const inside = (await listFolder(join(path, folder))).folders;
    const images = folderNamed(inside, imageFolderNames);
    const masks = folderNamed(inside, maskFolderNames);
    if (images)
      found.push({ split, images: join(path, folder, images), ...(masks ? { masks: join(path, folder, masks) } : {}) });
  }
  return found;
}

async function splitsInside({ path, folders }: Place): Promise<SplitFolders[]> {
  const images = folderNamed(folders, imageFolderNames);
  const masks = folderNamed(folders, maskFolderNames);
  if (!images || !masks) return [];
  const below = (await listFolder(join(path, masks))).folders;
  const found: SplitFolders[] = [];
  for (const folder of (await listFolder(join(path, images))).folders) {
    const split = splitNamed(folder);
    if (split)
      found.push({
        split,
        images: join(path, images, folder),
        ...(below.includes(folder) ? { masks: join(path, masks, folder) } : {}),
      });
  }
  return found;
}

async function read(place: Place): Promise<Found | undefined> {
  const outside = await splitsOutside(place);
  const folders = outside.length > 0 ? outside : await splitsInside(place);
  if (folders.length === 0) return undefined;
  const splits: Record<string, readonly Entry[]> = {};
  const issues: LayoutIssue[] = [];
  for (const { split, images, masks } of folders) {
    const files = await listImages(images);
    const labels: ListedFile[] = masks ? await listImages(masks) : [];
    if (labels.length === 0) splits[split] = withoutMasks(files);
    else {
      const pairs = pairFiles(split, files, labels);
      splits[split] = pairs.entries;
      issues.push(...pairs.issues);
    }
  }
  return { splits, issues: [...issues, ...emptySplits(splits, place.path)], folder: place.path };
}

export const standard: Layout = { name: "standard", shape: "{train,val,test}/{images,masks} and classes.json", read };
