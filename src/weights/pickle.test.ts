/** @file Pickles written by Python's own pickle module, as bytes; and programs that no pickle module writes. */
import { describe, expect, it } from "vitest";
import { CheckpointError } from "../errors/index.js";
import { Tuple, unpickle } from "./pickle.js";
import { storageOf, TorchTensor, torchGlobals } from "./torch-globals.js";
import { tensorReader } from "./torch-tensors.js";

const read = (hex: string): unknown =>
  unpickle(Buffer.from(hex.replaceAll(" ", ""), "hex"), { globals: torchGlobals, file: "w.pth" }).value;

describe("values of Python", () => {
  // python3 -c 'import pickle; print(pickle.dumps(VALUE, PROTOCOL).hex())'
  const cases: readonly (readonly [what: string, hex: string, value: unknown])[] = [
    [
      "[None, True, 1.5, -7, 2**40], protocol 2",
      "80025d7100284e88473ff80000000000004af9ffffff8a06000000000001652e",
      [null, true, 1.5, -7, 2 ** 40],
    ],
    ["-2**100, protocol 2", "80028a0d000000000000000000000000f02e", -(2n ** 100n)],
    [
      "{'a': (1, 300), 'b': 'ü'}, protocol 4",
      "80049519000000000000007d94288c0161944b014d2c0186948c0162948c02c3bc94752e",
      new Map<string, unknown>([
        ["a", new Tuple([1, 300])],
        ["b", "ü"],
      ]),
    ],
    ["b'xy', protocol 3", "800343027879 71002e", Buffer.from("xy")],
    ["{1, 2}, protocol 4", "80049509000000000000008f94284b014b02902e", new Set([1, 2])],
    [
      "collections.OrderedDict(a=1), protocol 2",
      "800263636f6c6c656374696f6e730a4f726465726564446963740a71002952710158010000006171024b01732e",
      new Map([["a", 1]]),
    ],
  ];
  it.each(cases)("%s", (_, hex, value) => {
    expect(read(hex)).toEqual(value);
  });

  it("a list that holds itself", () => {
    const list = read("80025d71006800612e") as unknown[];
    expect(list[0]).toBe(list);
  });
});

describe("programs are refused", () => {
  const cases: readonly (readonly [what: string, hex: string, message: RegExp])[] = [
    ["a call of os.system", "8002636f730a73797374656d0a8c026c73 85522e", /Python object os\.system/],
    ["eval under the name of builtins", "80048c086275696c74696e738c046576616c932e", /Python object builtins\.eval/],
    ["a name that JavaScript's objects have", "80048c008c0b636f6e7374727563746f72932e", /Python object \.constructor/],
    ["a call of a text", "80048c016185522e", /calls what is no function|takes a value/],
    ["a call of a dict that looks like a function", "80027d8c0463616c6c4b01732952 2e", /calls what is no function/],
    ["the instruction INST of protocol 0", "28696f730a73797374656d0a2e", /byte 1 is 0x69, no instruction/],
    ["no end", "80024b01", /truncated\?/],
    ["a text longer than the file", "8002588000000061", /truncated\?/],
    ["a value that was never given", "800268052e", /refers to value 5/],
    ["nothing on the stack", "80022e", /takes a value that it never gave/],
    ["a number of 2^31 bytes", "80028b000000802e", /a number of 2147483648 bytes/],
    ["marks without end", `8002${"28".repeat(2000)}`, /nested deeper than 1000/],
  ];
  it.each(cases)("%s", (_, hex, message) => {
    expect(() => read(hex)).toThrow(CheckpointError);
    expect(() => read(hex)).toThrow(message);
  });
});

describe("tensors from storages", () => {
  const storage = { key: "0", type: "float32", length: 4, offset: 0 } as const;
  const numbers = Float32Array.of(1, 2, 3, 4);
  const take = (offset: number, shape: number[], stride: number[]) =>
    tensorReader(() => numbers, "w.pth")("w", new TorchTensor(storage, offset, shape, stride)).data;

  it("are cut by offset and stride", () => {
    expect(take(0, [2, 2], [1, 2])).toEqual(Float32Array.of(1, 3, 2, 4));
    expect(take(1, [2], [2])).toEqual(Float32Array.of(2, 4));
    expect(take(3, [1, 1], [9, 9])).toEqual(Float32Array.of(4));
  });

  it("may not reach beyond their storage", () => {
    expect(() => take(1, [2, 2], [2, 1])).toThrow("tensor w of [2, 2] reaches to element 4 of a storage of 4");
    expect(() => take(4, [], [])).toThrow("reaches to element 4");
  });

  it("may not fill the memory by repeating one number", () => {
    expect(() => take(0, [2 ** 20, 2 ** 20], [0, 0])).toThrow("repeats its elements beyond all measure");
  });

  it("need a reference to a storage, of a type that is known", () => {
    for (const id of [3, new Tuple(["module", {}, "0", "cpu", 1]), new Tuple(["storage", {}, "0", "cpu", 1])])
      expect(() => storageOf(id, "w.pth")).toThrow(/no storage of tensors/);
  });
});
