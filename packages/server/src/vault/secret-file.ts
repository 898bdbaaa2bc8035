import { constants, open } from 'node:fs/promises';
import { systemReason } from '../core/index.ts';

/** Far more than any secret; keeps a wrong path from filling the memory. */
const sizeLimit = 64 * 1024;

/**
 * Reads a file that holds one secret, without the newline at its end, together with its mode bits.
 * @throws Error that names the file when it is missing, no regular file, empty, or larger than 64 KiB.
 */
export async function readSecretFile(
  path: string,
): Promise<{ readonly content: Buffer; readonly mode: number }> {
  // Without O_NONBLOCK a named pipe in its place would hold the start for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw new Error(`The secret file ${path} cannot be read: ${systemReason(cause)}.`, { cause });
  });
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new Error(`The secret file ${path} is not a regular file.`);
    if (status.size > sizeLimit) throw new Error(`The secret file ${path} is larger than 64 KiB.`);
    const content = withoutNewline(await file.readFile());
    if (content.length === 0) throw new Error(`The secret file ${path} is empty.`);
    return { content, mode: status.mode & 0o777 };
  } finally {
    await file.close();
  }
}

function withoutNewline(content: Buffer): Buffer {
  const end = content.at(-1) === 0x0a ? (content.at(-2) === 0x0d ? 2 : 1) : 0;
  return content.subarray(0, content.length - end);
}
