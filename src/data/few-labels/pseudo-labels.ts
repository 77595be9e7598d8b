/** @file Pseudo-labelled samples: a list of images with index masks that a network predicted. */
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { DataError } from "../../errors/index.js";
import { readBytes } from "../../raster/formats.js";
import type { IgnoreIndex, Sample } from "../sample.js";

const schema = z.object({
  version: z.literal(1),
  items: z.array(z.object({ id: z.string().min(1), image: z.string().min(1), mask: z.string().min(1) })),
});

/** The list as JSON; paths are absolute or start at the list's folder. Masks hold class indices, and `ignoreIndex` where nothing is known. */
export type PseudoList = z.input<typeof schema>;

/** What a pseudo-labelled sample takes over from its data set. */
export interface PseudoContext {
  readonly channels: number;
  readonly numClasses: number;
  readonly ignoreIndex: IgnoreIndex;
  /** Ids that are in the training split already. */
  readonly taken: ReadonlySet<string>;
}

/**
 * The samples of a list, in its order.
 *
 * @throws DataError when the list is missing or malformed, or an id comes twice.
 */
export async function readPseudoList(
  file: string,
  { channels, numClasses, ignoreIndex, taken }: PseudoContext,
): Promise<Sample[]> {
  const wrong = (found: string) =>
    new DataError({
      file,
      expected: 'pseudo-labels as { "version": 1, "items": [{ "id", "image", "mask" }] }, each id once',
      found,
      next: "Let segkit semi write the list.",
    });
  const text = Buffer.from(await readBytes(file)).toString("utf8");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw wrong(`no JSON (${(error as Error).message})`);
  }
  const result = schema.safeParse(json);
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    throw wrong(`${path.join(".") || "the content"}: ${message}`);
  }
  const table = [
    ...Array.from({ length: numClasses }, (_, index) => [index, index] as const),
    [ignoreIndex, ignoreIndex] as const,
  ];
  const seen = new Set(taken);
  return result.data.items.map(({ id, image, mask }): Sample => {
    if (seen.has(id)) throw wrong(`"${id}" is ${taken.has(id) ? "a labelled training image" : "in it twice"}`);
    seen.add(id);
    const at = (path: string) => resolve(dirname(file), path);
    return {
      id,
      image: at(image),
      mask: at(mask),
      channels,
      decode: { kind: "values", numClasses, ignoreIndex, table },
      role: "pseudo",
    };
  });
}
