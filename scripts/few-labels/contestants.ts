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
}

/** No early end, so that all methods make the same number of steps. */
const rounds = ["rounds=2", "firstShare=0.5", "patience=9"];

/** What a run starts from stands before it. */
export const contestants: readonly Contestant[] = [
  { key: "supervised", title: "supervised only", method: "supervised" },
  { key: "balanced", title: "self-training, class-balanced", method: "self-training", options: rounds },
  {
    key: "uniform",
    title: "self-training, one threshold",
    method: "self-training",
    options: [...rounds, "threshold=uniform"],
    first: "balanced",
  },
  {
    key: "merged",
    title: "class-balanced, rounds merged",
    method: "self-training",
    options: [...rounds, "merge=mean"],
    first: "balanced",
  },
  { key: "st++", title: "ST++", method: "st++" },
  { key: "mean-teacher", title: "Mean Teacher", method: "mean-teacher" },
  { key: "fixmatch", title: "FixMatch", method: "fixmatch" },
  { key: "unimatch", title: "UniMatch", method: "unimatch" },
  { key: "cps", title: "CPS", method: "cps" },
  { key: "adversarial", title: "adversarial", method: "adversarial" },
  { key: "all", title: "supervised, all labels", method: "supervised", labels: "1/1" },
];
