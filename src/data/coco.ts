/**
 * @file COCO annotation files: categories become classes, polygons and run lengths become shapes of a class mask.
 *
 * Pixels no object covers are background. A category called background takes that place; otherwise background is class 0 and
 * the categories follow by id. Larger objects are painted first, so that smaller ones on top of them stay visible; crowds lie
 * under all. Format: https://cocodataset.org/#format-data
 */
import { readFile } from "node:fs/promises";
import { DataError } from "../errors/index.js";
import { vocColour } from "../raster/palette.js";
import { type ClassTable, makeClassTable } from "./classes.js";
import type { LabelShape } from "./sample.js";
import { parseRuns } from "./shapes.js";

/** An image of a COCO file with its objects. */
export interface CocoImage {
  /** As in the file: usually relative to the folder of images. */
  readonly fileName: string;
  readonly height: number;
  readonly width: number;
  readonly shapes: readonly LabelShape[];
}

/** A COCO file as classes and labelled images. */
export interface CocoFile {
  readonly classes: ClassTable;
  /** Class index of uncovered pixels. */
  readonly background: number;
  readonly images: readonly CocoImage[];
}

interface Category {
  readonly id: number;
  readonly name: string;
}
interface Annotation {
  readonly image_id: number | string;
  readonly category_id: number;
  readonly area?: number;
  readonly iscrowd?: number;
  readonly segmentation?: readonly (readonly number[])[] | { readonly counts: readonly number[] | string };
}
interface CocoJson {
  readonly images: readonly { id: number | string; file_name: string; height: number; width: number }[];
  readonly annotations: readonly Annotation[];
  readonly categories: readonly Category[];
}

/** True for parsed JSON that has COCO's three lists, with segmentations where there are annotations. */
export function isCoco(json: unknown): json is CocoJson {
  const fields = json as Partial<Record<"images" | "annotations" | "categories", unknown>> | null;
  if (typeof fields !== "object" || fields === null) return false;
  const { images, annotations, categories } = fields;
  if (!Array.isArray(images) || !Array.isArray(annotations) || !Array.isArray(categories)) return false;
  return annotations.length === 0 || annotations.some((annotation) => annotation?.segmentation !== undefined);
}

function shapeOf({ segmentation }: Annotation, index: number): LabelShape | undefined {
  if (!segmentation) return undefined;
  if (Array.isArray(segmentation)) return { index, polygons: segmentation };
  const { counts } = segmentation as { counts: readonly number[] | string };
  return { index, runs: typeof counts === "string" ? parseRuns(counts) : counts };
}

/** Area of the object as the file says, or of its polygons (shoelace formula). */
function areaOf({ area, segmentation }: Annotation): number {
  if (area !== undefined || !Array.isArray(segmentation)) return area ?? 0;
  return (segmentation as number[][]).reduce((sum, ring) => {
    let twice = 0;
    for (let i = 0; i < ring.length; i += 2) {
      const j = (i + 2) % ring.length;
      twice += ring[i]! * ring[j + 1]! - ring[j]! * ring[i + 1]!;
    }
    return sum + Math.abs(twice) / 2;
  }, 0);
}

/** Reads parsed JSON; `file` is named in errors. @throws DataError when an annotation points nowhere. */
export function parseCoco(json: CocoJson, file: string): CocoFile {
  const wrong = (found: string) =>
    new DataError({ file, expected: "a consistent COCO file", found, next: "Correct the file." });
  const isBackground = ({ name }: Category) => /^_*background_*$/i.test(name);
  const ground = json.categories.find(isBackground);
  const categories = json.categories.filter((category) => category !== ground).sort((a, b) => a.id - b.id);
  const names = ["background", ...categories.map(({ name }) => name)];
  const indexOf = new Map(categories.map(({ id }, i) => [id, i + 1]));
  if (ground) indexOf.set(ground.id, 0);
  const objects = new Map<number | string, Annotation[]>(json.images.map(({ id }) => [id, []]));
  for (const annotation of json.annotations) {
    if (!indexOf.has(annotation.category_id))
      throw wrong(`an annotation has the unknown category ${annotation.category_id}`);
    const list = objects.get(annotation.image_id);
    if (!list) throw wrong(`an annotation belongs to the unknown image ${annotation.image_id}`);
    list.push(annotation);
  }
  const images = json.images.map(({ id, file_name: fileName, height, width }) => {
    const ordered = objects
      .get(id)!
      .map((annotation) => ({ annotation, area: areaOf(annotation), crowd: annotation.iscrowd === 1 }))
      .sort((a, b) => Number(b.crowd) - Number(a.crowd) || b.area - a.area);
    const shapes = ordered.flatMap(({ annotation }) => shapeOf(annotation, indexOf.get(annotation.category_id)!) ?? []);
    return { fileName, height, width, shapes };
  });
  return {
    classes: makeClassTable(names.map((name, value) => ({ value, name, colour: vocColour(value) }))),
    background: 0,
    images,
  };
}

/** The JSON of a file, or `undefined` when it is not COCO. @throws DataError when it is not JSON. */
export async function readCoco(file: string): Promise<CocoFile | undefined> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new DataError(
      {
        file,
        expected: "a COCO annotation file",
        found: `it is not JSON (${(cause as Error).message})`,
        next: "Replace the file.",
      },
      { cause },
    );
  }
  return isCoco(json) ? parseCoco(json, file) : undefined;
}
