/** @file The general codec (sharp, libvips): JPEG, WebP, GIF, AVIF, and 8-bit colour PNG, where it is faster than ours. */
import sharp from "sharp";
import { DataError } from "../errors/index.js";
import { maxPixels } from "./png-decode.js";
import type { FormatName, RasterInfo, Stored } from "./stored.js";

// Truncated data is an error, small oddities in headers are not. Embedded colour profiles are ignored, as by the readers
// of the other toolkits: values stay as stored.
const reading = { failOn: "error", ignoreIcc: true, limitInputPixels: maxPixels } as const;

const unreadable = (file: string, format: string, cause: unknown) =>
  new DataError(
    {
      file,
      expected: `a complete ${format.toUpperCase()} file`,
      found: `the ${format.toUpperCase()} is damaged or truncated (${(cause as Error).message.replace(/\s+/g, " ").slice(0, 100)})`,
      next: "Replace the file or leave it out (segkit doctor --fix writes a copy of the data set without it).",
    },
    { cause },
  );

/**
 * Reads an 8-bit picture as stored: a grey file gives one channel; EXIF rotation is not applied.
 *
 * @throws DataError when it is truncated, damaged or an animation.
 */
export async function decodeWithSharp(bytes: Uint8Array, file: string, format: FormatName): Promise<Stored> {
  const picture = sharp(bytes, reading);
  const header = await picture.metadata().catch((cause) => {
    throw unreadable(file, format, cause);
  });
  if ((header.pages ?? 1) > 1)
    throw new DataError({
      file,
      expected: "one image a file",
      found: `the ${format.toUpperCase()} holds ${header.pages} frames`,
      next: "Save the frames as files of their own.",
    });
  // Without this, grey pictures would come out as three equal channels.
  if (header.space === "b-w") picture.toColourspace("b-w");
  const { data, info } = await picture
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause) => {
      throw unreadable(file, format, cause);
    });
  const { height, width, channels } = info;
  // A plain array over the same memory: Buffer's own `slice` and constructor behave differently.
  const samples = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { format, data: samples, height, width, channels, bitDepth: 8, alpha: header.hasAlpha, whiteIsZero: false };
}

/** Size and channels from the header. @throws DataError when it cannot be read. */
export async function readInfoWithSharp(bytes: Uint8Array, file: string, format: FormatName): Promise<RasterInfo> {
  const header = await sharp(bytes, reading)
    .metadata()
    .catch((cause) => {
      throw unreadable(file, format, cause);
    });
  const colours = header.space === "b-w" ? 1 : 3;
  return { format, height: header.height, width: header.width, channels: colours, alpha: header.hasAlpha };
}
