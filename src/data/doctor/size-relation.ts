/** @file How the size of a mask relates to that of its image: what the check reports and mending acts on. */
import type { LabelledRecord } from "./survey.js";

/** How the size of a mask relates to that of its image. */
export type SizeRelation = "equal" | "turned" | "scaled" | "other" | "unknown";

/** equal; turned by a quarter (photographs with a rotation tag); scaled, with the same aspect within a pixel; other. */
export function sizeRelation({ image, mask }: LabelledRecord): SizeRelation {
  if (!image) return "unknown";
  const { height, width } = mask.summary;
  if (height === image.height && width === image.width) return "equal";
  if (height === image.width && width === image.height) return "turned";
  // Rounding may have moved either side of the mask by up to a pixel.
  const isScaled = Math.abs(height * image.width - width * image.height) <= Math.max(image.height, image.width);
  return isScaled ? "scaled" : "other";
}
