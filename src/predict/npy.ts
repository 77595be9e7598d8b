/** @file Arrays as NumPy reads them: format 1.0 of .npy, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */

/** The header with everything before it fills a multiple of this many bytes, so that the numbers are aligned. */
const alignment = 64;

/**
 * A float32 array as the bytes of a `.npy` file, in parts; the numbers are not copied.
 *
 * @example writeFileAtomic("p.npy", encodeNpy(probabilities, [3, 360, 480])); // numpy.load gives float32 (3, 360, 480)
 */
export function encodeNpy(data: Float32Array, shape: readonly number[]): Uint8Array[] {
  // A tuple of one needs its comma.
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = 10;
  const length = Math.ceil((start + header.length + 1) / alignment) * alignment - start;
  const bytes = Buffer.alloc(start + length, " ");
  bytes.write("\x93NUMPY\x01\x00", 0, "latin1");
  bytes.writeUInt16LE(length, 8);
  bytes.write(header, start, "latin1");
  bytes.write("\n", start + length - 1, "latin1");
  return [bytes, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
}
