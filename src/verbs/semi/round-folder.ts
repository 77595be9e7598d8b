/** @file The folder of a round: a run folder with what belongs to labelling beside it. */
import { readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { PseudoList } from "../../data/few-labels/index.js";
import { roundFolder } from "../../train/semi-state.js";
import { writeFileAtomic } from "../../util/files.js";
import type { PseudoItem } from "./round-method.js";

/** The list of labels that a round's network made. */
export const labelList = (folder: string): string => join(folder, "labels.json");

/** A run folder that holds nothing but the weights at a place of a round, numbered from 0. */
export const snapshotFolder = (folder: string, index: number): string => join(folder, "snapshots", String(index));

/** The weights that a round starts from; only needed until its first checkpoint. */
export const startFile = (folder: string): string => join(folder, "start.safetensors");

/** Writes the list that training reads. @throws FileError */
export function writeItems(folder: string, items: readonly PseudoItem[]): void {
  const list: PseudoList = { version: 1, items: items.map((item) => ({ ...item })) };
  writeFileAtomic(labelList(folder), `${JSON.stringify(list, null, 1)}\n`);
}

/** The items of a round's list with the full paths of their masks. */
export function readItems(folder: string): PseudoItem[] {
  const { items } = JSON.parse(readFileSync(labelList(folder), "utf8")) as PseudoList;
  return items.map((item) => ({ ...item, mask: resolve(folder, item.mask) }));
}

/** What a round keeps only to make labels of it. */
const scratch = ["probabilities", "votes", "snapshots", "start.safetensors"];

/** Removes what nobody needs once so many rounds are done. */
export function removeScratch(runDir: string, rounds: number): void {
  for (let round = 0; round < rounds; round++)
    for (const name of scratch) rmSync(join(roundFolder(runDir, round), name), { recursive: true, force: true });
}
