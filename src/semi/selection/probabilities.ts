/**
 * @file Probabilities of an image with only the classes that matter at each pixel: what a network is almost sure not to see there
 * is left out, so that many classes cost little memory and disk.
 */
import { DataError } from "../../errors/index.js";

/** Class indices of one byte or two. */
export type ClassArray = Uint8Array | Uint16Array;

/** The classes at each pixel whose probability reaches a cutoff; always the most likely one. */
export interface LikelyClasses {
  readonly numClasses: number;
  /** Entries of each pixel, at least 1. */
  readonly counts: ClassArray;
  /** Class of each entry, rising within a pixel. */
  readonly classes: ClassArray;
  /** Its probability, 0 to 1. */
  readonly values: Float32Array;
}

/** An array for class indices 0..`values`-1, or for counts up to so many. */
export const classArray = (values: number, length: number): ClassArray =>
  values <= 256 ? new Uint8Array(length) : new Uint16Array(length);

/**
 * No pixel's most likely class has less than 1/K: with this cutoff nothing is lost that a selection could keep.
 * A little below 1/K, as means of rounded probabilities may fall short of it.
 */
export const selectionCutoff = (numClasses: number): number => (1 - 1e-3) / numClasses;

/** Puts likely classes together from the bands of an image. */
export class LikelyClassesBuilder {
  private readonly bands: LikelyClasses[] = [];

  constructor(
    private readonly numClasses: number,
    private readonly cutoff: number,
  ) {}

  /** Adds the next pixels. @param dense probabilities [K, pixels] */
  add(dense: Float32Array): void {
    const { numClasses, cutoff } = this;
    const pixels = dense.length / numClasses;
    const counts = classArray(numClasses + 1, pixels);
    let entries = 0;
    for (const value of dense) if (value >= cutoff) entries++;
    // A pixel where nothing reaches the cutoff gets an entry all the same.
    const classes = classArray(numClasses, entries + pixels);
    const values = new Float32Array(entries + pixels);
    let at = 0;
    for (let i = 0; i < pixels; i++) {
      const first = at;
      let best = 0;
      for (let c = 0; c < numClasses; c++) {
        const value = dense[c * pixels + i]!;
        if (value > dense[best * pixels + i]!) best = c;
        if (value < cutoff) continue;
        classes[at] = c;
        values[at++] = value;
      }
      if (at === first) {
        classes[at] = best;
        values[at++] = dense[best * pixels + i]!;
      }
      counts[i] = at - first;
    }
    this.bands.push({ numClasses, counts, classes: classes.slice(0, at), values: values.slice(0, at) });
  }

  finish(): LikelyClasses {
    const { numClasses, bands } = this;
    const length = (of: (band: LikelyClasses) => ArrayLike<number>): number =>
      bands.reduce((sum, band) => sum + of(band).length, 0);
    const counts = classArray(
      numClasses + 1,
      length((band) => band.counts),
    );
    const entries = length((band) => band.values);
    const classes = classArray(numClasses, entries);
    const values = new Float32Array(entries);
    let [pixel, entry] = [0, 0];
    for (const band of bands) {
      counts.set(band.counts, pixel);
      classes.set(band.classes, entry);
      values.set(band.values, entry);
      pixel += band.counts.length;
      entry += band.values.length;
    }
    return { numClasses, counts, classes, values };
  }
}

/** The likely classes of probabilities [K, pixels]. */
export function likelyClasses(
  dense: Float32Array,
  numClasses: number,
  cutoff: number = selectionCutoff(numClasses),
): LikelyClasses {
  const builder = new LikelyClassesBuilder(numClasses, cutoff);
  builder.add(dense);
  return builder.finish();
}

/** Most likely class of each pixel (the lower of equal ones) and its probability. */
export function mostLikely({ numClasses, counts, classes, values }: LikelyClasses): {
  readonly classes: ClassArray;
  readonly confidence: Float32Array;
} {
  const best = classArray(numClasses, counts.length);
  const confidence = new Float32Array(counts.length);
  for (let i = 0, entry = 0; i < counts.length; i++) {
    let top = entry;
    for (const end = entry + counts[i]!; entry < end; entry++) if (values[entry]! > values[top]!) top = entry;
    best[i] = classes[top]!;
    confidence[i] = values[top]!;
  }
  return { classes: best, confidence };
}

/** The numbers of the file's head: classes, pixels, entries. */
const headBytes = 12;

/** Likely classes as the bytes of a file, in the byte order of x86 and ARM. */
export function encodeLikelyClasses({ numClasses, counts, classes, values }: LikelyClasses): Uint8Array[] {
  const head = Uint32Array.of(numClasses, counts.length, values.length);
  // Values first: behind bytes of odd number they could not be read in place.
  return [head, values, counts, classes].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
}

/** The likely classes in the bytes of a file. @throws DataError when they are cut off. */
export function decodeLikelyClasses(bytes: Uint8Array, file: string): LikelyClasses {
  // A copy with memory of its own, which numbers can be read in place from.
  const whole = new Uint8Array(bytes);
  const [numClasses = 0, pixels = 0, entries = 0] = whole.length < headBytes ? [] : new Uint32Array(whole.buffer, 0, 3);
  const width = (values: number): number => (values <= 256 ? 1 : 2);
  const countsAt = headBytes + 4 * entries;
  const classesAt = countsAt + width(numClasses + 1) * pixels;
  const length = classesAt + width(numClasses) * entries;
  if (numClasses === 0 || whole.length !== length)
    throw new DataError({
      file,
      expected: `${length} bytes of probabilities`,
      found: `${whole.length}`,
      next: "Delete the folder that it lies in and resume: it is made again.",
    });
  const part = (values: number, at: number, count: number): ClassArray =>
    width(values) === 1 ? new Uint8Array(whole.buffer, at, count) : new Uint16Array(whole.buffer.slice(at), 0, count);
  return {
    numClasses,
    counts: part(numClasses + 1, countsAt, pixels),
    classes: part(numClasses, classesAt, entries),
    values: new Float32Array(whole.buffer, headBytes, entries),
  };
}
