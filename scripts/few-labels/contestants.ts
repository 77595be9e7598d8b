/** @file Who is compared: every method for few labels, with the options that differ from its defaults. */

export interface Contestant {
  readonly key: string;
  readonly title: string;
  readonly method: string;
  /** Options of the method, e.g. `merge=mean`. */
  readonly options?: readonly string[];
  /** Keeps so many labels instead of those asked for. */
  readonly labels?: string;
  /** Takes its first round from this one, of the same seed. */
  readonly first?: string;
  /** In what it differs from its paper. */
  readonly note?: string;
}

/**
 * No early end, so that all methods make the same number of steps. Chosen on validation: strong changes of colour cost a small network
 * that begins at random 2 to 3 points of mIoU; 60 % of the pixels were no better than 30 %.
 */
const labelling = ["labelledShare=0.667", "strong=false", "tta=none"];
/** Rounds of self-training, where nothing else is asked for. */
export const usualRounds = "rounds=2 firstShare=0.5 portion=0.3";
/**
 * A network that begins at random is to learn from labels before it learns from itself; and its own labels come from the moving average,
 * as the network in training drops a tenth of the channels of each block.
 */
const consistency = ["rampUp=0.3", "labeller=teacher", "strong=false", "threshold=0.8"];
const fromRandom =
  "unlabelled images gain weight over the first 30 % of the steps; no strong changes of colour, boxes of CutMix alone";

/** In the order of the table. `given` are the options of self-training. */
export const contestantsWith = (given: readonly string[]): readonly Contestant[] => [
  { key: "supervised", title: "supervised only", method: "supervised" },
  {
    key: "uniform",
    title: "self-training, one threshold",
    method: "self-training",
    options: [...given, ...labelling, "threshold=uniform"],
    first: "balanced",
  },
  {
    key: "balanced",
    title: "self-training, class-balanced",
    method: "self-training",
    options: [...given, ...labelling],
  },
  {
    key: "merged",
    title: "class-balanced, rounds merged",
    method: "self-training",
    options: [...given, ...labelling, "merge=mean"],
    first: "balanced",
  },
  {
    key: "st++",
    title: "ST++",
    method: "st++",
    options: [...labelling, "shares=[1,1,2]", "start=best"],
    note: "each training goes on from the best weights of the one before, the last has half of the steps; no strong changes of colour",
  },
  {
    key: "mean-teacher",
    title: "Mean Teacher",
    method: "mean-teacher",
    options: ["strong=false"],
    note: "no strong changes of colour, boxes of CutMix alone",
  },
  { key: "fixmatch", title: "FixMatch", method: "fixmatch", options: consistency, note: fromRandom },
  { key: "unimatch", title: "UniMatch", method: "unimatch", options: consistency, note: fromRandom },
  {
    key: "cps",
    title: "CPS",
    method: "cps",
    options: ["rampUp=0.3"],
    note: "unlabelled images gain weight over the first 30 % of the steps",
  },
  {
    key: "adversarial",
    title: "adversarial",
    method: "adversarial",
    options: ["width=16"],
    note: "the discriminator begins with 16 channels instead of 64, which are ten times the work of ENet",
  },
  { key: "all", title: "supervised, all labels", method: "supervised", labels: "1/1" },
];

/** The order of work: what the others are compared with first, the longest of the others before the shorter ones. */
const order = [
  ...["balanced", "supervised", "uniform", "merged", "cps", "unimatch"],
  ...["fixmatch", "mean-teacher", "st++", "adversarial", "all"],
];

export const inOrderOfWork = (chosen: readonly Contestant[]): readonly Contestant[] => {
  const place = ({ key }: Contestant): number => order.indexOf(key);
  return [...chosen].sort((a, b) => place(a) - place(b));
};
