/** Raw bytes of RESP, one reply or push at a time: read without the scanner under test. */
export class ReplyFrames {
  #bytes: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
  }

  /** The next whole reply or push; undefined while it is not all here. @throws Error for what no server says */
  take(): Buffer | undefined {
    const end = frameEnd(this.#bytes, 0);
    if (end === -1) return undefined;
    const frame = this.#bytes.subarray(0, end);
    this.#bytes = this.#bytes.subarray(end);
    return frame;
  }

  /** What is left behind the last whole one. */
  get rest(): Buffer {
    return this.#bytes;
  }
}

/** The index behind the value that begins at `start`; -1 when it is not all here. */
function frameEnd(bytes: Buffer, start: number): number {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd === -1) return -1;
  const type = String.fromCharCode(bytes[start] ?? 0);
  const rest = lineEnd + 2;
  if ('+-:_#,('.includes(type)) return rest;
  const length = Number(bytes.toString('latin1', start + 1, lineEnd));
  if ('$!='.includes(type)) {
    const end = length < 0 ? rest : rest + length + 2;
    return end > bytes.length ? -1 : end;
  }
  if (!'*~>%|'.includes(type))
    throw new Error(`no reply begins with ${bytes.toString('latin1', start, start + 40)}`);
  const pairs = type === '%' || type === '|';
  let left = Math.max(0, length) * (pairs ? 2 : 1) + (type === '|' ? 1 : 0);
  let at = rest;
  for (; left > 0 && at !== -1; left -= 1) at = frameEnd(bytes, at);
  return at;
}
