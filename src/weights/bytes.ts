/** @file Whole files of any length as bytes, and their checksums; Node's own readFile and hash stop at 2 GiB. */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { FileError } from "../errors/index.js";

const chunk = 2 ** 30;

/**
 * The content of a file.
 *
 * @throws FileError when it is not there, may not be read, or is a folder.
 */
export function readBytes(file: string): Uint8Array {
  try {
    const handle = openSync(file, "r");
    try {
      const bytes = new Uint8Array(fstatSync(handle).size);
      for (let at = 0; at < bytes.length; ) {
        const read = readSync(handle, bytes, at, Math.min(chunk, bytes.length - at), at);
        // The file became shorter while it was read.
        if (read === 0) return bytes.subarray(0, at);
        at += read;
      }
      return bytes;
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new FileError(
      {
        file,
        found: missing ? "the file does not exist" : (error as Error).message,
        expected: "a file that can be read",
        next: "Check the path and its permissions.",
      },
      { cause: error },
    );
  }
}

/** SHA-256 of bytes given in parts, as 64 hexadecimal digits. */
export function sha256(parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts)
    for (let at = 0; at < part.length; at += chunk) hash.update(part.subarray(at, Math.min(part.length, at + chunk)));
  return hash.digest("hex");
}
