/** @file A data set of the layout `{train,val,test}/{images,masks}` brought to one size once, instead of each time an image is drawn. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { pipeline, resize } from "../../src/data/transforms/index.js";
import { type Mask, readRaster, readRawMask, resizeMask, writeIndexPng, writePng } from "../../src/raster/index.js";
import { Random } from "../../src/util/random.js";

/** Images averaged, masks by the nearest pixel, as `resize` does while training into a folder, made unless it is there. */
export async function shrunk(data: string, height: number, width: number, folder: string): Promise<void> {
  if (existsSync(folder)) return;
  const resized = pipeline([resize({ height, width })], { ignoreIndex: 255 });
  const unfinished = `${folder}.part`;
  rmSync(unfinished, { recursive: true, force: true });
  for (const split of ["train", "val", "test"]) {
    const [images, masks] = ["images", "masks"].map((kind) => join(data, split, kind)) as [string, string];
    for (const kind of ["images", "masks"]) mkdirSync(join(unfinished, split, kind), { recursive: true });
    for (const file of readdirSync(images)) {
      const { image } = resized({ image: await readRaster(join(images, file)) }, new Random(0));
      const name = `${basename(file, extname(file))}.png`;
      await writePng(join(unfinished, split, "images", name), {
        ...image,
        data: Uint8Array.from(image.data, Math.round),
      });
    }
    for (const file of readdirSync(masks))
      await writeIndexPng(
        join(unfinished, split, "masks", file),
        resizeMask((await readRawMask(join(masks, file))) as Mask, height, width),
      );
  }
  copyFileSync(join(data, "classes.json"), join(unfinished, "classes.json"));
  renameSync(unfinished, folder);
}
