/** @file Files of any length as bytes, whole or in parts, and their checksums; Node's own readFile and hash stop at 2 GiB. */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { FileError } from "../errors/index.js";

const chunk = 2 ** 30;
const hashedAtOnce = 2 ** 24;

function unreadable(file: string, error: unknown): FileError {
  const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
  return new FileError(
    {
      file,
      found: missing ? "the file does not exist" : (error as Error).message,
      expected: "a file that can be read",
      next: "Check the path and its permissions.",
    },
    { cause: error },
  );
}

/**
 * The content of a file.
 *
 * @throws FileError when it is not there, may not be read, or is a folder.
 */
export function readBytes(file: string): Uint8Array {
  const source = openBytes(file);
  try {
    return source.read(0, source.size);
  } finally {
    source.close();
  }
}

/** A file, or bytes in memory, to be read in parts. */
export interface ByteSource {
  readonly size: number;
  /** Up to `length` bytes from `place` on; fewer at the end. */
  read(place: number, length: number): Uint8Array;
  close(): void;
}

/** Bytes in memory as a source; what is read are views of them. */
export const sourceOfBytes = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: (place, length) => bytes.subarray(place, place + length),
  close: () => {},
});

function readPart(handle: number, place: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const read = readSync(handle, bytes, at, Math.min(chunk, length - at), place + at);
    // The file became shorter while it was read.
    if (read === 0) return bytes.subarray(0, at);
    at += read;
  }
  return bytes;
}

/**
 * Opens a file to be read in parts; to be closed by the caller.
 *
 * @throws FileError when it is not there, may not be read, or is a folder.
 */
export function openBytes(file: string): ByteSource {
  try {
    const handle = openSync(file, "r");
    try {
      const { size } = fstatSync(handle);
      // A folder opens, and only reading says what it is.
      readPart(handle, 0, Math.min(1, size));
      return {
        size,
        read: (place, length) => readPart(handle, place, Math.max(0, Math.min(length, size - place))),
        close: () => closeSync(handle),
      };
    } catch (error) {
      closeSync(handle);
      throw error;
    }
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** SHA-256 of a file of any length, as 64 hexadecimal digits. */
export function sha256OfFile(file: string): string {
  const source = openBytes(file);
  try {
    const hash = createHash("sha256");
    for (let at = 0; at < source.size; at += hashedAtOnce) hash.update(source.read(at, hashedAtOnce));
    return hash.digest("hex");
  } finally {
    source.close();
  }
}

/** SHA-256 of bytes given in parts, as 64 hexadecimal digits. */
export function sha256(parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts)
    for (let at = 0; at < part.length; at += chunk) hash.update(part.subarray(at, Math.min(part.length, at + chunk)));
  return hash.digest("hex");
}
