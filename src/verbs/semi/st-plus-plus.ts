/**
 * @file ST++ (Yang et al. 2022, https://arxiv.org/abs/2106.05095): self-training in which the images come first whose predictions
 * hardly changed while the first network learnt. Hard labels for all pixels, strong changes of colour, a fresh network each time
 * unless it is asked to go on.
 *
 * Round 0 learns from labels; the most reliable part of the images, labelled by it, is added for round 1, whose network labels
 * the rest for round 2.
 */
import { join, relative } from "node:path";
import { z } from "zod";
import { ConfusionMatrix, meanIou } from "../../metrics/index.js";
import { symmetryNames } from "../../predict/symmetry.js";
import { type ClassArray, mostLikely } from "../../semi/selection/probabilities.js";
import { LabelTally } from "../../semi/selection/tally.js";
import { ClassStore } from "./class-store.js";
import { labelRecord } from "./label-record.js";
import { Labeller, LikelyStore, trueClasses, writeLabels } from "./labeller.js";
import { readItems, snapshotFolder } from "./round-folder.js";
import type { LabelProgress, LabelWork, PseudoItem, RoundLabels, RoundMethod } from "./round-method.js";

const options = z.strictObject({
  reliable: z.number().gt(0).lt(1).default(0.5).describe("share of the images that come first"),
  unweighed: z
    .boolean()
    .default(true)
    .describe("labels are chosen by probabilities that are freed of the class weights of the loss"),
  tta: z.enum(symmetryNames).default("flip").describe("views that are averaged when labelling"),
  beside: z
    .boolean()
    .default(true)
    .describe(
      "pseudo-labelled images come beside the batch of labelled ones, which grows, instead of in place of some",
    ),
  labelledShare: z.number().gt(0).lt(1).default(0.5).describe("share of labelled images in a batch, on average"),
  strong: z.boolean().default(true).describe("strong changes of colour on pseudo-labelled images"),
  shares: z
    .tuple([z.number().positive(), z.number().positive(), z.number().positive()])
    .default([1, 1, 1])
    .describe("how the three trainings share the steps out: on labels alone, with the reliable images, with all"),
  start: z
    .enum(["anew", "best"])
    .default("anew")
    .describe("what the second and third begin with: nothing, as in the paper, or the best weights of the one before"),
});
export type StPlusPlusOptions = z.output<typeof options>;

/** Places of the first training whose predictions are compared with those of its end. */
const snapshots: readonly number[] = [1 / 3, 2 / 3, 1];

/** Probability that none reaches: of each pixel the most likely class alone is kept. */
const hardCutoff = 2;

/**
 * How little the predictions of an image changed: the mean over all but the last of their mIoU with the last, 0 to 1.
 *
 * @param masks classes of the image's pixels at each place, the last place last
 */
export function reliability(masks: readonly ClassArray[], numClasses: number): number {
  const last = masks.at(-1)!;
  const scores = masks.slice(0, -1).map((mask) => {
    const matrix = new ConfusionMatrix(numClasses);
    matrix.add(last, mask);
    return meanIou(matrix);
  });
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

const masksOf = (work: LabelWork, place: number): ClassStore =>
  new ClassStore(join(snapshotFolder(work.folder(0), place), "masks"));

/** Predicts all images with the weights of each place of the first round. */
async function* predictPlaces(work: LabelWork): AsyncGenerator<LabelProgress, boolean, void> {
  const { samples, plan, signal } = work;
  for (const place of snapshots.keys()) {
    const store = masksOf(work, place);
    const labeller = await Labeller.open(snapshotFolder(work.folder(0), place), plan);
    try {
      for (const [i, sample] of samples.entries()) {
        if (signal?.aborted) return false;
        if (!store.has(i)) store.write(i, (await labeller.mask(sample)).data);
        yield { stage: `predicting, network ${place + 1} of ${snapshots.length}`, done: i + 1, total: samples.length };
      }
    } finally {
      await labeller.close();
    }
  }
  return true;
}

/** The reliability of each image, most reliable first; equal ones in their order. */
function ranked({ samples, plan }: LabelWork, stores: readonly ClassStore[]): { index: number; value: number }[] {
  const { classes, ignoreIndex } = plan.data;
  return samples
    .map((_, index) => {
      const masks = stores.map((store) => store.read(index, ignoreIndex));
      return { index, value: reliability(masks, classes.length) };
    })
    .sort((a, b) => b.value - a.value);
}

async function* label(
  work: LabelWork,
  given: StPlusPlusOptions,
): AsyncGenerator<LabelProgress, RoundLabels | undefined, void> {
  const { round, samples, hidden, plan, signal } = work;
  const folder = work.folder(round);
  if (round === 0 && !(yield* predictPlaces(work))) return undefined;
  const order =
    round === 0
      ? ranked(
          work,
          snapshots.map((_, place) => masksOf(work, place)),
        )
      : undefined;
  const first = order?.slice(0, Math.max(1, Math.floor(samples.length * given.reliable))).map(({ index }) => index);
  const before = new Map(round === 0 ? [] : readItems(work.folder(round - 1)).map((item) => [item.id, item]));
  const labeller = await Labeller.open(folder, plan);
  try {
    const numClasses = plan.data.classes.length;
    const tally = new LabelTally(numClasses);
    const items: PseudoItem[] = [];
    const store = new LikelyStore(join(folder, "probabilities"));
    const earlier = new LikelyStore(join(work.folder(Math.max(0, round - 1)), "probabilities"));
    const chosen = first ? [...first].sort((a, b) => a - b) : [...samples.keys()];
    for (const [done, i] of chosen.entries()) {
      if (signal?.aborted) return undefined;
      const sample = samples[i]!;
      const sizes = await labeller.sizes(sample);
      const known = before.get(sample.id);
      if (!known && !store.has(i))
        store.write(
          i,
          await labeller.likely(sample, { symmetries: given.tta, cutoff: hardCutoff, unweighed: given.unweighed }),
        );
      const image = (known ? earlier : store).read(i);
      const labels = mostLikely(image).classes;
      tally.add(image, labels, await trueClasses(hidden.get(sample.id), sizes.seen));
      const mask = known ? relative(folder, known.mask) : join("labels", `${sample.id}.png`);
      if (!known) await writeLabels(join(folder, mask), labels, sizes, plan);
      items.push({ id: sample.id, image: sample.image, mask });
      yield { stage: "labelling", done: done + 1, total: chosen.length };
    }
    const reliable = order?.map(({ index, value }) => ({ id: samples[index]!.id, value }));
    const record = labelRecord(tally.counts, {
      classNames: plan.data.classes.map(({ name }) => name),
      images: samples.length,
      labelled: items.length,
      ...(reliable ? { reliability: reliable } : {}),
    });
    return { items, record };
  } finally {
    await labeller.close();
  }
}

export const stPlusPlus: RoundMethod<StPlusPlusOptions> = {
  name: "st++",
  title: "ST++: self-training that begins with the images whose predictions are stable",
  paper: "https://arxiv.org/abs/2106.05095",
  year: 2022,
  options,
  snapshots,
  shares({ shares }) {
    const whole = shares.reduce((sum, share) => sum + share, 0);
    return shares.map((share) => share / whole);
  },
  patience: () => Number.POSITIVE_INFINITY,
  start: ({ start }) => start,
  settings: ({ labelledShare, beside, strong }) => ({ rateFactor: 1, labelledShare, beside, strong }),
  label,
};
