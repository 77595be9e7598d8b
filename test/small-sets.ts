/** @file Small data sets on disk for tests: a temporary folder, images of noise, masks of given values. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { encodePng } from "../src/raster/png-encode.js";

/** A folder that vanishes with `remove`, and writers into it that make parent folders. */
export interface SmallSet {
  readonly path: string;
  readonly at: (...parts: string[]) => string;
  readonly text: (name: string, content: unknown) => string;
  readonly bytes: (name: string, content: Uint8Array) => string;
  /** An RGB PNG of `height`x`width` whose pixels depend on `seed`; distinct seeds give distinct images. */
  readonly image: (name: string, height: number, width: number, seed?: number) => Promise<string>;
  /** A grey PNG of these rows, 8 bit. */
  readonly mask: (name: string, rows: readonly (readonly number[])[]) => Promise<string>;
  /** An RGB PNG of these rows of colours. */
  readonly colours: (name: string, rows: readonly (readonly (readonly number[])[])[]) => Promise<string>;
  /** A palette PNG of these rows of indices. */
  readonly palette: (
    name: string,
    rows: readonly (readonly number[])[],
    colours: readonly (readonly number[])[],
  ) => Promise<string>;
  readonly remove: () => void;
}

/** A new empty set. */
export function smallSet(): SmallSet {
  const path = mkdtempSync(join(tmpdir(), "segkit-set-"));
  const bytes = (name: string, content: Uint8Array) => {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  return {
    path,
    at: (...parts) => join(path, ...parts),
    bytes,
    text: (name, content) => bytes(name, Buffer.from(typeof content === "string" ? content : JSON.stringify(content))),
    image: async (name, height, width, seed = 1) => {
      const data = Uint8Array.from(
        { length: height * width * 3 },
        (_, i) => (i * 31 + seed * 97 + ((i * seed) >> 3)) % 256,
      );
      return bytes(name, await encodePng({ data, height, width, channels: 3 }));
    },
    mask: async (name, rows) =>
      bytes(
        name,
        await encodePng({
          data: Uint8Array.from(rows.flat()),
          height: rows.length,
          width: rows[0]!.length,
          channels: 1,
        }),
      ),
    colours: async (name, rows) =>
      bytes(
        name,
        await encodePng({
          data: Uint8Array.from(rows.flat(2)),
          height: rows.length,
          width: rows[0]!.length,
          channels: 3,
        }),
      ),
    palette: async (name, rows, colours) => {
      const [height, width, palette] = [rows.length, rows[0]!.length, Uint8Array.from(colours.flat())];
      return bytes(name, await encodePng({ data: Uint8Array.from(rows.flat()), height, width, channels: 1, palette }));
    },
    remove: () => rmSync(path, { recursive: true }),
  };
}
