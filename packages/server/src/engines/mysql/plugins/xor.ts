/** `bytes` XOR `pattern`, which is repeated as often as needed. */
export function xorRepeating(bytes: Buffer, pattern: Buffer): Buffer {
  const result = Buffer.from(bytes);
  for (let at = 0; at < result.length; at += 1) {
    result.writeUInt8(result.readUInt8(at) ^ pattern.readUInt8(at % pattern.length), at);
  }
  return result;
}
