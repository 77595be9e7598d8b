/** @file Unlabelled samples for a training step: masks that tell image from padding and, where true classes are known, hold them for study. */
import type { MaskDecoding, Sample } from "../sample.js";

/** The same decoding with the number of classes, which no class has, for pixels of no class: only padding is `ignoreIndex` then. */
function voidInside(decode: MaskDecoding): MaskDecoding {
  const { ignoreIndex, numClasses } = decode;
  const inside = (index: number): number => (index === ignoreIndex ? numClasses : index);
  switch (decode.kind) {
    case "none":
      return { ...decode, fill: numClasses };
    case "shapes":
      return decode;
    case "values": {
      const table = decode.table.map(([value, index]) => [value, inside(index)] as const);
      return { ...decode, table, other: inside(decode.other ?? ignoreIndex) };
    }
    case "colours": {
      const table = decode.table.map(([red, green, blue, index]) => [red, green, blue, inside(index)] as const);
      return { ...decode, table, other: inside(decode.other ?? ignoreIndex) };
    }
  }
}

/**
 * The split `unlabelled` with masks: true classes where the split `hidden` knows them, the number of classes elsewhere inside the
 * image, `ignoreIndex` in the padding that transforms add. A loss has to leave padding out; what is inside it must not look at.
 */
export function forStudy(unlabelled: readonly Sample[], hidden: readonly Sample[] = []): Sample[] {
  const known = new Map(hidden.map((sample) => [sample.id, sample]));
  return unlabelled.map((sample) => {
    const { decode, ...rest } = known.get(sample.id) ?? sample;
    return { ...rest, decode: voidInside(decode) };
  });
}
