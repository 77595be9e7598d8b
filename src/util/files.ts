/** @file Files that are never half-written: a temporary name beside the target, fsync, rename, fsync of the folder. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { FileError } from "../errors/index.js";

/** Text for the error codes that users meet. */
const reasons: Record<string, { found: string; next: string }> = {
  ENOSPC: {
    found: "the disk is full",
    next: "Free some space and run the same command again; nothing written before is lost.",
  },
  EACCES: { found: "no permission to write here", next: "Choose another folder or change its permissions." },
  EPERM: { found: "no permission to write here", next: "Choose another folder or change its permissions." },
  EROFS: { found: "the file system is read-only", next: "Choose another folder." },
  ENOTDIR: { found: "a part of the path is a file, not a folder", next: "Choose another path." },
  // What making a folder says when a file bears its name.
  EEXIST: { found: "a part of the path is a file, not a folder", next: "Choose another path." },
  ENOENT: { found: "the folder does not exist", next: "Check the path." },
};

/** The file error for a failed write, with the reason in words. */
export function writeError(file: string, cause: unknown): FileError {
  const code = (cause as NodeJS.ErrnoException)?.code ?? "";
  const reason = reasons[code] ?? {
    found: String((cause as Error)?.message ?? cause),
    next: "Check the disk and the path.",
  };
  return new FileError({ file, expected: "a place that can be written to", ...reason }, { cause });
}

/**
 * Checks that a folder can be written to, or made, without making it.
 *
 * @throws FileError when it cannot, or is no folder.
 */
export function requireWritable(folder: string): void {
  let place = resolve(folder);
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  try {
    if (!statSync(place).isDirectory()) throw Object.assign(new Error(`${place} is a file`), { code: "ENOTDIR" });
    accessSync(place, constants.W_OK);
  } catch (error) {
    throw writeError(folder, error);
  }
}

/**
 * Checks that a file can be written, or made with the folders above it, without making it.
 *
 * @throws FileError when it cannot, or is a folder.
 */
export function requireWritableFile(file: string): void {
  if (existsSync(file) && statSync(file).isDirectory())
    throw new FileError({
      file,
      expected: "a file to write",
      found: "a folder of this name",
      next: "Add a file's name.",
    });
  requireWritable(dirname(file));
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Writes a file so that a crash at any instant leaves the old content or the new, never a part.
 *
 * @throws FileError when the disk is full or the folder cannot be written to; the old file is then untouched.
 */
export function writeFileAtomic(file: string, content: string | Uint8Array | readonly Uint8Array[]): void {
  const parts =
    typeof content === "string" ? [Buffer.from(content)] : content instanceof Uint8Array ? [content] : content;
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  try {
    mkdirSync(dirname(file), { recursive: true });
    const handle = openSync(temporary, "w");
    try {
      for (const part of parts) for (let at = 0; at < part.length; ) at += writeSync(handle, part, at);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
    syncFolder(dirname(file));
  } catch (error) {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // Whatever made the writing fail may make this fail too; the first reason is the one to tell.
    }
    throw writeError(file, error);
  }
}
