/**
 * @file Checkpoints of torch.save before PyTorch 1.6: five pickles one after the other (magic number, version, machine, the
 * value, the keys of its storages), then each storage as its number of elements and the elements.
 */
import { CheckpointError } from "../errors/index.js";
import type { ByteSource } from "./bytes.js";
import { unpickle } from "./pickle.js";
import { storedBytes, toFloat32 } from "./stored-types.js";
import { storageOf, type TorchStorage, torchGlobals } from "./torch-globals.js";
import { tensorReader } from "./torch-tensors.js";
import type { TorchCheckpoint } from "./torch-zip.js";

/** The number that such files begin with, as the bytes of its pickle. */
const magic = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/** Whether a file begins as torch.save wrote them: the pickle's version, possibly a frame, then the magic number. */
export function isTorchLegacy(head: Uint8Array): boolean {
  if (head[0] !== 0x80) return false;
  const start = head[2] === 0x95 ? 11 : 2;
  return magic.every((byte, i) => head[start + i] === byte);
}

/**
 * Opens a checkpoint.
 *
 * @throws CheckpointError when it is damaged, or asks for Python objects.
 */
export function openTorchLegacy(source: ByteSource, file: string): TorchCheckpoint {
  const bytes = source.read(0, source.size);
  const broken = (found: string): CheckpointError =>
    new CheckpointError({
      found: `${file}: ${found}`,
      expected: "a complete PyTorch checkpoint",
      next: "Use another copy of the file.",
    });
  const types = new Map<string, TorchStorage["type"]>();
  const persistent = (id: unknown): TorchStorage => {
    const storage = storageOf(id, file);
    if ((types.get(storage.key) ?? storage.type) !== storage.type) throw broken(`storage ${storage.key} has two types`);
    types.set(storage.key, storage.type);
    return storage;
  };
  const options = { globals: torchGlobals, persistent, file };
  let at = 0;
  const next = (): unknown => {
    const { value, end } = unpickle(bytes, options, at);
    at = end;
    return value;
  };
  next();
  next();
  const machine = next();
  if (machine instanceof Map && machine.get("little_endian") === false) throw broken("numbers in big-endian order");
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) throw broken("no list of storages behind the value");
  const storages = new Map<string, { at: number; length: number }>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys) {
    const type = types.get(key);
    if (type === undefined) throw broken(`storage ${String(key)} belongs to no tensor`);
    const length = at + 8 <= bytes.length ? Number(view.getBigInt64(at, true)) : -1;
    const end = at + 8 + length * storedBytes[type];
    if (length < 0 || end > bytes.length)
      throw broken(`storage ${key} ends at byte ${end}, the file at ${bytes.length} (truncated?)`);
    storages.set(key, { at: at + 8, length });
    at = end;
  }
  const known = new Map<string, Float32Array>();
  const read = ({ key, type, offset, length }: TorchStorage): Float32Array => {
    const place = storages.get(key);
    if (!place || offset + length > place.length) throw broken(`storage ${key} is not in the file`);
    const end = place.at + place.length * storedBytes[type];
    const numbers = known.get(key) ?? toFloat32(bytes.subarray(place.at, end), type);
    known.set(key, numbers);
    return numbers.subarray(offset, offset + length);
  };
  return { value, read: tensorReader(read, file) };
}
