/** @file TIFF and GeoTIFF reader: any number of bands, 8 to 64 bit, integer or float, striped, tiled or band-interleaved. */
import { fromArrayBuffer, type GeoTIFFImage } from "geotiff";
import { DataError, SegkitError } from "../errors/index.js";
import { maxPixels } from "./png-decode.js";
import type { RasterData } from "./raster.js";
import { decodeWithSharp } from "./sharp-decode.js";
import type { RasterInfo, Stored } from "./stored.js";
import { readBlocks } from "./tiff-blocks.js";

const whiteIsZero = 0;
const paletteColours = 3;
/** CMYK, YCbCr and CIELab: pictures for the eye, whose colours the general codec converts. */
const pictureColours: readonly number[] = [5, 6, 8];

type Numbers = ArrayLike<number> & { readonly BYTES_PER_ELEMENT?: number };

/** Segkit's four types hold int8 in int16; 32- and 64-bit integers and doubles become float32, exact up to 2^24. */
function toRasterData(data: Numbers): RasterData {
  if (
    data instanceof Uint8Array ||
    data instanceof Uint16Array ||
    data instanceof Int16Array ||
    data instanceof Float32Array
  )
    return data;
  return data instanceof Int8Array ? Int16Array.from(data) : Float32Array.from(data);
}

async function open(bytes: Uint8Array, file: string): Promise<GeoTIFFImage> {
  const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  const tiff = await fromArrayBuffer((whole ? bytes.buffer : new Uint8Array(bytes).buffer) as ArrayBuffer);
  const image = await tiff.getImage();
  const pages = await tiff.getImageCount();
  // Overviews (bit 0 of NewSubfileType) and validity masks (bit 2) accompany the image; any other page is an image of its own.
  for (let page = 1; page < pages; page++) {
    const kind = Number((await tiff.getImage(page)).fileDirectory.getValue("NewSubfileType") ?? 0);
    if ((kind & 0b101) === 0)
      throw new DataError({
        file,
        expected: "one image a file",
        found: `the TIFF is a stack of ${pages} pages`,
        next: "Split the stack into one file a page.",
      });
  }
  if (image.getWidth() * image.getHeight() > maxPixels)
    throw new DataError({
      file,
      expected: `at most ${maxPixels} pixels`,
      found: `the TIFF is ${image.getWidth()}x${image.getHeight()}`,
      next: "Cut it into tiles first.",
    });
  return image;
}

const unreadable = (file: string, cause: unknown) =>
  cause instanceof SegkitError
    ? cause
    : new DataError(
        {
          file,
          expected: "a complete TIFF file",
          found: `the TIFF is damaged or truncated (${(cause as Error).message})`,
          next: "Replace the file or leave it out (segkit doctor --fix writes a copy of the data set without it).",
        },
        { cause },
      );

async function readPalette(image: GeoTIFFImage): Promise<Uint8Array> {
  const map = (await image.fileDirectory.loadValue("ColorMap")) as ArrayLike<number>;
  const size = map.length / 3;
  // The file keeps all reds, then all greens, then all blues, in 16 bit.
  return Uint8Array.from({ length: map.length }, (_, i) => map[(i % 3) * size + Math.floor(i / 3)]! >> 8);
}

function hasAlpha(image: GeoTIFFImage): boolean {
  const extra = image.fileDirectory.getValue("ExtraSamples") as ArrayLike<number> | undefined;
  const last = extra?.[extra.length - 1];
  return last === 1 || last === 2;
}

/**
 * Reads a TIFF as stored.
 *
 * @throws DataError when it is truncated, damaged or a stack of several images.
 */
export async function decodeTiff(bytes: Uint8Array, file: string): Promise<Stored> {
  try {
    const image = await open(bytes, file);
    const photometric = Number(image.fileDirectory.getValue("PhotometricInterpretation") ?? 1);
    if (pictureColours.includes(photometric)) return await decodeWithSharp(bytes, file, "tiff");
    const data = toRasterData(
      (await readBlocks(image)) ?? ((await image.readRasters({ interleave: true })) as Numbers),
    );
    const [height, width, channels] = [image.getHeight(), image.getWidth(), image.getSamplesPerPixel()];
    if (data.length !== height * width * channels)
      throw new Error(`${data.length} values for ${height}x${width}x${channels}`);
    const nodata = image.getGDALNoData();
    return {
      format: "tiff",
      data,
      height,
      width,
      channels,
      bitDepth: Number(image.getBitsPerSample()),
      alpha: hasAlpha(image),
      whiteIsZero: photometric === whiteIsZero,
      ...(photometric === paletteColours ? { palette: await readPalette(image) } : {}),
      ...(nodata === null ? {} : { nodata }),
    };
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** Size and bands of a TIFF. Its alpha counts as a band: in surveys the fourth band is more often infrared than transparency. */
export async function readTiffInfo(bytes: Uint8Array, file: string): Promise<RasterInfo> {
  try {
    const image = await open(bytes, file);
    const photometric = Number(image.fileDirectory.getValue("PhotometricInterpretation") ?? 1);
    const channels =
      photometric === paletteColours || pictureColours.includes(photometric) ? 3 : image.getSamplesPerPixel();
    return { format: "tiff", height: image.getHeight(), width: image.getWidth(), channels, alpha: false };
  } catch (cause) {
    throw unreadable(file, cause);
  }
}
