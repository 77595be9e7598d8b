/** @file Colours of classes: the palette of Pascal VOC and small conversions. */

/** Red, green, blue, 0..255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** VOC's colour of "void", used for the ignore value. */
export const voidColour: Rgb = [224, 224, 192];

/**
 * The Pascal VOC colour of a class index: the bits of the index, three at a time, become the top bits of red, green and blue.
 * 0 is black, 1 (128, 0, 0), 2 (0, 128, 0), 15 (192, 128, 128). http://host.robots.ox.ac.uk/pascal/VOC/voc2012/ (VOCdevkit, VOClabelcolormap)
 */
export function vocColour(index: number): Rgb {
  const colour = [0, 0, 0];
  for (let rest = index, bit = 7; rest > 0 && bit >= 0; rest >>= 3, bit--)
    for (let c = 0; c < 3; c++) colour[c]! |= ((rest >> c) & 1) << bit;
  return colour as unknown as Rgb;
}

/** The first `count` VOC colours. */
export function vocPalette(count: number): Rgb[] {
  return Array.from({ length: count }, (_, index) => vocColour(index));
}

/** A 256-entry palette for PNG files, `[r, g, b, ...]`: the given class colours, VOC's beyond them, VOC's void at 255. */
export function pngPalette(colours: readonly Rgb[]): Uint8Array {
  const all = Array.from(
    { length: 256 },
    (_, index) => colours[index] ?? (index === 255 ? voidColour : vocColour(index)),
  );
  return Uint8Array.from(all.flat());
}

/** A colour as one number, for maps: `red * 65536 + green * 256 + blue`. */
export function packColour(red: number, green: number, blue: number): number {
  return (red << 16) | (green << 8) | blue;
}

/** The colour of a packed number. */
export function unpackColour(packed: number): Rgb {
  return [(packed >> 16) & 255, (packed >> 8) & 255, packed & 255];
}
