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

/** Places of VGG-16's convolutions in torchvision's sequence `features`, by block. */
const vgg16Places = [
  [0, 2],
  [5, 7],
  [10, 12, 14],
  [17, 19, 21],
  [24, 26, 28],
];

/** Networks whose names are those of another project's, by what the tensors are taken for. */
export interface NameTable {
  readonly title: string;
  readonly rules: readonly NameRule[];
  /** Our names that such a checkpoint must give; the others are left as they start. */
  readonly covers: RegExp;
}

export const nameTables: readonly NameTable[] = [
  {
    title: "torchvision's VGG-16 as the convolutions of an FCN",
    rules: [
      ...vgg16Places.flatMap((places, block) =>
        places.map((place, i) => ({
          pattern: new RegExp(`^features\\.${place}\\.`),
          replacement: `conv${block + 1}_${i + 1}.`,
        })),
      ),
      { pattern: /^classifier\.0\./, replacement: "fc6." },
      { pattern: /^classifier\.3\./, replacement: "fc7." },
    ],
    covers: /^(?:conv\d_\d|fc[67])\./,
  },
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
