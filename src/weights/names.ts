/**
 * @file Names of tensors in checkpoints of other projects, as rules to our names. Most of our networks carry their
 * reference's names already; the rules here are for other spellings, for wrappers around names, and for what is left out.
 */

/** A name that matches becomes the replacement (`$1` as in String.replace); null leaves the tensor out. */
export interface NameRule {
  readonly pattern: RegExp;
  readonly replacement: string | null;
}

/** Other spellings of names that ours have; they apply to every checkpoint. */
export const spellings: readonly NameRule[] = [
  // A counter that BatchNorm layers keep and nothing here reads.
  { pattern: /(?:^|\.)num_batches_tracked$/, replacement: null },
  // torchvision's DenseNets were trained before module names could hold no dots.
  { pattern: /(denselayer\d+\.(?:norm|conv))\.([12])\./, replacement: "$1$2." },
  // PaddlePaddle's names of BatchNorm's statistics.
  { pattern: /\._mean$/, replacement: ".running_mean" },
  { pattern: /\._variance$/, replacement: ".running_var" },
];

/** What training frameworks and wrappers for several devices or for compilation put before a network's own names. */
export const wrappers: NameRule = {
  pattern: /^(?:(?:module|_orig_mod|state_dict|model|net|network)\.)+/,
  replacement: "",
};

/** Networks whose names are those of another project's, by what the tensors are taken for. */
export interface NameTable {
  readonly title: string;
  readonly rules: readonly NameRule[];
  /** Our names that such a checkpoint must give; the others are left as they start. */
  readonly covers: RegExp;
}

/** Places of VGG-16's convolutions in torchvision's sequence `features`, by stage. */
const vgg16Places = [
  [0, 2],
  [5, 7],
  [10, 12, 14],
  [17, 19, 21],
  [24, 26, 28],
] as const;

/** A convolution of VGG-16: stage and index in it, both counted from 1, and its place in torchvision's sequence. */
interface VggPlace {
  readonly stage: number;
  readonly index: number;
  readonly place: number;
}

/** torchvision's VGG-16 in an FCN, whose convolutions and once fully connected layers are called otherwise. */
function vgg16(project: string, convolution: (place: VggPlace) => string, fc6: string, fc7: string): NameTable {
  const names = vgg16Places.flatMap((places, i) =>
    places.map((place, j) => [`features.${place}.`, `${convolution({ stage: i + 1, index: j + 1, place })}.`] as const),
  );
  const all = [...names, ["classifier.0.", `${fc6}.`], ["classifier.3.", `${fc7}.`]] as const;
  const text = (name: string): string => name.replaceAll(".", "\\.");
  return {
    title: `as the VGG-16 of ${project}`,
    rules: all.map(([theirs, ours]) => ({ pattern: new RegExp(`^${text(theirs)}`), replacement: ours })),
    covers: new RegExp(`^(?:${all.map(([, ours]) => text(ours)).join("|")})`),
  };
}

/** zijundeng's FCNs cut the sequence behind the poolings that are scored; each piece counts its layers from 0. */
const cutAfter =
  (stages: number) =>
  ({ stage, place }: VggPlace): string =>
    stage <= stages ? `features${stages}.${place}` : `features${stage}.${place - vgg16Places[stage - 1]![0]}`;

export const nameTables: readonly NameTable[] = [
  vgg16("wkentaro's FCN", ({ stage, index }) => `conv${stage}_${index}`, "fc6", "fc7"),
  vgg16("meetps' FCN", ({ stage, index }) => `conv_block${stage}.${2 * (index - 1)}`, "classifier.0", "classifier.3"),
  ...[3, 4, 5].map((stages) => vgg16("zijundeng's FCN", cutAfter(stages), "score_fr.0", "score_fr.3")),
];

/** Layers behind a classifier's feature maps, which a segmentation network has no place for. */
export const classifierHeads =
  /^(?:fc|_fc|classifier|head|last_linear|linear|logits|_conv_head|_bn1|conv_head|bn2)\d*(?:\.|$)/;

/** Heads that only training uses, or that answer for a whole image: a checkpoint may have or lack them. */
export const auxiliaryHeads = /(?:^|\.)(?:aux(?:_?(?:classifier|head|logits|layer|branch))?\d*|classification_head)\./i;

/** A name after all rules that match it, in order; null when it has no place here. */
export function renamed(name: string, rules: readonly NameRule[]): string | null {
  let result = name;
  for (const { pattern, replacement } of rules) {
    if (!pattern.test(result)) continue;
    if (replacement === null) return null;
    result = result.replace(pattern, replacement);
  }
  return result;
}
