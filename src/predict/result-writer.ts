/** @file Results as files: index PNGs with a palette, overlays, probabilities, maps of confidence and entropy. */
import { join } from "node:path";
import { classTableToJson, makeClassTable, voidEntry } from "../data/classes.js";
import { overlay } from "../raster/overlay.js";
import type { Raster } from "../raster/raster.js";
import { resizeMask } from "../raster/resize-mask.js";
import { writeIndexPng, writePng } from "../raster/write.js";
import { writeFileAtomic } from "../util/files.js";
import type { BundleInfo } from "./bundle.js";
import { encodeNpy } from "./npy.js";
import type { PixelMaps } from "./pixel-maps.js";

/** Folders that results go to; a kind without a folder is not written. */
export interface ResultFolders {
  readonly masks: string;
  readonly overlays?: string;
  readonly probabilities?: string;
  readonly confidence?: string;
  readonly entropy?: string;
}

/** What was predicted of one image. */
export interface Result extends PixelMaps {
  /** With `/` between folders, without extension. */
  readonly name: string;
  readonly image: Raster;
}

/** Paths of the files that were written for one image. */
export interface WrittenFiles {
  readonly mask: string;
  readonly overlay?: string;
  readonly probabilities?: string;
  readonly confidence?: string;
  readonly entropy?: string;
}

/** Writes results one by one; each file is complete or not there. */
export class ResultWriter {
  private readonly colours: readonly (readonly [number, number, number])[];

  constructor(
    private readonly folders: ResultFolders,
    private readonly info: BundleInfo,
  ) {
    this.colours = info.classes.map(({ colour }) => colour);
  }

  /**
   * Writes what the pixel values mean, in the form of a data set's `classes.json`.
   *
   * @param ignored name of `ignoreIndex`
   * @throws FileError
   */
  writeClasses(folder: string, ignored: "void" | "unknown" = "void"): void {
    const { classes, ignoreIndex } = this.info;
    const table = makeClassTable(
      classes.map((entry, value) => ({ ...entry, value })),
      [voidEntry(ignoreIndex, ignored)],
    );
    writeFileAtomic(join(folder, "classes.json"), `${JSON.stringify(classTableToJson(table), null, 2)}\n`);
  }

  /** @throws FileError when a file cannot be written. */
  async write({ name, image, mask, probabilities, ...maps }: Result): Promise<WrittenFiles> {
    const { masks, overlays, probabilities: arrays } = this.folders;
    const files: { -readonly [Kind in keyof WrittenFiles]: WrittenFiles[Kind] } = { mask: join(masks, `${name}.png`) };
    await writeIndexPng(files.mask, mask, this.colours);
    if (overlays !== undefined) {
      files.overlay = join(overlays, `${name}.png`);
      await writePng(
        files.overlay,
        overlay(image, resizeMask(mask, image.height, image.width), { colours: this.colours }),
      );
    }
    if (arrays !== undefined && probabilities) {
      const { data, channels, height, width } = probabilities;
      files.probabilities = join(arrays, `${name}.npy`);
      writeFileAtomic(files.probabilities, encodeNpy(data, [channels, height, width]));
    }
    for (const kind of ["confidence", "entropy"] as const) {
      const [folder, map] = [this.folders[kind], maps[kind]];
      if (folder === undefined || !map) continue;
      files[kind] = join(folder, `${name}.png`);
      await writePng(files[kind], { ...map, channels: 1 });
    }
    return files;
  }
}
