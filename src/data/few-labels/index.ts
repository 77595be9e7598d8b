/** @file Few labels, many images: label subsets, unlabelled folders, pseudo-labels. */
export type { LabelShare } from "./label-subset.js";
export type { PseudoList } from "./pseudo-labels.js";
export { absolutePaths, addSources, type FewLabelOptions, forScores, markInside } from "./sources.js";
export { forStudy } from "./study.js";
