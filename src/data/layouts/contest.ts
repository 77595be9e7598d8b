/** @file The foreground contest's layout: `train_image/<class>/*`, `train_50k_mask/<class>/*`, `val_image/*`. */
import { join } from "node:path";
import { classTableOf } from "../classes.js";
import { listImages } from "../listing.js";
import { pairFiles, withoutMasks } from "../pairs.js";
import { emptySplits, type Found, type Layout, type Place } from "./layout.js";

async function read({ path, folders }: Place): Promise<Found | undefined> {
  const maskFolder = folders.find((name) => /^train.*mask/i.test(name));
  if (!folders.includes("train_image") || !maskFolder) return undefined;
  const pairs = pairFiles("all", await listImages(join(path, "train_image")), await listImages(join(path, maskFolder)));
  const entries = pairs.entries.map((entry) => {
    const slash = entry.id.lastIndexOf("/");
    return slash < 0 ? entry : { ...entry, group: entry.id.slice(0, slash) };
  });
  // The pictures of `val_image` are to be predicted: they come without masks.
  const unlabelled = folders.includes("val_image") ? withoutMasks(await listImages(join(path, "val_image"))) : [];
  const splits = { all: entries, ...(unlabelled.length > 0 ? { unlabelled } : {}) };
  return {
    splits,
    issues: [...pairs.issues, ...emptySplits(splits, join(path, "train_image"))],
    classes: classTableOf(["background", "foreground"]),
    foregroundOnly: true,
    folder: path,
  };
}

export const contest: Layout = {
  name: "contest",
  shape: "train_image/<class>/ and train_50k_mask/<class>/, val_image/",
  read,
};
