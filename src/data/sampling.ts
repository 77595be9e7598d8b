/** @file Which images are drawn how often, by the classes that they hold. */

/** Rules by which images are drawn. */
export const samplingRules = ["uniform", "class-balanced", "rare-class"] as const;

export type SamplingRule = (typeof samplingRules)[number];

/**
 * Temperature of rare-class sampling, in shares of all pixels: a class with one hundredth of the pixels more is drawn e times less
 * often. The paper's.
 */
const temperature = 0.01;

/** How likely each class is to be drawn; they add up to 1 over the classes that have pixels. */
function classProbabilities(pixels: readonly number[], rule: SamplingRule): number[] {
  const total = pixels.reduce((sum, n) => sum + n, 0);
  const rarest = Math.min(...pixels.filter((n) => n > 0)) / total;
  // Divided by the rarest class's: its power would be e^100.
  const scores = pixels.map((n) => {
    if (n === 0) return 0;
    return rule === "rare-class" ? Math.exp((rarest - n / total) / temperature) : 1;
  });
  const sum = scores.reduce((a, b) => a + b, 0);
  return scores.map((score) => score / sum);
}

/**
 * How likely each image is to be drawn, or `undefined` where each comes once: first a class is drawn, then one of the images that
 * hold it.
 *
 * - `class-balanced`: every class alike. Shen et al. 2016, https://arxiv.org/abs/1512.05830
 * - `rare-class`: class c, with the share f of all pixels, by `exp((1 - f) / 0.01)`. Hoyer et al.: DAFormer, https://arxiv.org/abs/2111.14887
 *
 * Images without labels (`undefined`) are drawn as often as without a rule; labelled ones without a pixel of any class never.
 *
 * @param counts pixels of each class, an array for each image
 */
export function sampleWeights(
  counts: readonly (readonly number[] | undefined)[],
  rule: SamplingRule,
): number[] | undefined {
  const labelled = counts.filter((image) => image !== undefined);
  const numClasses = labelled[0]?.length ?? 0;
  const classes = Array.from({ length: numClasses }, (_, c) => c);
  const pixels = classes.map((c) => labelled.reduce((sum, image) => sum + image[c]!, 0));
  if (rule === "uniform" || pixels.every((n) => n === 0)) return undefined;
  const images = classes.map((c) => labelled.filter((image) => image[c]! > 0).length);
  const probabilities = classProbabilities(pixels, rule);
  const share = labelled.length / counts.length;
  return counts.map((image) => {
    if (!image) return 1 / counts.length;
    return share * classes.reduce((sum, c) => sum + (image[c]! > 0 ? probabilities[c]! / images[c]! : 0), 0);
  });
}

/** Classes with fewer pixels than the median class that has any; all that have any where none has fewer. */
export function rareClasses(pixels: readonly number[]): number[] {
  const present = pixels.flatMap((n, c) => (n > 0 ? [c] : []));
  const sorted = present.map((c) => pixels[c]!).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  const rare = present.filter((c) => pixels[c]! < median);
  return rare.length > 0 ? rare : present;
}
