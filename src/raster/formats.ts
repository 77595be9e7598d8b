/** @file The table of file formats, told apart by their first bytes (file names are often wrong). */
import { readFile } from "node:fs/promises";
import { DataError } from "../errors/index.js";
import { decodePng, pngSignature, readPngHeader } from "./png-decode.js";
import { decodeWithSharp, readInfoWithSharp } from "./sharp-decode.js";
import type { FormatName, RasterInfo, Stored } from "./stored.js";

/** How one format is recognised and read. */
interface Format {
  readonly name: FormatName;
  readonly matches: (bytes: Uint8Array) => boolean;
  readonly decode: (bytes: Uint8Array, file: string) => Promise<Stored>;
  readonly info: (bytes: Uint8Array, file: string) => Promise<RasterInfo>;
}

const ascii = (bytes: Uint8Array, from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
const startsWith = (bytes: Uint8Array, start: ArrayLike<number>) =>
  Array.from(start).every((byte, i) => bytes[i] === byte);

async function storedPng(bytes: Uint8Array, file: string): Promise<Stored> {
  const header = readPngHeader(bytes, file);
  // The general codec unpacks 8-bit colour twice as fast; everything else it would alter (palettes, 16 bit, grey).
  if (header.channels >= 3 && header.bitDepth === 8) {
    // A colour key (tRNS) makes it add a channel that the file does not store; of its errors ours says more.
    const stored = await decodeWithSharp(bytes, file, "png").catch(() => undefined);
    if (stored?.channels === header.channels) return stored;
  }
  const { data, height, width, channels, bitDepth, palette } = await decodePng(bytes, file);
  const alpha = channels === 2 || channels === 4;
  return {
    format: "png",
    data,
    height,
    width,
    channels,
    bitDepth,
    alpha,
    whiteIsZero: false,
    ...(palette ? { palette } : {}),
  };
}

async function pngInfo(bytes: Uint8Array, file: string): Promise<RasterInfo> {
  const { height, width, channels, indexed } = readPngHeader(bytes, file);
  const alpha = channels === 2 || channels === 4;
  return { format: "png", height, width, channels: indexed ? 3 : channels - Number(alpha), alpha };
}

const general = (name: FormatName, matches: Format["matches"]): Format => ({
  name,
  matches,
  decode: (bytes, file) => decodeWithSharp(bytes, file, name),
  info: (bytes, file) => readInfoWithSharp(bytes, file, name),
});

/** All formats. GIF and lossless WebP lose nothing, but give colours where a palette PNG gives indices. */
const formats: readonly Format[] = [
  { name: "png", matches: (b) => startsWith(b, pngSignature), decode: storedPng, info: pngInfo },
  general("jpeg", (b) => startsWith(b, [0xff, 0xd8, 0xff])),
  {
    name: "tiff",
    // Little- or big-endian, classic (42) or BigTIFF (43).
    matches: (b) => /^(II[*+]\0|MM\0[*+])$/.test(ascii(b, 0, 4)),
    // The TIFF library is heavy: it is only loaded when a TIFF is met.
    decode: async (bytes, file) => (await import("./tiff.js")).decodeTiff(bytes, file),
    info: async (bytes, file) => (await import("./tiff.js")).readTiffInfo(bytes, file),
  },
  general("webp", (b) => ascii(b, 0, 4) === "RIFF" && ascii(b, 8, 12) === "WEBP"),
  general("gif", (b) => ascii(b, 0, 4) === "GIF8"),
  general("avif", (b) => ascii(b, 4, 8) === "ftyp" && /avi[fs]|mif1/.test(ascii(b, 8, 32))),
];

/** Extensions of files that count as images when a folder is listed. */
export const imageExtensions: readonly string[] = ["png", "jpg", "jpeg", "tif", "tiff", "webp", "gif", "avif", "bmp"];

/** What else a file may be, recognised for a better message. */
function describeUnknown(bytes: Uint8Array): { found: string; next: string } {
  const start = ascii(bytes, 0, Math.min(40, bytes.length));
  const next = "Replace the file or leave it out (segkit doctor --fix writes a copy of the data set without it).";
  if (bytes.length === 0) return { found: "the file is empty", next };
  if (start.startsWith("version https://git-lfs"))
    return {
      found: "a Git LFS pointer, not the image itself",
      next: "Run git lfs pull in the folder the data came from.",
    };
  if (start.startsWith("BM")) return { found: "a BMP file", next: "Save it as PNG." };
  if (/^\s*</.test(start)) return { found: "a web page or XML text, perhaps of a failed download", next };
  return { found: "not an image that can be read (unknown first bytes)", next };
}

function formatOf(bytes: Uint8Array, file: string): Format {
  const format = formats.find(({ matches }) => matches(bytes));
  if (!format) throw new DataError({ file, expected: "PNG, JPEG, TIFF, WebP, GIF or AVIF", ...describeUnknown(bytes) });
  return format;
}

/** The bytes of a file. @throws DataError when it is missing or may not be read. */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const found =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EISDIR"
          ? "this is a folder"
          : `it cannot be opened (${code})`;
    throw new DataError(
      { file, expected: "a file that can be read", found, next: "Check the path and its permissions." },
      { cause },
    );
  }
}

/** Pixels as stored in the bytes of any supported file; `file` is only named in errors. @throws DataError when unreadable. */
export function decodeStored(bytes: Uint8Array, file: string): Promise<Stored> {
  return formatOf(bytes, file).decode(bytes, file);
}

/** Size and channels of an image file without decoding its pixels. @throws DataError when unreadable. */
export async function readRasterInfo(file: string): Promise<RasterInfo> {
  const bytes = await readBytes(file);
  return formatOf(bytes, file).info(bytes, file);
}
