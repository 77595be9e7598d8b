/** @file Few labels, many images: what is added to the splits of a data set for semi-supervised training. */
import { resolve } from "node:path";
import { DataError } from "../../errors/index.js";
import type { IgnoreIndex, Sample } from "../sample.js";
import { chooseLabels, type LabelShare, withoutLabels } from "./label-subset.js";
import { readPseudoList } from "./pseudo-labels.js";
import { sameContent } from "./same-content.js";
import { freeId, readUnlabelledFolder, refuseHeldOut } from "./unlabelled-folder.js";

/** Options of `openDataset` for training with few labels. Plain JSON; the same options give the same splits again. */
export interface FewLabelOptions {
  /**
   * Only this share of the training samples keeps its labels. The others are in the split `unlabelled` without them and, with
   * them, in the same order at the start of the split `hidden`: for study only, never for training. val and test stay as they are.
   */
  readonly labels?: LabelShare;
  /** A folder of images without masks, subfolders included, which are added to the split `unlabelled`. */
  readonly unlabelled?: string;
  /** A JSON list of pseudo-labelled images, which are added to the split `train` with the role `pseudo`. */
  readonly pseudo?: string;
}

/** Splits of a data set and how they came about, in words. */
export interface Arrangement {
  readonly splits: Readonly<Record<string, readonly Sample[]>>;
  readonly splitRule: string;
}

/** What added samples take over from the data set. */
export interface SetFacts {
  readonly channels: number;
  readonly numClasses: number;
  readonly ignoreIndex: IgnoreIndex;
}

/** Splits whose images may be trained with; scores are taken on all others. */
const trainedOn: readonly string[] = ["train", "unlabelled", "hidden"];

/** The same options with paths that hold in any working folder, as they are kept in a plan. */
export function absolutePaths<Options extends FewLabelOptions>(options: Options): Options {
  const { unlabelled, pseudo } = options;
  return {
    ...options,
    ...(unlabelled === undefined ? {} : { unlabelled: resolve(unlabelled) }),
    ...(pseudo === undefined ? {} : { pseudo: resolve(pseudo) }),
  };
}

/** The same options without what is only trained with: splits that scores are taken on are the same, and need no other folder. */
export function forScores<Options extends FewLabelOptions>(options: Options): Omit<Options, "unlabelled" | "pseudo"> {
  const { unlabelled: _, pseudo: __, ...others } = options;
  return others;
}

/**
 * Unlabelled samples whose mask tells image from padding: 0 inside the image, `ignoreIndex` around it.
 *
 * A loss on unlabelled images has to leave padding out, which the usual mask of `ignoreIndex` everywhere does not show.
 */
export function markInside(samples: readonly Sample[]): Sample[] {
  return samples.map((sample) =>
    sample.decode.kind === "none" ? { ...sample, decode: { ...sample.decode, fill: 0 } } : sample,
  );
}

/** Images that scores are taken on, with their split, and images that are trained with. */
function known(splits: Arrangement["splits"]): { heldOut: Map<string, string>; training: string[] } {
  const heldOut = new Map<string, string>();
  const training: string[] = [];
  for (const [split, samples] of Object.entries(splits))
    for (const { image } of samples)
      if (trainedOn.includes(split)) training.push(image);
      else heldOut.set(image, split);
  return { heldOut, training };
}

function keepLabels({ splits, splitRule }: Arrangement, share: LabelShare): Arrangement {
  const { train = [], unlabelled = [], ...others } = splits;
  const labelled = train.filter(({ decode }) => decode.kind !== "none");
  const { train: kept, hidden } = chooseLabels(labelled, share);
  const moved = [...hidden.map(withoutLabels), ...train.filter(({ decode }) => decode.kind === "none")];
  const taken = new Set(train.map(({ id }) => id));
  const own = unlabelled.map((sample) => ({
    ...sample,
    id: freeId("unlabelled", { path: sample.image, key: sample.id }, taken),
  }));
  // Hidden ones first: a sample of `unlabelled` and its true labels have the same place in their splits.
  const bare = [...moved, ...own];
  return {
    splits: {
      train: kept,
      ...others,
      ...(bare.length > 0 ? { unlabelled: bare } : {}),
      ...(hidden.length > 0 ? { hidden } : {}),
    },
    splitRule: `${splitRule}; ${kept.length} of ${labelled.length} training images keep their labels (${share.keep}/${share.of}, seed ${share.seed})`,
  };
}

async function addFolder(arranged: Arrangement, folder: string, facts: SetFacts): Promise<Arrangement> {
  const { splits, splitRule } = arranged;
  const { channels, numClasses, ignoreIndex } = facts;
  const { images, leftOut } = await readUnlabelledFolder(folder, channels, known(splits));
  const taken = new Set(
    Object.values(splits)
      .flat()
      .map(({ id }) => id),
  );
  const added = images.map(
    (file): Sample => ({
      id: freeId(folder, file, taken),
      image: file.path,
      channels,
      decode: { kind: "none", numClasses, ignoreIndex },
    }),
  );
  if (added.length === 0 && (splits.unlabelled ?? []).length === 0)
    throw new DataError({
      file: folder,
      expected: "images that are not yet in the data set",
      found: `all ${leftOut} are training images of the set`,
      next: "Give a folder of other images, or let only a share of the labels be used (labels 1/8).",
    });
  const without = leftOut > 0 ? ` (${leftOut} more are training images of the set and were left out)` : "";
  const unlabelled = [...(splits.unlabelled ?? []), ...added];
  return {
    splits: { ...splits, ...(unlabelled.length > 0 ? { unlabelled } : {}) },
    splitRule: `${splitRule}; ${added.length} unlabelled images of ${folder}${without}`,
  };
}

async function addPseudo({ splits, splitRule }: Arrangement, file: string, facts: SetFacts): Promise<Arrangement> {
  const { train = [] } = splits;
  const samples = await readPseudoList(file, { ...facts, taken: new Set(train.map(({ id }) => id)) });
  const { heldOut } = known(splits);
  const images = samples.map(({ image }) => image);
  refuseHeldOut(await sameContent(images, [...heldOut.keys()]), heldOut, "pseudo-labelled images");
  return {
    splits: { ...splits, train: [...train, ...samples] },
    splitRule: `${splitRule}; ${samples.length} pseudo-labelled images of ${file}`,
  };
}

/**
 * The splits of a data set as the options want them; without options, as they are.
 *
 * @throws UsageError for an impossible share; DataError for a folder or list that is missing, empty or malformed, for images of other
 *   channels, and for images that are also in a split that scores are taken on.
 */
export async function addSources(
  arranged: Arrangement,
  facts: SetFacts,
  options: FewLabelOptions,
): Promise<Arrangement> {
  const { labels, unlabelled, pseudo } = absolutePaths(options);
  let result = arranged;
  if (labels) result = keepLabels(result, labels);
  if (unlabelled !== undefined) result = await addFolder(result, unlabelled, facts);
  if (result !== arranged && result.splits.unlabelled)
    result = { ...result, splits: { ...result.splits, unlabelled: markInside(result.splits.unlabelled) } };
  if (pseudo !== undefined) result = await addPseudo(result, pseudo, facts);
  return result;
}
