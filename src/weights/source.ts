/** @file What `--weights` takes: a file, an address, a place on the Hugging Face hub, or `imagenet`; and the way from it to a file. */
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { FileError, UsageError } from "../errors/index.js";
import { nearestNames } from "../util/nearest.js";
import { sha256OfFile } from "./bytes.js";
import type { Environment } from "./cache.js";
import { type DownloadOptions, download } from "./download.js";
import { NotFoundError } from "./http.js";
import { imagenetWeights, type PretrainedWeights } from "./imagenet.js";

/** A source of weights as a file on this machine. */
export interface LocalWeights {
  readonly file: string;
  /** Which dict of a PyTorch checkpoint to take; undefined for the largest. */
  readonly part: string | undefined;
  readonly sha256: string;
  /** What finds the same weights again: an absolute path, an address, or `imagenet:ENCODER`. */
  readonly source: string;
  /** What is known of them, for `imagenet`. */
  readonly entry?: PretrainedWeights;
}

export interface SourceOptions extends Pick<DownloadOptions, "cache" | "onProgress" | "signal" | "pause"> {
  /** The network's encoder, which `imagenet` is for. */
  readonly encoder?: string | undefined;
  readonly entries?: ReadonlyMap<string, PretrainedWeights>;
  readonly env?: Environment;
}

/** Files that projects on the hub keep their weights in. */
const hubFiles = ["model.safetensors", "pytorch_model.bin"];
const hubPattern = /^hf:([\w.-]+\/[\w.-]+)(?:@([\w.-]+))?(?:\/(.+))?$/;
/** torchvision's files carry the start of their checksum in their names. */
const hashInName = /^https:\/\/download\.pytorch\.org\/.*-([0-9a-f]{8,})\.pth$/;

/** The part behind `#`, which no address needs and a file's name may have. */
function splitPart(text: string): { place: string; part: string | undefined } {
  const at = text.lastIndexOf("#");
  if (at < 1 || existsSync(text)) return { place: text, part: undefined };
  return { place: text.slice(0, at), part: text.slice(at + 1) };
}

/** A source that holds from wherever it is used: the path of a file made absolute, anything else as it is. */
export function wholeSource(source: string): string {
  const { place, part } = splitPart(source);
  if (!existsSync(place)) return source;
  return part === undefined ? resolve(place) : `${resolve(place)}#${part}`;
}

function findEntry(name: string | undefined, entries: ReadonlyMap<string, PretrainedWeights>): PretrainedWeights {
  const entry = name === undefined ? undefined : entries.get(name);
  if (entry) return entry;
  const near = name === undefined ? [] : nearestNames(name, [...entries.keys()]);
  throw new UsageError({
    expected: `imagenet weights of an encoder that has them: ${[...entries.keys()].join(", ")}`,
    found: name === undefined ? "imagenet for a network without a named encoder" : `imagenet for ${name}`,
    next: near.length > 0 ? `Did you mean ${near.join(" or ")}?` : "Add --encoder NAME, or say imagenet:NAME.",
  });
}

async function fetchFromHub(match: RegExpExecArray, options: SourceOptions): Promise<{ file: string; sha256: string }> {
  const [, repository, revision = "main", file] = match;
  const { env = process.env } = options;
  const endpoint = (env.SEGKIT_HF_ENDPOINT || env.HF_ENDPOINT || "https://huggingface.co").replace(/\/+$/, "");
  const names = file === undefined ? hubFiles : [file];
  // A revision that is a commit never changes; a branch may.
  const fixed = /^[0-9a-f]{40}$/.test(revision);
  for (const name of names)
    try {
      return await download(`${endpoint}/${repository}/resolve/${revision}/${name}`, { ...options, fixed });
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  throw new FileError({
    file: `hf:${repository}@${revision}`,
    expected: `a public repository with ${names.join(" or ")}`,
    found: `there is no ${names.join(" and no ")}`,
    next: "Check the name, or name the file: hf:OWNER/NAME/FILE.",
  });
}

async function fetchFile(place: string, sha256: string | undefined, options: SourceOptions) {
  if (/^https?:\/\//.test(place)) {
    const expected = sha256 ?? hashInName.exec(place)?.[1];
    return download(place, { ...options, ...(expected === undefined ? {} : { sha256: expected }) });
  }
  const hub = hubPattern.exec(place);
  if (hub) return fetchFromHub(hub, options);
  if (/^(hf:|[a-z][a-z0-9+.-]+:\/\/)/i.test(place))
    throw new UsageError({
      expected: "a file, an address https://..., hf:OWNER/NAME[@REVISION][/FILE], or imagenet",
      found: `weights ${place}`,
    });
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory())
    throw new FileError({
      file: place,
      expected: "a file of weights",
      found: "it is a folder",
      next: "Give a file in it, of a run its model.onnx.",
    });
  return { file: resolve(place), sha256: sha256OfFile(place) };
}

/**
 * The weights that a text names, downloaded if need be: `FILE`, `https://...`, `hf:owner/name[@revision][/file]`, `imagenet` for
 * the network's encoder or `imagenet:ENCODER`; the first three may end in `#PART`.
 *
 * @throws UsageError when it names nothing, FileError when it cannot be had, CheckpointError when its checksum is wrong.
 */
export async function fetchWeights(text: string, options: SourceOptions = {}): Promise<LocalWeights> {
  const named = /^imagenet(?::(.+))?$/.exec(text);
  if (named && !existsSync(text)) {
    const entry = findEntry(named[1] ?? options.encoder, options.entries ?? imagenetWeights);
    const { file, sha256 } = await fetchFile(entry.source, entry.sha256, options);
    return { file, sha256, part: undefined, source: `imagenet:${entry.encoder}`, entry };
  }
  const { place, part } = splitPart(text);
  const { file, sha256 } = await fetchFile(place, undefined, options);
  const isLocal = file === resolve(place);
  return { file, sha256, part, source: isLocal ? `${file}${part === undefined ? "" : `#${part}`}` : text };
}
