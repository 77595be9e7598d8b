/** @file The grey of a colour, as all colour steps see it. */

/** Luma weights of red, green and blue (ITU-R BT.601, as in JPEG). */
export const luma = [0.299, 0.587, 0.114] as const;
