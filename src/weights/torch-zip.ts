/**
 * @file Checkpoints of torch.save since PyTorch 1.6: a ZIP file of a pickle `NAME/data.pkl` and one entry `NAME/data/KEY` for each
 * storage. Layout: https://github.com/pytorch/pytorch/blob/main/torch/serialization.py and caffe2/serialize/inline_container.h.
 */
import { CheckpointError } from "../errors/index.js";
import type { ByteSource } from "./bytes.js";
import { unpickle } from "./pickle.js";
import { storedBytes, toFloat32 } from "./stored-types.js";
import { storageOf, type TorchStorage, torchGlobals } from "./torch-globals.js";
import { type StorageReader, tensorReader } from "./torch-tensors.js";
import { ZipFile } from "./zip.js";

/** A value as the checkpoint holds it, and the way from its tensors to numbers. */
export interface TorchCheckpoint {
  readonly value: unknown;
  readonly read: ReturnType<typeof tensorReader>;
}

const suffix = "data.pkl";

/**
 * Opens a checkpoint; its tensors are read one by one afterwards, so the source stays open until then.
 *
 * @throws CheckpointError when it is damaged, holds a program instead of tensors, or asks for Python objects.
 */
export function openTorchZip(source: ByteSource, file: string): TorchCheckpoint {
  const zip = new ZipFile(source, file);
  const names = [...zip.entries.keys()];
  const data = names.find((name) => name === suffix || name.endsWith(`/${suffix}`));
  if (data === undefined)
    throw new CheckpointError({
      found: `${file}: a ZIP file of ${names.slice(0, 3).join(", ")}${names.length > 3 ? ", ..." : ""}`,
      expected: `an entry ${suffix}, as torch.save writes`,
      next: "Unpack the file, and give the weights in it.",
    });
  const root = data.slice(0, -suffix.length);
  if (names.some((name) => name.startsWith(`${root}code/`)))
    throw new CheckpointError({
      found: `${file}: a TorchScript program`,
      expected: "a state dict",
      next: `Nothing was executed. Save the state dict: torch.save(torch.jit.load("model.pt").state_dict(), "weights.pth").`,
    });
  const order = zip.entries.get(`${root}byteorder`);
  if (order && new TextDecoder().decode(zip.content(order)).trim() !== "little")
    throw new CheckpointError({
      found: `${file}: numbers in big-endian order`,
      expected: "little-endian numbers",
      next: "Save it again on a machine of today.",
    });
  const { value } = unpickle(zip.content(zip.entries.get(data)!), {
    globals: torchGlobals,
    persistent: (id) => storageOf(id, file),
    file,
  });
  return { value, read: tensorReader(storageReader(zip, root, file), file) };
}

function storageReader(zip: ZipFile, root: string, file: string): StorageReader {
  const known = new Map<string, Float32Array>();
  return ({ key, type, length }: TorchStorage): Float32Array => {
    const name = `${key} ${type} ${length}`;
    const before = known.get(name);
    if (before) return before;
    const entry = zip.entries.get(`${root}data/${key}`);
    if (!entry || entry.length < length * storedBytes[type])
      throw new CheckpointError({
        found: `${file}: storage ${key} has ${entry?.length ?? "no"} of ${length * storedBytes[type]} bytes`,
        expected: "a complete PyTorch checkpoint",
        next: "Use another copy of the file.",
      });
    const numbers = toFloat32(zip.content(entry).subarray(0, length * storedBytes[type]), type);
    known.set(name, numbers);
    return numbers;
  };
}
