/**
 * @file PNG reader that keeps what is stored: palette indices, 1- to 16-bit grey values, 16-bit colours.
 *
 * General image libraries turn palettes into RGB and stretch small bit depths to 0..255, which destroys class indices.
 * Specification: https://www.w3.org/TR/png-3/. Chunk checksums are not verified, since zlib's own covers all pixels.
 */
import { promisify } from "node:util";
import { inflate } from "node:zlib";
import { DataError } from "../errors/index.js";

const inflateAsync = promisify(inflate);

/** Largest number of pixels that readers accept, against files that claim absurd sizes. */
export const maxPixels = 2 ** 28;

export const pngSignature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** The colour types of the specification by their number. */
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** What the first chunk says. */
export interface PngHeader {
  readonly height: number;
  readonly width: number;
  readonly bitDepth: 1 | 2 | 4 | 8 | 16;
  /** Stored samples a pixel: 1 grey or palette index, 2 grey and alpha, 3 RGB, 4 RGBA. */
  readonly channels: 1 | 2 | 3 | 4;
  /** True when the one sample is an index into `palette`. */
  readonly indexed: boolean;
  readonly interlaced: boolean;
}

/** A PNG as stored. */
export interface PngImage extends PngHeader {
  /** Samples as written in the file, not scaled; 16-bit files give Uint16Array. HWC. */
  readonly data: Uint8Array | Uint16Array;
  /** Colours `[r, g, b, r, g, b, ...]` of an indexed image. */
  readonly palette?: Uint8Array;
}

const broken = (file: string, found: string) =>
  new DataError({
    file,
    expected: "a complete PNG file",
    found,
    next: "Replace the file or leave it out (segkit doctor --fix writes a copy of the data set without it).",
  });

/** Reads the header of a PNG; 33 bytes are enough. @throws DataError when it is cut off or impossible. */
export function readPngHeader(bytes: Uint8Array, file: string): PngHeader {
  if (bytes.length < 33) throw broken(file, "the file ends inside its header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [bitDepth, colourType, interlace] = [bytes[24]!, bytes[25]!, bytes[28]!];
  const channels = samplesOf[colourType];
  const depths = colourType === 0 ? [1, 2, 4, 8, 16] : colourType === 3 ? [1, 2, 4, 8] : [8, 16];
  if (!channels || !depths.includes(bitDepth) || interlace > 1 || !width || !height)
    throw broken(file, `the PNG header is damaged (${width}x${height}, colour type ${colourType}, ${bitDepth} bit)`);
  if (width * height > maxPixels)
    throw broken(file, `the PNG claims ${width}x${height} pixels, more than the limit of ${maxPixels}`);
  return {
    height,
    width,
    bitDepth: bitDepth as PngHeader["bitDepth"],
    channels: channels as PngHeader["channels"],
    indexed: colourType === 3,
    interlaced: interlace === 1,
  };
}

interface Chunks {
  readonly parts: Uint8Array[];
  palette?: Uint8Array;
}

function readChunks(bytes: Uint8Array, file: string): Chunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunks = { parts: [] };
  for (let at = 8; ; ) {
    if (at + 12 > bytes.length) throw broken(file, "the PNG ends early (truncated file)");
    const length = view.getUint32(at);
    const kind = String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!, bytes[at + 6]!, bytes[at + 7]!);
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (kind === "IEND") return chunks;
    if (body.length < length) throw broken(file, "the PNG ends early (truncated file)");
    if (kind === "IDAT") chunks.parts.push(body);
    else if (kind === "PLTE") chunks.palette = Uint8Array.from(body);
    at += 12 + length;
  }
}

/** Undoes the row filters in place (section 9 of the specification); returns the pixel bytes without the filter bytes. */
function unfilter(raw: Uint8Array, rows: number, rowBytes: number, pixelBytes: number, file: string): Uint8Array {
  const out = new Uint8Array(rows * rowBytes);
  for (let row = 0; row < rows; row++) {
    const from = row * (rowBytes + 1);
    const filter = raw[from]!;
    const line = raw.subarray(from + 1, from + 1 + rowBytes);
    const at = row * rowBytes;
    out.set(line, at);
    // The row above the first counts as zeros: None and Sub do not look at it, Up leaves the row as it is.
    const up = at - rowBytes;
    if (filter === 1 || (filter === 4 && row === 0)) {
      for (let i = at + pixelBytes; i < at + rowBytes; i++) out[i] = out[i]! + out[i - pixelBytes]!;
    } else if (filter === 2) {
      if (row > 0) for (let i = 0; i < rowBytes; i++) out[at + i] = out[at + i]! + out[up + i]!;
    } else if (filter === 3) {
      for (let i = 0; i < rowBytes; i++) {
        const left = i < pixelBytes ? 0 : out[at + i - pixelBytes]!;
        out[at + i] = out[at + i]! + ((left + (row > 0 ? out[up + i]! : 0)) >> 1);
      }
    } else if (filter === 4) {
      for (let i = 0; i < pixelBytes; i++) out[at + i] = out[at + i]! + out[up + i]!;
      for (let i = pixelBytes; i < rowBytes; i++) {
        const a = out[at + i - pixelBytes]!;
        const b = out[up + i]!;
        const c = out[up + i - pixelBytes]!;
        const pa = b < c ? c - b : b - c;
        const pb = a < c ? c - a : a - c;
        const sum = a + b - 2 * c;
        const pc = sum < 0 ? -sum : sum;
        out[at + i] = out[at + i]! + (pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
      }
    } else if (filter !== 0) throw broken(file, `row ${row} has the unknown filter ${filter}`);
  }
  return out;
}

/** Spreads rows of packed samples into one element a sample; big-endian for 16 bit. */
function unpack(
  lines: Uint8Array,
  rows: number,
  samples: number,
  rowBytes: number,
  bitDepth: number,
): Uint8Array | Uint16Array {
  if (bitDepth === 8) return lines;
  if (bitDepth === 16) {
    const out = new Uint16Array(rows * samples);
    for (let i = 0; i < out.length; i++) out[i] = (lines[2 * i]! << 8) | lines[2 * i + 1]!;
    return out;
  }
  const out = new Uint8Array(rows * samples);
  const mask = (1 << bitDepth) - 1;
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < samples; i++) {
      const bit = i * bitDepth;
      out[row * samples + i] = (lines[row * rowBytes + (bit >> 3)]! >> (8 - bitDepth - (bit & 7))) & mask;
    }
  return out;
}

/** The seven passes of Adam7 as [first column, first row, column step, row step]; one full pass when not interlaced. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * Reads a PNG as stored: samples unscaled, palettes unexpanded.
 *
 * @throws DataError when the file is truncated or damaged.
 */
export async function decodePng(bytes: Uint8Array, file: string): Promise<PngImage> {
  const header = readPngHeader(bytes, file);
  const { height, width, bitDepth, channels } = header;
  const { parts, palette } = readChunks(bytes, file);
  if (header.indexed && !palette) throw broken(file, "the PNG has indices but no palette");
  const pixelBytes = Math.max(1, (bitDepth * channels) >> 3);
  const passes = (header.interlaced ? adam7 : ([[0, 0, 1, 1]] as const))
    .map(([x0, y0, dx, dy]) => ({
      x0,
      y0,
      dx,
      dy,
      columns: Math.ceil((width - x0) / dx),
      rows: Math.ceil((height - y0) / dy),
    }))
    .filter(({ columns, rows }) => columns > 0 && rows > 0)
    .map((pass) => ({ ...pass, rowBytes: Math.ceil((pass.columns * bitDepth * channels) / 8) }));
  const size = passes.reduce((sum, { rows, rowBytes }) => sum + rows * (rowBytes + 1), 0);
  let raw: Uint8Array;
  try {
    raw = await inflateAsync(parts.length === 1 ? parts[0]! : Buffer.concat(parts), { maxOutputLength: size });
  } catch (cause) {
    const text = (cause as NodeJS.ErrnoException).code === "Z_BUF_ERROR" ? "ends early (truncated file)" : "is damaged";
    throw broken(file, `the PNG's pixel data ${text}`);
  }
  if (raw.length < size) throw broken(file, "the PNG holds fewer pixels than its header says (truncated file)");
  const kept = {
    ...header,
    ...(header.indexed && palette ? { palette } : {}),
  };
  let at = 0;
  const decoded = passes.map((pass) => {
    const lines = unfilter(raw.subarray(at), pass.rows, pass.rowBytes, pixelBytes, file);
    at += pass.rows * (pass.rowBytes + 1);
    return unpack(lines, pass.rows, pass.columns * channels, pass.rowBytes, bitDepth);
  });
  if (!header.interlaced) return { ...kept, data: decoded[0]! };
  const data = bitDepth === 16 ? new Uint16Array(height * width * channels) : new Uint8Array(height * width * channels);
  passes.forEach(({ x0, y0, dx, dy, columns, rows }, pass) => {
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        for (let c = 0; c < channels; c++)
          data[((y0 + row * dy) * width + x0 + column * dx) * channels + c] =
            decoded[pass]![(row * columns + column) * channels + c]!;
  });
  return { ...kept, data };
}
