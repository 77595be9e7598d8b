/**
 * @file Checkpoints: `checkpoints/{last,best}/` of a run folder, replaced so that a crash at any instant leaves the old or the new.
 *
 * A folder holds `state.json` and the safetensors files it names, with their lengths and SHA-256. New tensors get new file
 * names, and the one rename that replaces `state.json` makes them the checkpoint. A folder cannot be replaced by one
 * rename, and symbolic links need rights on Windows and get lost in archives; a file can, on every file system.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { CheckpointError, FileError } from "../errors/index.js";
import { writeError, writeFileAtomic } from "../util/files.js";
import { readBytes, sha256 } from "../weights/bytes.js";
import { decodeSafetensors, encodeSafetensors } from "../weights/safetensors.js";
import type { NamedTensor, NamedTensors } from "../weights/tensor.js";
import {
  checkpointVersion,
  type Manifest,
  manifestSchema,
  type TensorGroup,
  tensorGroups,
} from "./checkpoint-manifest.js";
import { type JsonObject, jsonLoss } from "./json.js";

/** `last` is where training goes on, `best` what is evaluated and exported. */
export type CheckpointKind = "last" | "best";

/** What is saved. A group without tensors gets no file. */
export interface CheckpointContent {
  /** Parameters and buffers of the network. */
  readonly weights: NamedTensors;
  /** State of the optimizer, e.g. momenta. */
  readonly optimizer?: NamedTensors;
  /** Exponential moving average of the weights. */
  readonly ema?: NamedTensors;
  /** Networks that a semi-supervised method trains beside the one that is kept. */
  readonly companions?: NamedTensors;
  /** Everything else as JSON: schedule, random state, sampler cursor, best score, commit. */
  readonly state: object;
}

/** What is loaded; groups that were empty or not asked for are empty. */
export interface Checkpoint {
  readonly weights: Map<string, NamedTensor>;
  readonly optimizer: Map<string, NamedTensor>;
  readonly ema: Map<string, NamedTensor>;
  readonly companions: Map<string, NamedTensor>;
  readonly state: JsonObject;
}

const manifestName = "state.json";
const tensorFile = /^(weights|optimizer|ema|companions)-(\d+)\.safetensors$/;
/** What a writer that was killed leaves behind (util/files.ts names them so). */
const temporaryFile = /^\.((weights|optimizer|ema|companions)-\d+\.safetensors|state\.json)\.\d+\.tmp$/;

const folderOf = (runDir: string, kind: CheckpointKind): string => join(runDir, "checkpoints", kind);

/** True when the run has a checkpoint of this kind; whether it is sound only `loadCheckpoint` knows. */
export function hasCheckpoint(runDir: string, kind: CheckpointKind): boolean {
  return existsSync(join(folderOf(runDir, kind), manifestName));
}

/**
 * Saves a checkpoint; when this returns it is on the disk. At every instant before, the one saved before it loads.
 *
 * One process at a time may save into a run folder; any number may load.
 *
 * @throws FileError when the disk is full or the folder cannot be written to; the old checkpoint is then untouched.
 * @throws CheckpointError when `state` holds something JSON cannot (NaN, infinity, a typed array).
 */
export function saveCheckpoint(runDir: string, kind: CheckpointKind, content: CheckpointContent): void {
  const loss = jsonLoss(content.state);
  if (loss !== undefined)
    throw new CheckpointError({
      found: `in the state of a checkpoint, ${loss}`,
      expected: "values that JSON can hold",
      next: "Write null for a number that is not there yet.",
    });
  const folder = folderOf(runDir, kind);
  const sequence = nextSequence(folder);
  const files: Manifest["files"] = {};
  try {
    for (const group of tensorGroups) {
      const tensors = content[group];
      if (!tensors || tensors.size === 0) continue;
      const parts = encodeSafetensors(tensors);
      const name = `${group}-${sequence}.safetensors`;
      writeFileAtomic(join(folder, name), parts);
      files[group] = { name, bytes: parts.reduce((sum, part) => sum + part.length, 0), sha256: sha256(parts) };
    }
    const manifest: Manifest = { version: checkpointVersion, files, state: content.state as JsonObject };
    writeFileAtomic(join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
  } finally {
    // After a failure this gives the disk back what the half-written checkpoint took, after success what the old one did.
    sweep(folder);
  }
}

/**
 * Loads a checkpoint after verifying lengths and checksums of its files.
 *
 * @param groups the tensors wanted; evaluation needs no `optimizer`
 * @throws CheckpointError when there is none, or it is truncated, damaged, or written by a newer Segkit.
 */
export function loadCheckpoint(
  runDir: string,
  kind: CheckpointKind,
  groups: readonly TensorGroup[] = tensorGroups,
): Checkpoint {
  const folder = folderOf(runDir, kind);
  for (;;) {
    const manifest = readManifest(folder);
    try {
      const read = (group: TensorGroup): Map<string, NamedTensor> =>
        groups.includes(group) ? readGroup(folder, manifest.files[group]) : new Map();
      return {
        weights: read("weights"),
        optimizer: read("optimizer"),
        ema: read("ema"),
        companions: read("companions"),
        state: manifest.state,
      };
    } catch (error) {
      // A training process may have replaced the checkpoint after its state.json was read here: then there is a newer one.
      if (JSON.stringify(readManifest(folder)) === JSON.stringify(manifest)) throw error;
    }
  }
}

/** Removes what killed writers left in the checkpoints of a run. Not to be called while another process saves into it. */
export function cleanCheckpoints(runDir: string): void {
  for (const kind of ["last", "best"] as const) sweep(folderOf(runDir, kind));
}

function readManifest(folder: string): Manifest {
  const kind = basename(folder);
  const file = join(folder, manifestName);
  if (!existsSync(file))
    throw new CheckpointError({
      found: `${folder} holds no checkpoint`,
      expected: `a run folder with checkpoints/${kind}/${manifestName}`,
      next: kind === "best" ? "The first validation saves one." : "Check the folder's name, or start the run anew.",
    });
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(readBytes(file)));
  } catch (error) {
    throw damaged(folder, `${file} is no JSON (${(error as Error).message})`);
  }
  const version = (json as { version?: unknown } | null)?.version;
  if (typeof version === "number" && version > checkpointVersion)
    throw new CheckpointError({
      found: `${file} has version ${version}`,
      expected: `version ${checkpointVersion} or older`,
      next: "Use the newer Segkit that wrote it.",
    });
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw damaged(folder, `${file}: ${issue!.path.join(".")}: ${issue!.message}`);
  }
  return parsed.data;
}

function readGroup(folder: string, entry: Manifest["files"][TensorGroup]): Map<string, NamedTensor> {
  if (!entry) return new Map();
  const file = join(folder, entry.name);
  let bytes: Uint8Array;
  try {
    bytes = readBytes(file);
  } catch (error) {
    throw error instanceof FileError ? damaged(folder, error.found, error) : error;
  }
  if (bytes.length !== entry.bytes) throw damaged(folder, `${file} has ${bytes.length} of ${entry.bytes} bytes`);
  if (sha256([bytes]) !== entry.sha256) throw damaged(folder, `${file} has another checksum than ${manifestName} says`);
  return decodeSafetensors(bytes, file).tensors;
}

function damaged(folder: string, found: string, cause?: unknown): CheckpointError {
  const other = basename(folder) === "last" ? "best" : "last";
  return new CheckpointError(
    { found, expected: "an undamaged checkpoint", next: `Copy the folder again, or use checkpoints/${other}.` },
    { cause },
  );
}

/** A number that no file of the folder bears, neither of the checkpoint nor of a writer that was killed. */
function nextSequence(folder: string): number {
  try {
    const used = listed(folder).map((name) => Number(tensorFile.exec(name)?.[2] ?? 0));
    return Math.max(0, ...used) + 1;
  } catch (error) {
    throw writeError(folder, error);
  }
}

/** Deletes tensor files that `state.json` does not name, and temporary files; keeps whatever else users put there. */
function sweep(folder: string): void {
  try {
    const found = listed(folder);
    const entries = found.includes(manifestName) ? Object.values(readManifest(folder).files) : [];
    const named = new Set(entries.map(({ name }) => name));
    for (const name of found)
      if (temporaryFile.test(name) || (tensorFile.test(name) && !named.has(name)))
        rmSync(join(folder, name), { force: true });
  } catch {
    // Tidying must never fail a checkpoint that is saved; the next save tries again. With an unreadable state.json nobody
    // knows which tensors belong to it, and all are kept.
  }
}

const listed = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
