/**
 * @file The Python names that a PyTorch checkpoint may use, as functions of ours: how torch.save writes tensors, ordered dicts,
 * NumPy's numbers and torch's own small types. A checkpoint that uses any other name is refused.
 */
import { CheckpointError } from "../errors/index.js";
import { type PickleGlobal, Tuple } from "./pickle.js";
import type { StoredType } from "./stored-types.js";

/** A run of elements in the file that tensors are cut from. */
export interface TorchStorage {
  readonly key: string;
  readonly type: StoredType;
  /** Number of elements. */
  readonly length: number;
  /** Elements of the stored run before the first one: old files know storages that are part of another. */
  readonly offset: number;
}

/** A tensor as torch.save describes it: where its elements stand in a storage. */
export class TorchTensor {
  constructor(
    readonly storage: TorchStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly stride: readonly number[],
  ) {}
}

/** torch's classes of storages by the type of their elements. */
const storageTypes: { readonly [name: string]: StoredType } = {
  FloatStorage: "float32",
  DoubleStorage: "float64",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  LongStorage: "int64",
  IntStorage: "int32",
  ShortStorage: "int16",
  CharStorage: "int8",
  ByteStorage: "uint8",
  BoolStorage: "bool",
};

const dtypes = [
  ..."float16 float32 float64 half float double bfloat16".split(" "),
  ..."uint8 int8 int16 int32 int64 short int long bool".split(" "),
];

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const sizesOf = (value: unknown): number[] | undefined => {
  const items = value instanceof Tuple ? value.items : value;
  return Array.isArray(items) && items.every(isWhole) ? items : undefined;
};

/** `_rebuild_tensor_v2(storage, offset, size, stride, ...)`. */
function rebuildTensor([storage, offset, size, stride]: readonly unknown[]): TorchTensor {
  const [shape, strides] = [sizesOf(size), sizesOf(stride)];
  const known = typeof storage === "object" && storage !== null && "key" in storage;
  if (!known || !isWhole(offset) || !shape || strides?.length !== shape.length)
    throw new CheckpointError({
      found: `a tensor of size ${JSON.stringify(size)} with stride ${JSON.stringify(stride)}`,
      expected: "a storage, an offset, a size and a stride for each of its axes",
      next: "Use another copy of the file. Nothing was executed.",
    });
  return new TorchTensor(storage as TorchStorage, offset, shape, strides);
}

/** Pairs as a dict; what else a constructor of a dict is given, as an empty one. */
function dictOf([items]: readonly unknown[]): Map<unknown, unknown> {
  if (items instanceof Map) return new Map(items);
  const pairs = Array.isArray(items) ? items : [];
  return new Map(pairs.map((pair) => (pair instanceof Tuple ? pair.items : pair) as [unknown, unknown]));
}

/** Values that a state dict has no use for, but the dict around it may hold. */
const unread = (): null => null;

const functions: { readonly [name: string]: (args: readonly unknown[]) => unknown } = {
  "collections.OrderedDict": dictOf,
  "collections.Counter": dictOf,
  "torch._utils._rebuild_tensor_v2": rebuildTensor,
  "torch._utils._rebuild_tensor": rebuildTensor,
  "torch._utils._rebuild_parameter": ([data]) => data,
  "torch._utils._rebuild_parameter_with_state": ([data]) => data,
  "torch.Size": ([sizes]) => sizes,
  "torch.device": unread,
  "numpy.dtype": unread,
  "numpy.core.multiarray.scalar": unread,
  "numpy._core.multiarray.scalar": unread,
  // How pickles of protocol 2 spell bytes and sets.
  "_codecs.encode": unread,
  "builtins.set": ([items]) => new Set(Array.isArray(items) ? items : []),
  "__builtin__.set": ([items]) => new Set(Array.isArray(items) ? items : []),
};

/** Every name that a checkpoint may use. */
export const torchGlobals: ReadonlyMap<string, PickleGlobal> = new Map<string, PickleGlobal>([
  ...Object.entries(functions).map(([name, call]): [string, PickleGlobal] => [name, { name, call }]),
  ...["torch", "torch.storage", "torch.cuda"].flatMap((module) =>
    Object.keys(storageTypes).map((type): [string, PickleGlobal] => [
      `${module}.${type}`,
      { name: `${module}.${type}` },
    ]),
  ),
  ...dtypes.map((type): [string, PickleGlobal] => [`torch.${type}`, { name: `torch.${type}` }]),
]);

/**
 * The storage that a persistent id speaks of: `("storage", class, key, location, length)`, in old files followed by the
 * view of another storage, `(key, offset, length)`.
 *
 * @throws CheckpointError for anything else.
 */
export function storageOf(id: unknown, file: string): TorchStorage {
  const [kind, kindOfStorage, key, , length, view] = id instanceof Tuple ? id.items : [];
  const type = storageTypes[(kindOfStorage as Partial<PickleGlobal> | undefined)?.name?.split(".").at(-1) ?? ""];
  const [, offset, viewed] = view instanceof Tuple ? view.items : [undefined, 0, length];
  if (kind !== "storage" || !type || typeof key !== "string" || ![length, offset, viewed].every(isWhole))
    throw new CheckpointError({
      found: `${file}: a reference to what is no storage of tensors`,
      expected: "a complete PyTorch checkpoint",
      next: "Use another copy of the file. Nothing was executed.",
    });
  return { key, type, length: viewed as number, offset: offset as number };
}
