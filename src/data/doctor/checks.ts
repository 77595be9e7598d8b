/** @file The table of checks, in the order of the report: what stops training first. */
import { binaryMasks } from "./checks/binary-masks.js";
import { channels } from "./checks/channels.js";
import { colourMasks } from "./checks/colour-masks.js";
import { duplicates } from "./checks/duplicates.js";
import { emptyMasks } from "./checks/empty-masks.js";
import { frequencies } from "./checks/frequencies.js";
import { imageValues } from "./checks/image-values.js";
import { lossyMasks } from "./checks/lossy-masks.js";
import { offByOne } from "./checks/off-by-one.js";
import { outOfRange } from "./checks/out-of-range.js";
import { pairs } from "./checks/pairs.js";
import { recordings } from "./checks/recordings.js";
import { sizes } from "./checks/sizes.js";
import { splits } from "./checks/splits.js";
import { unreadable } from "./checks/unreadable.js";
import { voidShare } from "./checks/void-share.js";
import type { Finding } from "./finding.js";
import type { Survey } from "./survey.js";

/** A check: what it concludes from a survey. */
export type Check = (survey: Survey) => Finding[];

/** Every check by the name its findings carry. */
export const checks: Readonly<Record<string, Check>> = {
  unreadable,
  pairs,
  splits,
  sizes,
  channels,
  "lossy-masks": lossyMasks,
  "binary-masks": binaryMasks,
  "off-by-one": offByOne,
  "colour-masks": colourMasks,
  "out-of-range": outOfRange,
  duplicates,
  recordings,
  "empty-masks": emptyMasks,
  frequencies,
  "void-share": voidShare,
  "image-values": imageValues,
};
