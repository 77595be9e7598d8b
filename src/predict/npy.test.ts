import { describe, expect, it } from "vitest";
import { encodeNpy } from "./npy.js";

describe("encodeNpy", () => {
  it("writes the header that NumPy writes", () => {
    const [header, numbers] = encodeNpy(Float32Array.from([1, 2, 3, 4, 5, 6]), [1, 2, 3]);
    const text = Buffer.from(header!).toString("latin1");
    // numpy.save of the same array, NumPy 1.24: 118 = 0x76 bytes of header.
    expect(text.slice(0, 10)).toBe("\x93NUMPY\x01\x00\x76\x00");
    expect(text.slice(10).trimEnd()).toBe("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }");
    expect(text.length % 64).toBe(0);
    expect(text.endsWith(" \n")).toBe(true);
    expect(numbers!.length).toBe(24);
    expect(new DataView(numbers!.buffer, numbers!.byteOffset).getFloat32(4, true)).toBe(2);
  });

  it("writes a view of a larger array without its neighbours, and a tuple of one with its comma", () => {
    const [header, numbers] = encodeNpy(Float32Array.from([9, 7, 9]).subarray(1, 2), [1]);
    expect(Buffer.from(header!).toString("latin1")).toContain("'shape': (1,), }");
    expect(numbers).toEqual(new Uint8Array(Float32Array.from([7]).buffer));
  });
});
