/** @file Class indices of images on disk, packed, numbered as the images are: what one network said, to be compared with others. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { deflateSync, inflateSync } from "node:zlib";
import type { ClassArray } from "../../semi/selection/probabilities.js";
import { writeFileAtomic } from "../../util/files.js";
import { readBytes } from "../../weights/bytes.js";

export class ClassStore {
  constructor(private readonly folder: string) {}

  private file(index: number): string {
    return join(this.folder, `${index}.bin`);
  }

  has(index: number): boolean {
    return existsSync(this.file(index));
  }

  /** @throws FileError */
  write(index: number, { buffer, byteOffset, byteLength }: ClassArray): void {
    writeFileAtomic(this.file(index), deflateSync(new Uint8Array(buffer, byteOffset, byteLength)));
  }

  /** The labels of an image; in 16 bits where the ignore value needs them. @throws FileError */
  read(index: number, ignoreIndex: number): ClassArray {
    const bytes = new Uint8Array(inflateSync(readBytes(this.file(index))));
    return ignoreIndex < 256 ? bytes : new Uint16Array(bytes.buffer);
  }
}
