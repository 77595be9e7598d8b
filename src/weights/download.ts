/**
 * @file Downloads into a cache: what was interrupted goes on where it stopped, what does not have the right checksum is removed, and
 * a file stands under its name only when it is whole.
 *
 * Beside `FILE` stand `FILE.json` (address, checksum, the server's mark of the version) and, until it is whole, `FILE.part`.
 */
import { createHash, type Hash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { CheckpointError, FileError } from "../errors/index.js";
import { writeError, writeFileAtomic } from "../util/files.js";
import { openBytes } from "./bytes.js";
import { cacheFolder, cachePlace, withLock } from "./cache.js";
import { ask, bytesOf, ConnectionError, connectionError } from "./http.js";

export interface DownloadOptions {
  /** SHA-256 that the file must have: all 64 hexadecimal digits, or at least the first 8. */
  readonly sha256?: string;
  /** Whether the address always means the same bytes: then a file in the cache is used without asking the server. */
  readonly fixed?: boolean;
  /** Folder of the cache. */
  readonly cache?: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds before the first of the new attempts after a broken connection; doubled each time. */
  readonly pause?: number;
}

export interface DownloadProgress {
  readonly url: string;
  /** Bytes on the disk, and of the whole file where the server says so. */
  readonly done: number;
  readonly total: number | undefined;
}

export interface Downloaded {
  readonly file: string;
  readonly sha256: string;
  /** Whether it was there before. */
  readonly cached: boolean;
}

/** What stands beside a file: of a whole one with its checksum and length, of a part without. */
interface DownloadRecord {
  readonly url: string;
  /** ETag or Last-Modified, by which a server tells versions apart. */
  readonly version: string | null;
  readonly sha256?: string;
  readonly bytes?: number;
}

/** Attempts in a row that may end without a byte. */
const attempts = 4;
const hashedAtOnce = 2 ** 24;

function readRecord(file: string): DownloadRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as DownloadRecord;
  } catch {
    return undefined;
  }
}

const versionOf = ({ headers }: Response): string | null => headers.get("etag") ?? headers.get("last-modified");

/** A mark by which a server can tell that a part still belongs to its file; weak ones may be shared by different bytes. */
const isStrong = (version: string | null): version is string => version?.startsWith('"') ?? false;

const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

/** The file in the cache if it is whole. */
function cachedFile(place: string): (DownloadRecord & { readonly sha256: string }) | undefined {
  const record = readRecord(`${place}.json`);
  return record?.sha256 !== undefined && existsSync(place) && sizeOf(place) === record.bytes
    ? (record as DownloadRecord & { sha256: string })
    : undefined;
}

function hashOfPart(part: string): Hash {
  const hash = createHash("sha256");
  if (!existsSync(part)) return hash;
  const source = openBytes(part);
  for (let at = 0; at < source.size; at += hashedAtOnce) hash.update(source.read(at, hashedAtOnce));
  source.close();
  return hash;
}

/** Asks for a file only if it is another version by now. */
function unless(version: string | null): { readonly [name: string]: string } {
  if (version === null) return {};
  return /^(W\/)?"/.test(version) ? { "if-none-match": version } : { "if-modified-since": version };
}

function append(handle: number, file: string, bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
  } catch (error) {
    throw writeError(file, error);
  }
}

/** One download to one place. */
class Download {
  private readonly part: string;
  private readonly partRecord: string;
  private readonly signal: AbortSignal;

  constructor(
    private readonly url: string,
    private readonly place: string,
    private readonly options: DownloadOptions,
  ) {
    this.part = `${place}.part`;
    this.partRecord = `${place}.part.json`;
    this.signal = options.signal ?? new AbortController().signal;
  }

  async run(): Promise<Downloaded> {
    const { sha256, fixed = false } = this.options;
    const whole = cachedFile(this.place);
    const known = whole && (sha256 === undefined || whole.sha256.startsWith(sha256)) ? whole : undefined;
    const cached = known && { file: this.place, sha256: known.sha256, cached: true };
    if (cached && (fixed || sha256 !== undefined)) return cached;
    try {
      return (await this.fetch(known?.version ?? null)) ?? cached!;
    } catch (error) {
      // What was whole yesterday serves when there is no connection today.
      if (cached && error instanceof ConnectionError) return cached;
      throw error;
    }
  }

  /** Asks until the file is whole; undefined when the server says that `version` is still the newest. */
  private async fetch(version: string | null): Promise<Downloaded | undefined> {
    const { sha256, pause = 1000 } = this.options;
    let [left, answered, wanted] = [attempts, false, sha256];
    for (let wait = pause; ; wait *= 2) {
      const before = sizeOf(this.part);
      try {
        const { response, sha256: told } = await ask(this.url, { ...unless(version), ...this.range() }, this.signal);
        if (response.status === 304) return undefined;
        answered = true;
        wanted ??= told;
        return this.accept(await this.receive(response), wanted, versionOf(response));
      } catch (error) {
        left = sizeOf(this.part) > before ? attempts : left - 1;
        // Without any answer there is no connection, and waiting would only hide it.
        if (!(error instanceof ConnectionError) || !answered || left === 0) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  /** Asks for what is missing, if the server can tell that the part is still one of its file, or the checksum will. */
  private range(): { readonly [name: string]: string } {
    const size = sizeOf(this.part);
    const version = readRecord(this.partRecord)?.version ?? null;
    if (size === 0 || !(isStrong(version) || this.options.sha256 !== undefined)) return {};
    return { range: `bytes=${size}-`, ...(isStrong(version) ? { "if-range": version } : {}) };
  }

  /** Appends the answer to the part; gives the checksum of the whole. @throws ConnectionError when it ends too early. */
  private async receive(response: Response): Promise<string> {
    const from = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
    const goesOn = response.status === 206 && Number(from) === sizeOf(this.part);
    // A server may answer a request for the rest with the whole, or, where there is no rest, with nothing.
    if (!goesOn) this.discard();
    if (response.status !== 200 && !goesOn)
      throw connectionError(this.url, new Error("what was kept of it does not belong to it any more"));
    const length = response.headers.get("content-length");
    let done = sizeOf(this.part);
    const total = length === null ? undefined : done + Number(length);
    const hash = hashOfPart(this.part);
    writeFileAtomic(this.partRecord, JSON.stringify({ url: this.url, version: versionOf(response) }));
    const handle = openSync(this.part, "a");
    try {
      for await (const bytes of bytesOf(this.url, response)) {
        this.signal.throwIfAborted();
        append(handle, this.part, bytes);
        hash.update(bytes);
        done += bytes.length;
        this.options.onProgress?.({ url: this.url, done, total });
      }
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if (total !== undefined && done < total)
      throw connectionError(this.url, new Error(`${done} of ${total} bytes came`));
    return hash.digest("hex");
  }

  /** Gives the whole file its name. @throws CheckpointError when it is not the one that was wanted; it is then removed. */
  private accept(sha256: string, wanted: string | undefined, version: string | null): Downloaded {
    if (wanted !== undefined && !sha256.startsWith(wanted)) {
      this.discard();
      throw new CheckpointError({
        found: `${this.url}: what came has SHA-256 ${sha256.slice(0, Math.max(8, wanted.length))}`,
        expected: `${wanted}`,
        next: "The file was removed. Run the same command again; if this repeats, the file was changed at its source.",
      });
    }
    const bytes = sizeOf(this.part);
    renameSync(this.part, this.place);
    writeFileAtomic(`${this.place}.json`, JSON.stringify({ url: this.url, version, sha256, bytes }));
    rmSync(this.partRecord, { force: true });
    return { file: this.place, sha256, cached: false };
  }

  private discard(): void {
    for (const file of [this.part, this.partRecord]) rmSync(file, { force: true });
  }
}

/**
 * The file at an address, from the cache or the server.
 *
 * @throws FileError when it cannot be had (no connection, no such file, full disk); what came of it is kept for the next time.
 * @throws CheckpointError when its checksum is wrong; it is then removed.
 */
export async function download(url: string, options: DownloadOptions = {}): Promise<Downloaded> {
  const place = cachePlace(options.cache ?? cacheFolder(), url);
  try {
    return await withLock(place, () => new Download(url, place, options).run(), options.signal);
  } catch (error) {
    if (!options.signal?.aborted) throw error;
    throw new FileError(
      {
        file: url,
        found: "the download was stopped",
        expected: "the whole file",
        next: "Run the same command again: it goes on where it stopped.",
      },
      { cause: error },
    );
  }
}
