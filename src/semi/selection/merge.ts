/** @file Merging what the networks of several rounds say of an image, so that one round's mistakes are outvoted by the others. */
import { type ClassArray, classArray, type LikelyClasses } from "./probabilities.js";

/** Probabilities below this are not kept for later rounds; no mean is off by more. */
export const meanCutoff = 1 / 512;

/** Takes the mean over rounds, band by band: the mean of the rounds before is read as far as each new band reaches. */
export class MeanOverRounds {
  private pixel = 0;
  private entry = 0;

  /** @param rounds how many rounds `before` is the mean of */
  constructor(
    private readonly before: LikelyClasses,
    private readonly rounds: number,
  ) {}

  /** Makes of the next pixels' probabilities [K, pixels] the mean with the rounds before, in place. */
  mixInto(dense: Float32Array): void {
    const { numClasses, counts, classes, values } = this.before;
    const pixels = dense.length / numClasses;
    const [was, is] = [this.rounds / (this.rounds + 1), 1 / (this.rounds + 1)];
    for (let i = 0; i < dense.length; i++) dense[i] = dense[i]! * is;
    for (let i = 0; i < pixels; i++)
      for (const end = this.entry + counts[this.pixel + i]!; this.entry < end; this.entry++) {
        const at = classes[this.entry]! * pixels + i;
        dense[at] = dense[at]! + values[this.entry]! * was;
      }
    this.pixel += pixels;
  }
}

/**
 * The label that most rounds gave each pixel. Rounds that left it out do not vote; between equal votes the latest round decides.
 *
 * @param rounds labels of one image, the latest last
 */
export function majority(rounds: readonly ClassArray[], ignoreIndex: number): ClassArray {
  const latest = rounds.at(-1)!;
  const merged = classArray(ignoreIndex + 1, latest.length).fill(ignoreIndex);
  for (let i = 0; i < merged.length; i++) {
    let most = 0;
    for (let round = rounds.length - 1; round >= 0; round--) {
      const label = rounds[round]![i]!;
      if (label === ignoreIndex) continue;
      let votes = 0;
      for (const labels of rounds) if (labels[i] === label) votes++;
      if (votes <= most) continue;
      most = votes;
      merged[i] = label;
    }
  }
  return merged;
}
