/**
 * @file Self-training in rounds: a network labels the pixels that it is surest of, the next learns from them, and again.
 *
 * Class-balanced thresholds after CBST (Zou et al. 2018, https://arxiv.org/abs/1810.07911): of each class the same portion of
 * pixels, which grows from round to round. Beyond it: a least threshold, as a class that a weak network hardly ever names would else get
 * pixels by the thousand that it is a distant second at; merging of the rounds' predictions; and portions for single classes.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { mixKinds } from "../../data/batch-mix.js";
import type { Sample } from "../../data/sample.js";
import { symmetryNames } from "../../predict/symmetry.js";
import { ConfidenceRanks } from "../../semi/selection/confidence-ranks.js";
import { majority, meanCutoff } from "../../semi/selection/merge.js";
import { type ClassArray, type LikelyClasses, selectionCutoff } from "../../semi/selection/probabilities.js";
import { selectClassBalanced, selectMostLikely, selectUniform } from "../../semi/selection/select.js";
import { LabelTally } from "../../semi/selection/tally.js";
import { requireKnown } from "../../util/known-name.js";
import { ClassStore } from "./class-store.js";
import { labelRecord } from "./label-record.js";
import { Labeller, LikelyStore, trueClasses, writeLabels } from "./labeller.js";
import {
  type LabelProgress,
  type LabelWork,
  type PseudoItem,
  type RoundLabels,
  type RoundMethod,
  roundStarts,
} from "./round-method.js";

const portion = z.number().gt(0).max(1);

const options = z.strictObject({
  threshold: z
    .enum(["class-balanced", "most-likely", "uniform"])
    .default("class-balanced")
    .describe(
      "which pixels are labelled: by the surest portion of each class, where a class that is not the most likely may win " +
        "(CBST); the same with the most likely class alone; or all from minConfidence on",
    ),
  portion: portion.default(0.2).describe("portion of each class in the first labelling"),
  portionStep: z.number().min(0).max(1).default(0.05).describe("what is added to it in each later one"),
  portionMax: portion.default(0.5).describe("largest portion that it grows to"),
  portionOfClass: z
    .record(z.string(), portion)
    .default({})
    .describe("portions of single classes by name, the same in all rounds"),
  minThreshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe(
      "confidence that the threshold of no class falls below, however unsure of it the network is; 0 as in CBST",
    ),
  minConfidence: z.number().min(0).max(1).default(0.9).describe("confidence from which uniform labels a pixel"),
  rounds: z.int().min(1).max(20).default(3).describe("rounds after the first, which learns from labels alone"),
  firstShare: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe("share of all steps that the first round gets; default: as many as each other"),
  merge: z
    .enum(["last", "majority", "mean"])
    .default("last")
    .describe("labels from the last round alone, from most rounds' labels, or from the mean of their probabilities"),
  unweighed: z
    .boolean()
    .default(true)
    .describe("labels are chosen by probabilities that are freed of the class weights of the loss"),
  tta: z.enum(symmetryNames).default("flip").describe("views that are averaged when labelling"),
  start: z
    .enum(roundStarts)
    .default("continued")
    .describe(
      "what later rounds begin with: weights, optimizer and learning rate as the round before left them (continued), its best " +
        "weights with a schedule of their own (best), or nothing of it (anew)",
    ),
  rateFactor: z
    .number()
    .gt(0)
    .max(1)
    .default(Math.SQRT1_2)
    .describe("factor of the learning rate from round to round, with start best"),
  beside: z
    .boolean()
    .default(true)
    .describe(
      "pseudo-labelled images come beside the batch of labelled ones, which grows, instead of in place of some",
    ),
  labelledShare: z.number().gt(0).lt(1).default(0.5).describe("share of labelled images in a batch, on average"),
  strong: z.boolean().default(true).describe("strong changes of colour on pseudo-labelled images"),
  mix: z
    .enum(["none", ...mixKinds])
    .default("none")
    .describe(
      "what images of a batch take from each other in rounds with pseudo-labels: nothing, boxes, the pixels of half of the classes",
    ),
  mixInto: z
    .enum(["all", "pseudo"])
    .default("pseudo")
    .describe("which of them take it: all, or the pseudo-labelled ones"),
  patience: z
    .int()
    .min(1)
    .optional()
    .describe(
      "rounds without a better validation score after which it ends; default: 1, and with start continued none, as the learning " +
        "rate is still to fall",
    ),
});
export type SelfTrainingOptions = z.output<typeof options>;

/** The portion of a class in a labelling, counted from 0: the start may be above the largest, and then stays. */
const portionIn = (round: number, { portion, portionStep, portionMax }: SelfTrainingOptions): number =>
  Math.min(portion + round * portionStep, Math.max(portion, portionMax));

const storeOf = (work: LabelWork, round: number): LikelyStore =>
  new LikelyStore(join(work.folder(round), "probabilities"));

/** Asks the network for all images, one after the other, and keeps what it says on disk. */
async function* predictAll(
  labeller: Labeller,
  work: LabelWork,
  { merge, tta, unweighed }: SelfTrainingOptions,
): AsyncGenerator<LabelProgress, ConfidenceRanks | undefined, void> {
  const { round, samples, plan, signal } = work;
  const numClasses = plan.data.classes.length;
  const cutoff = merge === "mean" ? Math.min(meanCutoff, selectionCutoff(numClasses)) : selectionCutoff(numClasses);
  const merging = merge === "mean" && round > 0;
  const ranks = new ConfidenceRanks(numClasses);
  const [store, before] = [storeOf(work, round), storeOf(work, round - 1)];
  for (const [i, sample] of samples.entries()) {
    if (signal?.aborted) return undefined;
    if (!store.has(i)) {
      const mean = merging ? { before: { mean: before.read(i), rounds: round } } : {};
      store.write(i, await labeller.likely(sample, { symmetries: tta, cutoff, unweighed, ...mean }));
    }
    ranks.add(store.read(i));
    yield { stage: "predicting", done: i + 1, total: samples.length };
  }
  return ranks;
}

/** How the pixels of an image are chosen, and what the record says of it. */
interface Choice {
  readonly facts: { readonly portions?: readonly number[]; readonly thresholds?: ArrayLike<number> };
  choose(image: LikelyClasses): ClassArray;
}

function choiceOf(ranks: ConfidenceRanks, work: LabelWork, given: SelfTrainingOptions): Choice {
  const { classes, ignoreIndex } = work.plan.data;
  if (given.threshold === "uniform")
    return { facts: {}, choose: (image) => selectUniform(image, given.minConfidence, ignoreIndex) };
  const portions = classes.map(({ name }) => given.portionOfClass[name] ?? portionIn(work.round, given));
  const thresholds = ranks.thresholds(portions).map((least) => Math.max(least, given.minThreshold));
  const select = given.threshold === "class-balanced" ? selectClassBalanced : selectMostLikely;
  return { facts: { portions, thresholds }, choose: (image) => select(image, thresholds, ignoreIndex) };
}

async function* label(
  work: LabelWork,
  given: SelfTrainingOptions,
): AsyncGenerator<LabelProgress, RoundLabels | undefined, void> {
  const { round, samples, hidden, plan, signal } = work;
  const { classes, ignoreIndex } = plan.data;
  const labeller = await Labeller.open(work.folder(round), plan);
  try {
    const ranks = yield* predictAll(labeller, work, given);
    if (!ranks) return undefined;
    const { facts, choose } = choiceOf(ranks, work, given);
    const store = storeOf(work, round);
    const votes = (of: number): ClassStore => new ClassStore(join(work.folder(of), "votes"));
    const earlier = given.merge === "majority" ? Array.from({ length: round }, (_, k) => votes(k)) : [];
    const tally = new LabelTally(classes.length);
    const items: PseudoItem[] = [];
    const finish = async (sample: Sample, i: number): Promise<void> => {
      const image = store.read(i);
      const sizes = await labeller.sizes(sample);
      let labels = choose(image);
      if (given.merge === "majority") {
        votes(round).write(i, labels);
        labels = majority([...earlier.map((one) => one.read(i, ignoreIndex)), labels], ignoreIndex);
      }
      tally.add(image, labels, await trueClasses(hidden.get(sample.id), sizes.seen));
      if (labels.every((value) => value === ignoreIndex)) return;
      const mask = join("labels", `${sample.id}.png`);
      await writeLabels(join(work.folder(round), mask), labels, sizes, plan);
      items.push({ id: sample.id, image: sample.image, mask });
    };
    for (const [i, sample] of samples.entries()) {
      if (signal?.aborted) return undefined;
      await finish(sample, i);
      yield { stage: "labelling", done: i + 1, total: samples.length };
    }
    // The mean of this round holds all that later ones need of those before.
    if (round > 0) rmSync(join(work.folder(round - 1), "probabilities"), { recursive: true, force: true });
    const classNames = classes.map(({ name }) => name);
    const record = labelRecord(tally.counts, { classNames, images: samples.length, labelled: items.length, ...facts });
    return { items, record };
  } finally {
    await labeller.close();
  }
}

export const selfTraining: RoundMethod<SelfTrainingOptions> = {
  name: "self-training",
  title: "Self-training in rounds: the surest pixels of each class become labels",
  paper: "https://arxiv.org/abs/1810.07911",
  year: 2018,
  options,
  snapshots: [],
  shares({ rounds, firstShare = 1 / (rounds + 1) }) {
    return [firstShare, ...new Array<number>(rounds).fill((1 - firstShare) / rounds)];
  },
  patience: ({ patience, start }) => patience ?? (start === "continued" ? Number.POSITIVE_INFINITY : 1),
  start: ({ start }) => start,
  settings: ({ start, rateFactor, labelledShare, beside, strong, mix, mixInto }, round) => ({
    rateFactor: start === "best" ? rateFactor ** round : 1,
    labelledShare,
    beside,
    strong,
    ...(mix === "none" ? {} : { mix: { kind: mix, into: mixInto } }),
  }),
  check({ portionOfClass }, classNames) {
    const table = Object.fromEntries(classNames.map((name) => [name, name]));
    for (const name of Object.keys(portionOfClass)) requireKnown("class", name, table);
  },
  label,
};
