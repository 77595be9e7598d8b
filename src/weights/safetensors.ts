/**
 * @file The safetensors format, read and written: eight bytes of header length, a JSON header, then the numbers.
 *
 * Specification: https://github.com/huggingface/safetensors#format. A file is data from strangers: every length and offset
 * is checked against the bytes that are there before anything is allocated.
 */
import { CheckpointError } from "../errors/index.js";
import type { DType } from "../graph/types.js";
import { duplicateKey } from "./json-keys.js";
import { storedBytes, toFloat32 } from "./stored-types.js";
import { arrayKinds, elements, type NamedTensor, type NamedTensors } from "./tensor.js";

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** In the order of their bytes in the file. */
  readonly tensors: Map<string, NamedTensor>;
  /** The `__metadata__` of the header. */
  readonly metadata: { readonly [key: string]: string };
}

const codes: { readonly [Type in DType]: string } = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  int64: "I64",
  int32: "I32",
  uint8: "U8",
  bool: "BOOL",
};
/** Types that can be read; bfloat16, which no graph here has, becomes float32, which holds all of its values. */
const storedTypes = new Map<string, DType | "bfloat16">([
  ...Object.entries(codes).map(([dtype, code]): [string, DType] => [code, dtype as DType]),
  ["BF16", "bfloat16"],
]);

/** The reference implementation refuses longer headers too; a length of 2^60 must not become an allocation. */
const longestHeader = 100_000_000;
/** The header is padded with spaces to this many bytes, so that the numbers behind it can be viewed in place. */
const alignment = 8;

/**
 * The bytes of a safetensors file, in parts to be written one after the other; tensors are not copied.
 *
 * Wider types come first, so that each tensor starts at a multiple of its element size.
 *
 * @throws CheckpointError when a tensor's numbers do not fill its shape, or the name is the format's own `__metadata__`.
 */
export function encodeSafetensors(
  tensors: NamedTensors,
  metadata: { readonly [key: string]: string } = {},
): Uint8Array[] {
  const sorted = [...tensors].sort(([, a], [, b]) => width(b.dtype) - width(a.dtype));
  // Put together by hand: as keys of an object, names such as "0" would lose their place.
  const entries = Object.keys(metadata).length > 0 ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    if (name === "__metadata__" || data.length !== elements(shape) || data.BYTES_PER_ELEMENT !== width(dtype))
      throw new CheckpointError({
        found: `tensor "${name}" has ${data.length} elements of ${data.BYTES_PER_ELEMENT} bytes`,
        expected: `${elements(shape)} of ${width(dtype)} for ${dtype}[${shape.join(", ")}], under any name but "__metadata__"`,
      });
    const end = offset + data.byteLength;
    const info = { dtype: codes[dtype], shape, data_offsets: [offset, end] };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset = end;
  }
  const header = Buffer.from(`{${entries.join(",")}}`);
  const padded = Math.ceil(header.length / alignment) * alignment;
  const start = Buffer.alloc(8 + padded, " ");
  start.writeBigUInt64LE(BigInt(padded));
  header.copy(start, 8);
  return [start, ...parts];
}

/**
 * Reads the bytes of a safetensors file. Tensors are views of `bytes` where their place allows it, copies elsewhere.
 *
 * @param file how messages call the file
 * @throws CheckpointError when the file is truncated, damaged or not safetensors, or holds a type that Segkit does not know.
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): SafetensorsFile {
  const broken = (found: string, next = "Use another copy of the file.") =>
    new CheckpointError({ found: `${file}: ${found}`, expected: "a complete safetensors file", next });
  const { header, start } = readHeader(bytes, broken);
  const metadata = header.__metadata__ ?? {};
  if (!isObject(metadata) || !Object.values(metadata).every((text) => typeof text === "string"))
    throw broken("the metadata are not texts");
  const places = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, info]) => place(name, info, broken))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, NamedTensor>();
  let offset = 0;
  for (const { name, stored, shape, begin, end } of places) {
    if (begin !== offset)
      throw broken(`tensor "${name}" starts at byte ${begin} of the numbers, the one before it ends at ${offset}`);
    if (end > bytes.length - start)
      throw broken(
        `tensor "${name}" ends at byte ${end} of the numbers, the file has ${bytes.length - start} (truncated?)`,
      );
    tensors.set(name, { shape, ...numbers(bytes, start + begin, stored, elements(shape)) });
    offset = end;
  }
  if (offset !== bytes.length - start)
    throw broken(`${bytes.length - start - offset} bytes behind the last tensor belong to none`);
  return { tensors, metadata: metadata as { [key: string]: string } };
}

type Broken = (found: string, next?: string) => CheckpointError;

function readHeader(bytes: Uint8Array, broken: Broken): { header: { [name: string]: unknown }; start: number } {
  if (bytes.length < 8) throw broken(`only ${bytes.length} bytes`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > longestHeader)
    throw broken(`a header of ${length} bytes; at most ${longestHeader} are allowed`, "This is no safetensors file.");
  const start = 8 + Number(length);
  if (start > bytes.length)
    throw broken(`the header should end at byte ${start}, the file at ${bytes.length} (truncated?)`);
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, start));
    header = JSON.parse(text);
  } catch (error) {
    throw broken(`the header is not JSON (${(error as Error).message})`);
  }
  if (!isObject(header)) throw broken("the header is not a JSON object");
  // JSON.parse keeps the last of two equal names, other readers the first: the same file would be two networks.
  const twice = duplicateKey(text);
  if (twice !== undefined) throw broken(`the header names "${twice}" twice`);
  return { header, start };
}

interface Place {
  name: string;
  stored: DType | "bfloat16";
  shape: number[];
  begin: number;
  end: number;
}

function place(name: string, info: unknown, broken: Broken): Place {
  const { dtype: code, shape, data_offsets: offsets } = (isObject(info) ? info : {}) as { [key: string]: unknown };
  const stored = storedTypes.get(code as string);
  if (!stored)
    throw broken(
      `tensor "${name}" has type ${JSON.stringify(code)}; ${[...storedTypes.keys()].join(", ")} can be read`,
      "Convert the file to float32.",
    );
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
    throw broken(`tensor "${name}" has no valid shape and data_offsets`);
  const [begin, end] = offsets as [number, number];
  // A product beyond 2^53 is inexact but then far above any file's length; NaN (infinity times 0) is equal to nothing.
  if (end - begin !== elements(shape) * storedBytes[stored])
    throw broken(`tensor "${name}" has ${end - begin} bytes for ${stored}[${shape.join(", ")}]`);
  return { name, stored, shape, begin, end };
}

/** Elements as a tensor has them. */
function numbers(
  bytes: Uint8Array,
  offset: number,
  stored: DType | "bfloat16",
  length: number,
): Pick<NamedTensor, "dtype" | "data"> {
  if (stored !== "bfloat16") return { dtype: stored, data: view(bytes, offset, stored, length) };
  return { dtype: "float32", data: toFloat32(bytes.subarray(offset, offset + 2 * length), stored) };
}

function view(bytes: Uint8Array, offset: number, dtype: DType, length: number): NamedTensor["data"] {
  const at = bytes.byteOffset + offset;
  const kind = arrayKinds[dtype];
  if (at % kind.BYTES_PER_ELEMENT === 0) return new kind(bytes.buffer, at, length);
  return new kind(bytes.slice(offset, offset + length * kind.BYTES_PER_ELEMENT).buffer, 0, length);
}

const width = (dtype: DType): number => arrayKinds[dtype].BYTES_PER_ELEMENT;

const isObject = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
