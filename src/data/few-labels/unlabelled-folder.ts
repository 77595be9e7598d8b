/** @file A plain folder of images without masks, to be learnt from beside the labelled ones, and what is refused in it. */
import { stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import { DataError } from "../../errors/index.js";
import { readRasterInfo } from "../../raster/formats.js";
import { readRaster } from "../../raster/read.js";
import { mapConcurrent } from "../../util/concurrent.js";
import { type ListedFile, listImages } from "../listing.js";
import { sameContent } from "./same-content.js";

const readers = 4;

/** The images of a data set that the folder is compared with. */
export interface KnownImages {
  /** The split of each image that is held out for scores, by file. */
  readonly heldOut: ReadonlyMap<string, string>;
  /** Images that are trained on anyway. */
  readonly training: readonly string[];
}

/** The images under a folder. @throws DataError when there is no such folder or no image in it. */
async function imagesOf(folder: string): Promise<ListedFile[]> {
  const kind = await stat(folder).catch(() => undefined);
  const wrong = (found: string, next: string) =>
    new DataError({ file: folder, expected: "a folder of unlabelled images", found, next });
  if (!kind) throw wrong("there is no such folder", "Check the path.");
  if (!kind.isDirectory()) throw wrong("this is a file", "Give the folder it lies in.");
  const images = await listImages(folder);
  if (images.length === 0) throw wrong("no image lies in it or below it", "Check the path, or leave the option out.");
  return images;
}

/** @throws DataError for an image that cannot be read as one of `channels` channels. */
async function requireChannels(image: string, channels: number): Promise<void> {
  const info = await readRasterInfo(image);
  const fits = info.channels === channels || info.channels + Number(info.alpha) === channels;
  // Headers do not tell all of a TIFF's opacity; the reader itself has the last word, and raises the error.
  if (!fits && !(info.channels === 1 && channels === 3)) await readRaster(image, { channels });
}

/**
 * Refuses images whose file is, byte for byte, one of the images held out for scores.
 *
 * @param what the images, as the error calls them
 * @throws DataError that names both files.
 */
export function refuseHeldOut(
  twins: ReadonlyMap<string, readonly string[]>,
  heldOut: ReadonlyMap<string, string>,
  what: string,
): void {
  const leaks = [...twins].flatMap(([file, same]) => {
    const other = same.find((image) => heldOut.has(image));
    return other === undefined ? [] : [{ file, other, split: heldOut.get(other)! }];
  });
  const [first] = leaks;
  if (!first) return;
  const more = leaks.length > 1 ? `, like ${leaks.length - 1} more` : "";
  throw new DataError({
    file: first.file,
    expected: `${what} that are in no split that scores are taken on`,
    found: `${first.other === first.file ? "an image" : `the same image as ${first.other}`} of split ${first.split}${more}`,
    next: "Take such images out of the folder: scores on what was trained with would be too good.",
  });
}

/** Images of the folder, and how many others it holds that the data set trains on anyway. */
export interface UnlabelledImages {
  readonly images: readonly ListedFile[];
  readonly leftOut: number;
}

/**
 * The images under a folder, all formats and subfolders, without those that the data set trains on anyway.
 *
 * @throws DataError when the folder is missing or empty, an image is unreadable or has other channels than the data set, or its
 *   content is that of an image held out for scores.
 */
export async function readUnlabelledFolder(
  folder: string,
  channels: number,
  { heldOut, training }: KnownImages,
): Promise<UnlabelledImages> {
  const images = await imagesOf(folder);
  const twins = await sameContent(
    images.map(({ path }) => path),
    [...heldOut.keys(), ...training],
  );
  refuseHeldOut(twins, heldOut, "unlabelled images");
  const fresh = images.filter(({ path }) => !twins.has(path));
  await mapConcurrent(fresh, readers, ({ path }) => requireChannels(path, channels));
  return { images: fresh, leftOut: images.length - fresh.length };
}

/** An id that is not in `taken`, to which it is added: the file's key, else with its folder's name, else with its extension too. */
export function freeId(folder: string, { path, key }: ListedFile, taken: Set<string>): string {
  const name = `${basename(folder)}/${key}`;
  const choices = [key, name, `${name}${extname(path)}`];
  for (let i = 2; ; i++) {
    const id = choices.shift() ?? `${name}${extname(path)}-${i}`;
    if (taken.has(id)) continue;
    taken.add(id);
    return id;
  }
}
