/** @file The aerial scenes as a data set on disk: `{train,val,test}/{images,masks}` with `classes.json`, made once and then reused. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { classTableToJson, makeClassTable } from "../../data/classes.js";
import { DataError } from "../../errors/index.js";
import { type Rgb, writeIndexPng, writePng } from "../../raster/index.js";
import { mapConcurrent } from "../../util/concurrent.js";
import { writeFileAtomic } from "../../util/files.js";
import { drawScene } from "./scene.js";
import { type ClassName, classNames } from "./tones.js";

/** Raised whenever the same seed would give other scenes. */
const generatorVersion = 1;

/** All that decides what the data set holds. */
export interface AerialRecipe {
  readonly seed: number;
  /** Height and width of the scenes in pixels. */
  readonly size: number;
  /** Number of scenes in each split. */
  readonly scenes: { readonly train: number; readonly val: number; readonly test: number };
}

/** Enough to learn from in a few minutes on two cores; each a multiple of the landscapes, so that all splits are mixed alike. */
export const aerialRecipe: AerialRecipe = { seed: 1, size: 160, scenes: { train: 96, val: 16, test: 24 } };

/** Colours of the classes in masks and pictures. */
const colours: { readonly [Name in ClassName]: Rgb } = {
  field: [226, 198, 120],
  road: [94, 88, 104],
  building: [206, 84, 66],
  water: [66, 138, 196],
  tree: [62, 132, 84],
};

/** Colour of each class index. */
export const classColours: readonly Rgb[] = classNames.map((name) => colours[name]);

const recipeFile = "recipe.json";

const recipeText = (recipe: AerialRecipe): string =>
  `${JSON.stringify({ generator: "aerial", version: generatorVersion, ...recipe }, null, 2)}\n`;

/** The recipe a folder was made by, or undefined when it holds something else. */
function recipeIn(folder: string): string | undefined {
  const file = join(folder, recipeFile);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

async function writeScenes(folder: string, recipe: AerialRecipe, onScene: (done: number, of: number) => void) {
  const { seed, size, scenes } = recipe;
  const jobs = Object.entries(scenes).flatMap(([split, count]) =>
    Array.from({ length: count }, (_, index) => ({ split, index })),
  );
  const write = async ({ split, index }: (typeof jobs)[number]) => {
    const { image, mask } = drawScene(seed, split, index, size);
    const name = `scene-${String(index).padStart(3, "0")}.png`;
    await writePng(join(folder, split, "images", name), image);
    await writeIndexPng(join(folder, split, "masks", name), mask, classColours);
  };
  // One scene is drawn while the files of others are compressed.
  await mapConcurrent(jobs, 4, write, (done) => onScene(done, jobs.length));
  const table = makeClassTable(classNames.map((name, value) => ({ value, name, colour: colours[name] })));
  writeFileAtomic(
    join(folder, "classes.json"),
    `${JSON.stringify(classTableToJson(table, { name: "aerial" }), null, 2)}\n`,
  );
  writeFileAtomic(join(folder, recipeFile), recipeText(recipe));
}

/**
 * Makes the data set in a folder, unless it is there already. The folder appears all at once, when everything is written.
 *
 * @param onScene called after each scene with the number done and the number of all.
 * @returns whether anything was made.
 * @throws DataError when the folder holds something that is not such a data set; FileError when it cannot be written.
 */
export async function makeAerialSet(
  folder: string,
  recipe: AerialRecipe = aerialRecipe,
  onScene: (done: number, of: number) => void = () => {},
): Promise<boolean> {
  const made = recipeIn(folder);
  if (made === recipeText(recipe)) return false;
  if (made === undefined && existsSync(folder) && readdirSync(folder).length > 0)
    throw new DataError({
      file: folder,
      expected: "an empty folder, or one that the demo made",
      found: "it holds other files",
      next: "Choose another folder.",
    });
  const unfinished = join(dirname(folder), `.${basename(folder)}.${process.pid}.tmp`);
  try {
    rmSync(unfinished, { recursive: true, force: true });
    await writeScenes(unfinished, recipe, onScene);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return true;
}
