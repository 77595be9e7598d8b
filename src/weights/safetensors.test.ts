/** @file safetensors against a file of the reference implementation, files made by hand, and files made to do harm. */
import { describe, expect, it } from "vitest";
import { CheckpointError } from "../errors/index.js";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.js";
import type { NamedTensor } from "./tensor.js";

/** Written by Python's safetensors 0.8.0, `save({w, n, h, b, i, u, d, e}, {"format": "np"})`, values as in the test. */
const reference =
  "2AEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJucCJ9LCJuIjp7ImR0eXBlIjoiSTY0Iiwic2hhcGUiOltdLCJkYXRhX29mZnNldHMiOlswLDhdfSwiZCI6eyJkdHlwZSI6IkY2NCIsInNoYXBlIjpbMV0sImRhdGFfb2Zmc2V0cyI6WzgsMTZdfSwiZSI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMCwzXSwiZGF0YV9vZmZzZXRzIjpbMTYsMTZdfSwidyI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwyXSwiZGF0YV9vZmZzZXRzIjpbMTYsMzJdfSwiaSI6eyJkdHlwZSI6IkkzMiIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzMyLDQwXX0sImgiOnsiZHR5cGUiOiJGMTYiLCJzaGFwZSI6WzNdLCJkYXRhX29mZnNldHMiOls0MCw0Nl19LCJ1Ijp7ImR0eXBlIjoiVTgiLCJzaGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOls0Niw0OF19LCJiIjp7ImR0eXBlIjoiQk9PTCIsInNoYXBlIjpbM10sImRhdGFfb2Zmc2V0cyI6WzQ4LDUxXX19BwAAAAAAAACamZmZmZm5PwAAwD8AAADAAABAQAAAgD7/////////fwA8ADgAwAD/AQAB";

const tensors = new Map<string, NamedTensor>([
  ["n", { dtype: "int64", shape: [], data: BigInt64Array.of(7n) }],
  ["d", { dtype: "float64", shape: [1], data: Float64Array.of(0.1) }],
  ["e", { dtype: "float32", shape: [0, 3], data: new Float32Array(0) }],
  ["w", { dtype: "float32", shape: [2, 2], data: Float32Array.of(1.5, -2, 3, 0.25) }],
  ["i", { dtype: "int32", shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1) }],
  // 1, 0.5 and -2 as IEEE half: exponents 15, 14 and 16 above a zero fraction, the last with the sign bit.
  ["h", { dtype: "float16", shape: [3], data: Uint16Array.of(0x3c00, 0x3800, 0xc000) }],
  ["u", { dtype: "uint8", shape: [2], data: Uint8Array.of(0, 255) }],
  ["b", { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) }],
]);

/** A file from a header as text and bytes behind it. */
function handMade(header: string, bytes: ArrayLike<number> = []): Uint8Array {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return new Uint8Array(Buffer.concat([length, text, Uint8Array.from(bytes)]));
}

const decode = (bytes: Uint8Array) => decodeSafetensors(bytes, "w.safetensors");

describe("safetensors", () => {
  it("reads every type of a file that the reference implementation wrote", () => {
    const { tensors: read, metadata } = decode(new Uint8Array(Buffer.from(reference, "base64")));
    expect(metadata).toEqual({ format: "np" });
    expect(read).toEqual(tensors);
  });

  it("writes the bytes that the reference implementation writes", () => {
    const parts = encodeSafetensors(tensors, { format: "np" });
    expect(Buffer.concat(parts).toString("base64")).toBe(reference);
  });

  it("reads a header with spaces and line breaks, and puts tensors in the order of their bytes", () => {
    const header = `{ "b": {"dtype": "U8", "shape": [1], "data_offsets": [2, 3]},\n "10": {"data_offsets": [0, 2], "shape": [1, 2], "dtype": "U8"} }`;
    const { tensors: read, metadata } = decode(handMade(header, [4, 5, 6]));
    expect(metadata).toEqual({});
    expect([...read]).toEqual([
      ["10", { dtype: "uint8", shape: [1, 2], data: Uint8Array.of(4, 5) }],
      ["b", { dtype: "uint8", shape: [1], data: Uint8Array.of(6) }],
    ]);
  });

  it("keeps names that JavaScript objects treat in their own way", () => {
    const odd = new Map(["10", "9", "__proto__", "constructor", 'a"b\\c\n'].map((name) => [name, tensors.get("w")!]));
    expect([...decode(Buffer.concat(encodeSafetensors(odd))).tensors.keys()]).toEqual([...odd.keys()]);
  });

  it("gives views of the file where elements are aligned and copies where they are not", () => {
    const file = Buffer.concat(encodeSafetensors(tensors));
    const shifted = new Uint8Array(file.length + 1).subarray(1);
    for (const [bytes, shared] of [
      [new Uint8Array(file), true],
      [shifted, false],
    ] as const) {
      bytes.set(file);
      const { tensors: read } = decode(bytes);
      expect(read).toEqual(tensors);
      expect(read.get("w")!.data.buffer === bytes.buffer).toBe(shared);
    }
  });

  it("is refused when cut off at any byte", () => {
    const file = new Uint8Array(Buffer.from(reference, "base64"));
    for (let length = 0; length < file.length; length++)
      expect(() => decode(file.subarray(0, length)), `${length} bytes`).toThrow(CheckpointError);
  });

  it("is refused when the header claims to be longer than 100 MB, without allocating it", () => {
    const file = new Uint8Array(16);
    new DataView(file.buffer).setBigUint64(0, 2n ** 60n, true);
    expect(() => decode(file)).toThrow("a header of 1152921504606846976 bytes");
  });

  it("says which tensor is cut off", () => {
    const file = new Uint8Array(Buffer.from(reference, "base64"));
    expect(() => decode(file.subarray(0, file.length - 1))).toThrow(
      /w\.safetensors: tensor "b" ends at byte 51 .*has 50/,
    );
  });

  const u8 = (begin: number, end: number, shape = `[${end - begin}]`, dtype = "U8") =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;
  const harmful: [what: string, file: Uint8Array, message: string][] = [
    ["overlapping tensors", handMade(`{"a":${u8(0, 4)},"b":${u8(2, 6)}}`, Array(6)), "starts at byte 2"],
    ["a hole between tensors", handMade(`{"a":${u8(0, 2)},"b":${u8(4, 6)}}`, Array(6)), "starts at byte 4"],
    ["bytes behind the last tensor", handMade(`{"a":${u8(0, 2)}}`, Array(3)), "1 bytes behind"],
    ["offsets beyond the file", handMade(`{"a":${u8(0, 2 ** 40)}}`, Array(3)), "truncated"],
    ["offsets in the wrong order", handMade(`{"a":${u8(2, 0, "[2]")}}`, Array(2)), "has -2 bytes"],
    ["negative offsets", handMade(`{"a":${u8(-2, 0)}}`, Array(2)), "no valid shape"],
    ["a fractional size", handMade(`{"a":${u8(0, 3, "[1.5, 2]")}}`, Array(3)), "no valid shape"],
    ["a negative size", handMade(`{"a":${u8(0, 2, "[-1, -2]")}}`, Array(2)), "no valid shape"],
    ["a product of sizes beyond 2^64", handMade(`{"a":${u8(0, 0, `[${2 ** 52}, ${2 ** 52}, 4096]`)}}`), "has 0 bytes"],
    ["fewer bytes than the shape", handMade(`{"a":${u8(0, 2, "[1]", "F32")}}`, Array(2)), "has 2 bytes for float32[1]"],
    ["a type unknown here", handMade(`{"a":${u8(0, 2, "[1]", "F8_E4M3")}}`, Array(2)), '"F8_E4M3"'],
    ["no type", handMade(`{"a":null}`), "has type undefined"],
    ["an array for a header", handMade("[1]"), "not a JSON object"],
    ["a header that is not JSON", handMade("{'a':1}"), "not JSON"],
    ["a header that is not UTF-8", handMade("{}").fill(0xff, 8), "not JSON"],
    ["metadata that are not texts", handMade('{"__metadata__":{"a":1}}'), "metadata"],
    ["a name twice", handMade(`{"a":${u8(0, 1)},"\\u0061":${u8(0, 1)}}`, [1]), 'names "a" twice'],
  ];
  it.each(harmful)("is refused with %s", (_, file, message) => {
    expect(() => decode(file)).toThrow(CheckpointError);
    expect(() => decode(file)).toThrow(message);
  });

  it("is not written when a tensor's numbers do not fill its shape", () => {
    const wrong = new Map([["w", { dtype: "float32", shape: [3], data: new Float32Array(2) } as const]]);
    expect(() => encodeSafetensors(wrong)).toThrow('tensor "w" has 2 elements of 4 bytes; expected 3 of 4');
  });
});
