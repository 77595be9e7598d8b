/**
 * @file Names of tensors in checkpoints of other projects, as rules to our names. Most of our networks carry their
 * reference's names already; the rules here are for wrappers around them and for what is left out.
 */

/** A name that matches becomes the replacement (`$1` as in String.replace); null leaves the tensor out. */
export interface NameRule {
  readonly pattern: RegExp;
  readonly replacement: string | null;
}

/** What every PyTorch checkpoint may have around a network's own names. */
export const commonRules: readonly NameRule[] = [
  // Wrappers for several devices, for compilation and for training frameworks put their own name first.
  { pattern: /^(?:module\.|_orig_mod\.|state_dict\.|model\.)+/, replacement: "" },
  // A counter that BatchNorm layers keep and nothing here reads.
  { pattern: /(?:^|\.)num_batches_tracked$/, replacement: null },
];

/** Rules by the project that wrote the checkpoint. */
export const projectRules = {
  /** segmentation_models.pytorch, and projects whose names ours are. */
  plain: [],
  /** A torchvision classifier as the encoder of a network. */
  "torchvision-classifier": [
    { pattern: /^(?:fc|classifier)\./, replacement: null },
    { pattern: /^/, replacement: "encoder." },
  ],
  /** PaddlePaddle's names of BatchNorm's statistics. */
  paddle: [
    { pattern: /\._mean$/, replacement: ".running_mean" },
    { pattern: /\._variance$/, replacement: ".running_var" },
  ],
} as const satisfies Record<string, readonly NameRule[]>;

export type CheckpointProject = keyof typeof projectRules;

/** Our name for a tensor of a checkpoint, or null when it has no place here. Every rule that matches applies, in order. */
export function ourName(name: string, project: CheckpointProject = "plain"): string | null {
  const rules: readonly NameRule[] = [...commonRules, ...projectRules[project]];
  let result = name;
  for (const { pattern, replacement } of rules) {
    if (!pattern.test(result)) continue;
    if (replacement === null) return null;
    result = result.replace(pattern, replacement);
  }
  return result;
}
