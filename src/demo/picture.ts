/** @file The picture of the demo: rows of scenes, columns of image and masks, and a legend of the classes. */
import sharp from "sharp";
import { colourise, type Mask, type Raster, type Rgb } from "../raster/index.js";
import { writeFileAtomic } from "../util/files.js";

/** One scene of the picture: its image, and a mask for each further column. */
export interface PictureRow {
  readonly image: Raster;
  readonly masks: readonly Mask[];
}

export interface PictureOptions {
  /** Heading of each column, the image's first; a second line in grey after a line feed. */
  readonly headings: readonly string[];
  readonly classNames: readonly string[];
  readonly colours: readonly Rgb[];
}

/** Lengths in pixels of the picture. */
const tile = 240;
const gap = 10;
const margin = 20;
const headHeight = 52;
const legendHeight = 44;

const css = ([red, green, blue]: Rgb): string => `rgb(${red},${green},${blue})`;
const escapes: { readonly [character: string]: string } = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const escapeXml = (content: string): string => content.replace(/[&<>]/g, (character) => escapes[character]!);

const text = (x: number, y: number, size: number, fill: string, content: string): string =>
  `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}">${escapeXml(content)}</text>`;

/** Headings above and legend below, as SVG. Without any font on the machine only the swatches of the legend show. */
function lettering(width: number, height: number, { headings, classNames, colours }: PictureOptions): string {
  const heads = headings.flatMap((heading, column) => {
    const x = margin + column * (tile + gap);
    const [title, more] = heading.split("\n");
    return [text(x, margin + 16, 17, "#1d2433", title!), ...(more ? [text(x, margin + 37, 14, "#667085", more)] : [])];
  });
  const y = height - margin - 18;
  const legend = classNames.flatMap((name, index) => {
    const x = margin + index * 130;
    return [
      `<rect x="${x}" y="${y}" width="20" height="20" rx="4" fill="${css(colours[index]!)}"/>`,
      text(x + 29, y + 15, 15, "#1d2433", name),
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif">${[...heads, ...legend].join("")}</svg>`;
}

/** A raster at the size of a tile: images smoothly, masks with hard edges. */
function toTile({ data, height, width }: Raster, kernel: "lanczos3" | "nearest"): Promise<Buffer> {
  const raw = { width, height, channels: 3 } as const;
  return sharp(data as Uint8Array, { raw })
    .resize(tile, tile, { kernel, fit: "fill" })
    .png()
    .toBuffer();
}

/**
 * Writes the picture as PNG.
 *
 * @throws FileError when it cannot be written.
 */
export async function writePicture(file: string, rows: readonly PictureRow[], options: PictureOptions): Promise<void> {
  const columns = options.headings.length;
  const width = 2 * margin + columns * tile + (columns - 1) * gap;
  const height = 2 * margin + headHeight + rows.length * (tile + gap) + legendHeight - gap;
  const tiles = rows.flatMap(({ image, masks }, row) =>
    [toTile(image, "lanczos3"), ...masks.map((mask) => toTile(colourise(mask, options.colours), "nearest"))].map(
      async (input, column) => ({
        input: await input,
        left: margin + column * (tile + gap),
        top: margin + headHeight + row * (tile + gap),
      }),
    ),
  );
  const png = await sharp({ create: { width, height, channels: 3, background: "#ffffff" } })
    .composite([
      { input: Buffer.from(lettering(width, height, options)), left: 0, top: 0 },
      ...(await Promise.all(tiles)),
    ])
    .png({ compressionLevel: 9 })
    .toBuffer();
  writeFileAtomic(file, png);
}
