/**
 * @file CRC-32C (Castagnoli polynomial 0x1EDC6F41, reflected), the checksum of TFRecord files; zlib's crc32 has another polynomial.
 *
 * Definition and test vectors: RFC 3720, appendix B.4, https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4.
 */

/** Remainder of each byte value, least significant bit first. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0x82f63b78 : 0);
  return remainder;
});

/**
 * CRC-32C of bytes, an integer in [0, 2^32).
 *
 * @example
 * crc32c(new TextEncoder().encode("123456789")); // 0xe3069283
 */
export function crc32c(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) remainder = (remainder >>> 8) ^ table[(remainder ^ bytes[i]!) & 0xff]!;
  return ~remainder >>> 0;
}
